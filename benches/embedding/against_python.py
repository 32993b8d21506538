"""Times our CBOW beside gensim's, in turn in one run: figures as JSON on stdout.

    cargo build --release -p repartee-corpus --example embedding_bench
    python3 against_python.py target/release/examples/embedding_bench LINES TOKENIZER > figures.json

LINES has an utterance per line, TOKENIZER is a tokenizer.json. gensim 4.4.0, two threads each, one epoch, size 512,
window 5, min-count 5, 5 negatives. gensim gets the same pieces from a file (`corpus_file`, its fastest way), and both
sides are timed from the first word to the last.
"""

import json
import os
import statistics
import subprocess
import sys
import tempfile
import time

import gensim
from gensim.models import Word2Vec

N_RUNS, N_THREADS, N_EPOCHS = 3, 2, 1
assert gensim.__version__ == "4.4.0"


def run_ours(*arguments):
    return json.loads(subprocess.run(arguments, check=True, capture_output=True, text=True).stdout)


def run_gensim(path):
    model = Word2Vec(
        vector_size=512, window=5, min_count=5, negative=5, sample=1e-3, sg=0, alpha=0.05, min_alpha=5e-6, workers=N_THREADS
    )
    model.build_vocab(corpus_file=path)
    started = time.perf_counter()
    model.train(corpus_file=path, total_words=model.corpus_total_words, epochs=N_EPOCHS)
    seconds = time.perf_counter() - started
    words = sum(model.wv.get_vecattr(word, "count") for word in model.wv.index_to_key) * N_EPOCHS
    return {"words": int(words), "seconds": seconds, "pieces": len(model.wv)}


def main(program, lines, tokenizer):
    runs = {"repartee": [], "gensim": []}
    with tempfile.TemporaryDirectory() as folder:
        tokens = os.path.join(folder, "tokens")
        text = run_ours(program, "tokens", lines, tokenizer, tokens)
        for _ in range(N_RUNS):
            runs["repartee"].append(run_ours(program, "embed", lines, tokenizer, str(N_THREADS), str(N_EPOCHS)))
            runs["gensim"].append(run_gensim(tokens))
    rates = {side: statistics.median(run["words"] / run["seconds"] for run in all_runs) for side, all_runs in runs.items()}
    figures = {
        "text": text,
        "threads": N_THREADS,
        "epochs": N_EPOCHS,
        "runs": runs,
        "median_words_per_second": rates,
        "ratio": rates["repartee"] / rates["gensim"],
        "load_average_at_end": os.getloadavg()[0],
    }
    print(json.dumps(figures, indent=2))


main(*sys.argv[1:])
