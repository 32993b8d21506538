"""Trains our unigram vocabulary and SentencePiece's on the same lines, in turn in one run: figures as JSON on stdout.

    cargo build --release -p repartee-corpus --example embedding_bench
    python3 against_sentencepiece.py target/release/examples/embedding_bench LINES HELD_OUT > figures.json

LINES and HELD_OUT have an utterance per line. sentencepiece 0.2.3, 16,000 pieces, two threads each, every character kept.
The gap is that of the tokens per held-out line, in percent of SentencePiece's.
"""

import json
import os
import resource
import statistics
import subprocess
import sys
import tempfile
import time

import sentencepiece
from tokenizers import Tokenizer

N_RUNS, N_PIECES = 3, 16_000
assert sentencepiece.__version__ == "0.2.3"

SENTENCEPIECE = (
    "import sentencepiece, sys; sentencepiece.SentencePieceTrainer.train(input=sys.argv[1], model_prefix=sys.argv[2], "
    f"vocab_size={N_PIECES}, model_type='unigram', num_threads=2, character_coverage=1.0, hard_vocab_limit=False, "
    "minloglevel=2)"
)


def timed(*arguments):
    def cpu():
        usage = resource.getrusage(resource.RUSAGE_CHILDREN)
        return usage.ru_utime + usage.ru_stime

    started, cpu_before = time.perf_counter(), cpu()
    subprocess.run(arguments, check=True, capture_output=True)
    return {"seconds": time.perf_counter() - started, "cpu_seconds": cpu() - cpu_before}


def main(program, lines, held_out):
    runs = {"repartee": [], "sentencepiece": []}
    with open(held_out, encoding="utf-8") as text:
        held = [" ".join(line.split()) for line in text]
    with tempfile.TemporaryDirectory() as folder:
        ours, theirs = os.path.join(folder, "tokenizer.json"), os.path.join(folder, "model")
        for _ in range(N_RUNS):
            runs["repartee"].append(timed(program, "vocabulary", lines, str(N_PIECES), ours))
            runs["sentencepiece"].append(timed(sys.executable, "-c", SENTENCEPIECE, lines, theirs))
        tokenizer = Tokenizer.from_file(ours)
        processor = sentencepiece.SentencePieceProcessor(model_file=theirs + ".model")
    encodings = tokenizer.encode_batch(held, add_special_tokens=False)
    tokens = {
        "repartee": sum(len(encoding.ids) for encoding in encodings) / len(held),
        "sentencepiece": sum(map(len, processor.encode(held))) / len(held),
    }
    cpu = {side: statistics.median(run["cpu_seconds"] for run in all_runs) for side, all_runs in runs.items()}
    figures = {
        "held_out_lines": len(held),
        "pieces": {"repartee": tokenizer.get_vocab_size(), "sentencepiece": processor.vocab_size()},
        "tokens_per_line": tokens,
        "gap_percent": 100 * (tokens["repartee"] / tokens["sentencepiece"] - 1),
        "runs": runs,
        "median_cpu_seconds": cpu,
        "cpu_ratio": cpu["repartee"] / cpu["sentencepiece"],
        "load_average_at_end": os.getloadavg()[0],
    }
    print(json.dumps(figures, indent=2))


main(*sys.argv[1:])
