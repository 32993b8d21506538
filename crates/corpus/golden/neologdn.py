"""Writes neologdn.jsonl: what neologdn makes of texts, the oracle of src/japanese.rs.

neologdn 0.5.6, Python 3: python3 neologdn.py > neologdn.jsonl
A line is [text, normalize(text), normalize(text, repeat=3)]: every character of the Basic Multilingual Plane that
neologdn changes between two letters, texts about blanks and voicing, and random texts with many repetitions.
"""

import json
import random
import sys

# This file has the name of the package.
sys.path = sys.path[1:]
from importlib.metadata import version

import neologdn

assert version("neologdn") == "0.5.6", version("neologdn")

TEXTS = [
    "", " ", "  a ", "a  b", "あ い", "あ a", "a あ", "é あ", "한 あ", "a - あ", "あ ! a", "あ 😀 い", "a\tb",
    "あ\u3000\u3000い", "カ゛", "か゛", "ｶﾞｷﾞ", "ハ ﾟ", "ﾊﾟｰｰ", "ﾞﾞ", "* a", "a *", "𠮷 a", "a 𠮷", "ｱ a",
    "！ あ", "『 a", "〇 a", "あ\u00a0い", "−−‐", "a--b", "～～", "ウェーーーーイ", "1995〜2001年", "wwwwwww笑笑笑笑笑",
    "ぐるぐるぐるぐるぐる", "無駄無駄無駄無駄ァ", "はははははは！！！！！", "hahahahahahaha!!!!", "ああ あああ", "a a a a a a",
]


def normalized(text, repeat):
    return neologdn.normalize(text, repeat=repeat) if repeat else neologdn.normalize(text)


def changed():
    for code in range(0x20, 0x10000):
        if not 0xD800 <= code < 0xE000:
            text = f"x{chr(code)}y"
            if neologdn.normalize(text) != text:
                yield text


def random_texts(seed):
    source = random.Random(seed)
    gaps = list(" \u3000  a*z-−ー～か゛ﾞﾟｶﾊはうウｳヴ漢。！＊1\\\"“\t\né한★😀𠮷、･ｰ")
    for _ in range(700):
        yield "".join(source.choice(gaps) for _ in range(source.randint(1, 12)))
    for letters in ("ab", "あい", "笑w!"):
        for _ in range(150):
            yield "".join(source.choice(letters) for _ in range(source.randint(1, 30)))


for text in [*TEXTS, *changed(), *random_texts(3)]:
    print(json.dumps([text, normalized(text, 0), normalized(text, 3)], ensure_ascii=False))
