"""Writes tokens_moses.jsonl and tokens_13a.jsonl: random texts of awkward pieces and their tokens.

sacremoses 0.2.0 and sacrebleu 2.6.0, Python 3: python3 tokens.py
Pieces are letters that the two programs and today's Unicode agree on; see the deviations in src/segment/moses.rs.
"""

import json
import os
import random
import sys

here = os.path.dirname(os.path.abspath(__file__))
sys.path = [path for path in sys.path if os.path.abspath(path or ".") != here]

import sacremoses  # noqa: E402
from sacrebleu.tokenizers.tokenizer_13a import Tokenizer13a  # noqa: E402

assert sacremoses.__version__ == "0.2.0", sacremoses.__version__

PIECES = (
    ["a", "b", "I", "x.y", "is", "dogs", "Foo", "foo", "Mr", "Mr.", "No.", "no.", "pp.", "U.S.", "e.g.", "etc", "Dr."]
    + ["1", "2", "10", "3.14", "1,000", "'s", "n't", "'", "''", "`", "\"", ".", ".", "..", "...", ",", ",", ",,", "-"]
    + ["--", "!", "?", "?!", ":", ";", "(", ")", "[", "]", "<", ">", "&", "&amp;", "&lt;", "|", "/", "@", "#", "$", "%"]
    + ["_", "*", "~", "é", "É", "ß", "ñ", "½", "²", "’", "“", "…", "—", "€", "、", "あ", "\t", "\u00a0", "\u200b", "\u0001"]
    + ["<skipped>", "it's", "o'clock", "90's", "'tis", "end.", "end.'", "Yes."]
)


def text(source):
    pieces = []
    for _ in range(source.randint(1, 14)):
        pieces.append(source.choice(PIECES))
        if source.random() < 0.45:
            pieces.append(" ")
    return "".join(pieces)


def write(name, tokens):
    source = random.Random(name)
    with open(os.path.join(here, name), "w", encoding="utf-8") as file:
        for _ in range(400):
            line = text(source)
            print(json.dumps([line, tokens(line)], ensure_ascii=False), file=file)


if __name__ == "__main__":
    moses = sacremoses.MosesTokenizer(lang="en")
    # A token may end in a blank that stands for none (`. ' ` at the end of a text), hence the second split.
    write("tokens_moses.jsonl", lambda line: moses.tokenize(line, return_str=True).split())
    thirteen_a = Tokenizer13a()
    write("tokens_13a.jsonl", lambda line: thirteen_a(line.rstrip()).split())
