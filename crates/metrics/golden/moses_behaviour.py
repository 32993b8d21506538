"""Asks sacremoses what its English tokenizer does: the facts that src/segment/moses.rs was written from.

sacremoses 0.2.0, Python 3: python3 moses_behaviour.py [TEXT …]
Prints which words keep a period before a capital, which only before a number, and what happens to every character
between two letters. Words are all of up to three letters, those of four letters written small, with a capital, and in
capitals, and the longer ones of the texts. Takes about six minutes.
"""

import itertools
import os
import re
import string
import sys

here = os.path.dirname(os.path.abspath(__file__))
sys.path = [path for path in sys.path if os.path.abspath(path or ".") != here]

from sacremoses import MosesTokenizer  # noqa: E402

tokenizer = MosesTokenizer(lang="en")
WORDS_PER_CALL = 200


def tokenize(text):
    return tokenizer.tokenize(text, escape=False, return_str=True)


def spellings(word):
    return [word.lower(), word.capitalize(), word.upper()]


def words(paths):
    for length in (1, 2, 3):
        yield from map("".join, itertools.product(string.ascii_letters, repeat=length))
    for letters in itertools.product(string.ascii_lowercase, repeat=4):
        yield from spellings("".join(letters))
    found = set()
    for path in paths:
        with open(path, encoding="utf-8") as file:
            for line in file:
                found.update(re.findall(r"[A-Za-z]{5,14}", line))
    yield from sorted({spelling for word in found for spelling in [word, *spellings(word)]})


def keep_period(candidates, following):
    """The words that keep a period before the word `following`."""
    kept = []
    for start in range(0, len(candidates), WORDS_PER_CALL):
        some = candidates[start : start + WORDS_PER_CALL]
        cut = tokenize(" ".join(f"{word}. {following} |" for word in some) + " end").split(" | ")
        kept += [word for word, tokens in zip(some, cut) if tokens.startswith(word + ". ")]
    return kept


def between_letters():
    """How often each outcome is seen for a character X between two letters, with a few examples."""
    outcomes = {}
    for code in itertools.chain(range(0xD800), range(0xE000, 0x110000)):
        if chr(code) in "pq":
            continue
        outcomes.setdefault(tokenize(f"p{chr(code)}q").replace(chr(code), "X"), []).append(code)
    return outcomes


candidates = list(words(sys.argv[1:]))
always = keep_period(candidates, "Foo")
print("before anything:", *sorted(always))
print("before a number:", *sorted(set(keep_period(candidates, "5")) - set(always)))
for outcome, codes in between_letters().items():
    print(f"{outcome!r}: {len(codes)} characters, such as", *[f"U+{code:04X}" for code in codes[:8]])
