"""Writes sacrebleu.jsonl: BLEU and chrF of the random corpora of tests/generator, by sacrebleu.

sacrebleu 2.6.0, Python 3:
cargo run -p repartee-metrics --example oracle -- corpora | python3 sacrebleu.py > sacrebleu.jsonl
"""

import importlib
import json
import os
import sys

# This file has the name of the package, which must not be found here.
here = os.path.dirname(os.path.abspath(__file__))
sys.path = [path for path in sys.path if os.path.abspath(path or ".") != here]
oracle = importlib.import_module("sacrebleu")
assert oracle.__version__ == "2.6.0", oracle.__version__

for line in sys.stdin:
    corpus = json.loads(line)
    hypotheses = [hypothesis for hypothesis, _ in corpus]
    streams = [list(stream) for stream in zip(*(references for _, references in corpus))]

    def bleu(tokenize, smooth_method, effective_order=False):
        return oracle.corpus_bleu(
            hypotheses,
            streams,
            tokenize=tokenize,
            smooth_method=smooth_method,
            use_effective_order=effective_order,
            force=True,
        )

    plain = bleu("13a", "none")
    golden = {
        "bleu_none": bleu("none", "none").score,
        "bleu_none_exp": bleu("none", "exp").score,
        "bleu_none_effective": bleu("none", "exp", True).score,
        "bleu_13a": plain.score,
        "bleu_13a_exp": bleu("13a", "exp").score,
        "precisions_13a": plain.precisions,
        "brevity_penalty_13a": plain.bp,
        "lengths_13a": [plain.sys_len, plain.ref_len],
        "chrf": oracle.corpus_chrf(hypotheses, streams).score,
    }
    print(json.dumps(golden))
