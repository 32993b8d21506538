"""Compares tokens and BLEU with sacremoses and sacrebleu on real text, and times BLEU: figures as JSON on stdout.

    cargo build --release -p repartee-metrics --example oracle
    python3 against_python.py target/release/examples/oracle FOLDER > ../results/metrics/against_python.json

FOLDER has English pairs.{train,dev,test}.jsonl with `context` and `response`, and posts.sample.jsonl with `text`.
sacremoses 0.2.0, sacrebleu 2.6.0. No line of the data is written, but for those that are tokenized differently.
"""

import json
import os
import random
import statistics
import subprocess
import sys
import tempfile
import time

import sacrebleu
import sacremoses
from sacrebleu.metrics.bleu import BLEU
from sacrebleu.tokenizers.tokenizer_13a import Tokenizer13a
from sacrebleu.tokenizers.tokenizer_re import TokenizerRegexp

assert (sacremoses.__version__, sacrebleu.__version__) == ("0.2.0", "2.6.0")
N_LINES = 5000
N_RUNS = 9


def texts(folder):
    """All different texts, in the order of the files."""
    found = {}
    for name in ["pairs.test", "pairs.dev", "posts.sample", "pairs.train"]:
        with open(os.path.join(folder, name + ".jsonl"), encoding="utf-8") as file:
            for line in file:
                record = json.loads(line)
                for field in ["context", "response", "text"]:
                    if field in record:
                        found[record[field]] = None
    return list(found)


def ours(oracle, name, lines):
    stdin = "".join(json.dumps(line) + "\n" for line in lines)
    done = subprocess.run([oracle, "tokens", name], input=stdin, capture_output=True, text=True, check=True)
    # Only a line feed ends a record: a text may hold other separators.
    return [json.loads(line) for line in done.stdout.rstrip("\n").split("\n")]


def compare(oracle, name, tokens, lines):
    differences = []
    for line, found in zip(lines, ours(oracle, name, lines), strict=True):
        expected = tokens(line)
        if found != expected:
            differences.append({"text": line, "expected": expected, "found": found})
    return {"lines": len(lines), "different": len(differences), "differences": differences[:40]}


def time_bleu(oracle, folder, tokenize):
    """Replies of the test pairs against themselves with some words changed: one run of each in turn."""
    with open(os.path.join(folder, "pairs.test.jsonl"), encoding="utf-8") as file:
        references = [json.loads(line)["response"] for line in file]
    source = random.Random(0)
    words = sorted({word for reference in references for word in reference.split()})

    def changed(reference):
        return " ".join(source.choice(words) if source.random() < 0.3 else word for word in reference.split())

    hypotheses = [changed(reference) for reference in references]
    with tempfile.TemporaryDirectory() as scratch:
        paths = [os.path.join(scratch, name) for name in ["hypotheses", "references"]]
        for path, lines in zip(paths, [hypotheses, references]):
            with open(path, "w", encoding="utf-8") as file:
                file.writelines(line + "\n" for line in lines)
        theirs, mine = [], []
        for _ in range(N_RUNS):
            # It remembers texts that it has cut; every run must cut them again.
            Tokenizer13a.__call__.cache_clear()
            TokenizerRegexp.__call__.cache_clear()
            start = time.perf_counter()
            metric = BLEU(tokenize=tokenize, smooth_method="none", force=True)
            score = metric.corpus_score(hypotheses, [references]).score
            theirs.append(time.perf_counter() - start)
            done = subprocess.run([oracle, "bleu", tokenize, *paths], capture_output=True, text=True, check=True)
            found = json.loads(done.stdout)
            mine.append(found["seconds"])
    return {
        "sentences": len(references),
        "sacrebleu": score,
        "repartee": found["score"],
        "sacrebleu_seconds": statistics.median(theirs),
        "repartee_seconds": statistics.median(mine),
        "ratio": statistics.median(mine) / statistics.median(theirs),
    }


def main():
    oracle, folder = sys.argv[1:]
    lines = texts(folder)
    spread = lines[:: len(lines) // N_LINES][:N_LINES]
    moses = sacremoses.MosesTokenizer(lang="en")
    thirteen_a = Tokenizer13a()

    def by_moses(line):
        return moses.tokenize(line, return_str=True).split()

    def by_13a(line):
        return thirteen_a(line.rstrip()).split()

    figures = {
        "sacremoses": sacremoses.__version__,
        "sacrebleu": sacrebleu.__version__,
        "moses_5000_lines": compare(oracle, "moses", by_moses, spread),
        "moses_all_lines": compare(oracle, "moses", by_moses, lines),
        "13a_5000_lines": compare(oracle, "13a", by_13a, spread),
        "13a_all_lines": compare(oracle, "13a", by_13a, lines),
        "bleu_none": time_bleu(oracle, folder, "none"),
        "bleu_13a": time_bleu(oracle, folder, "13a"),
    }
    print(json.dumps(figures, ensure_ascii=False, indent=1))


if __name__ == "__main__":
    main()
