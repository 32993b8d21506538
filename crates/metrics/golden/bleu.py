"""Writes bleu.tsv: random small corpora and their BLEU by sacrebleu, the oracle of src/bleu.rs.

sacrebleu 2.6.0, Python 3: python3 bleu.py > bleu.tsv
`tokenize="none"`, `smooth_method="none"`, and `use_effective_order=False` give the formula of Moses' multi-bleu.perl.
Each case is a block: score, four precisions, brevity penalty, hypothesis length, reference length; then a line per
hypothesis, followed by its references. Every text starts with `|` so that an empty one is visible.
Kept of 60 cases: all that score above 0 up to eight, and two that score 0.
"""

import random

import sacrebleu

assert sacrebleu.__version__ == "2.6.0", sacrebleu.__version__


def text(random, most):
    return " ".join(random.choice("aabA") for _ in range(random.randint(0 if most > 1 else 1, most)))


def case(seed):
    source = random.Random(seed)
    n_references = source.randint(1, 3)
    rows = []
    for _ in range(source.randint(1, 4)):
        hypothesis = text(source, 9)
        references = [text(source, 9) or "c" for _ in range(n_references)]
        rows.append((hypothesis, references))
    result = sacrebleu.corpus_bleu(
        [hypothesis for hypothesis, _ in rows],
        [[references[idx] for _, references in rows] for idx in range(n_references)],
        smooth_method="none",
        tokenize="none",
        force=True,
        use_effective_order=False,
    )
    return rows, result


kept = {True: 0, False: 0}
for seed in range(60):
    rows, result = case(seed)
    positive = result.score > 0
    kept[positive] += 1
    if kept[positive] > (8 if positive else 2):
        continue
    numbers = [result.score, *result.precisions, result.bp, result.sys_len, result.ref_len]
    print("\t".join(repr(number) for number in numbers))
    for hypothesis, references in rows:
        print("\t".join("|" + one for one in [hypothesis, *references]))
    print()
