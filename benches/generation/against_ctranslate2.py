"""Times generation: our cache against none, eight latents against one, and tokens a second beside CTranslate2, in turn
in one run. Figures as JSON on stdout.

    cargo build --release --workspace --examples
    pip install ctranslate2==4.8.5
    python3 against_ctranslate2.py target/release/examples/generation_bench > figures.json

CTranslate2 gets a Transformer of the paper's sizes with random weights: float32, beam 5, 32 sources of 12 tokens, 20
tokens forced, as ours. It has no layer for the latent (2 % of our work a token) and ReLU for LeakyReLU, so
it is a peer for speed alone. Our decoder takes 21 steps, the last for `</s>`; it counts them as tokens, as CTranslate2's
20 are counted. Both sides are timed with one thread and with two, and
tokens are counted a second and a second of computing threads, which other programs disturb less.
"""

import json
import os
import platform
import statistics
import subprocess
import sys
import tempfile
import time

import ctranslate2
import numpy as np
from ctranslate2.specs import common_spec, transformer_spec

N_RUNS, THREADS = 5, (1, 2)
N_PIECES, D, F, N_LAYERS, N_HEADS = 16_000, 512, 2048, 6, 8
N_SOURCES, SOURCE_LENGTH, LENGTH, BEAM = 32, 12, 20, 5


def fill(spec, generator):
    """Random values for every weight of a module of the specification."""
    shapes = {
        "embeddings": {"weight": (N_PIECES, D)},
        "projection": {"weight": (N_PIECES, D)},
        "linear_0": {"weight": (F, D), "bias": (F,)},
        "linear_1": {"weight": (D, F), "bias": (D,)},
        "layer_norm": {"gamma": (D,), "beta": (D,)},
    }

    def weights(module, named):
        for name, shape in named.items():
            values = generator.standard_normal(shape).astype(np.float32) / np.sqrt(shape[-1])
            setattr(module, name, values + np.float32(name == "gamma"))

    def linear(module, n_out):
        weights(module, {"weight": (n_out, D), "bias": (n_out,)})

    for side in (spec.encoder, spec.decoder):
        embeddings = side.embeddings[0] if isinstance(side.embeddings, list) else side.embeddings
        weights(embeddings, shapes["embeddings"])
        for layer in side.layer:
            linear(layer.self_attention.linear[0], 3 * D)
            linear(layer.self_attention.linear[1], D)
            weights(layer.self_attention.layer_norm, shapes["layer_norm"])
            if side is spec.decoder:
                linear(layer.attention.linear[0], D)
                linear(layer.attention.linear[1], 2 * D)
                linear(layer.attention.linear[2], D)
                weights(layer.attention.layer_norm, shapes["layer_norm"])
            for name in ("linear_0", "linear_1", "layer_norm"):
                weights(getattr(layer.ffn, name), shapes[name])
    linear(spec.decoder.projection, N_PIECES)


def write_model(folder):
    spec = transformer_spec.TransformerSpec.from_config(
        (N_LAYERS, N_LAYERS), N_HEADS, pre_norm=False, activation=common_spec.Activation.RELU
    )
    fill(spec, np.random.default_rng(1))
    pieces = ["<unk>", "<s>", "</s>"] + [f"p{i}" for i in range(N_PIECES - 3)]
    spec.register_source_vocabulary(pieces)
    spec.register_target_vocabulary(pieces)
    spec.validate()
    spec.optimize(None)
    spec.save(folder)


def translator(folder, n_threads):
    return ctranslate2.Translator(folder, device="cpu", intra_threads=n_threads, compute_type="float32")


def theirs(translator):
    sources = [[f"p{(row * 31 + i) * 7919 % 7000}" for i in range(SOURCE_LENGTH)] for row in range(N_SOURCES)]
    started, before = time.perf_counter(), time.process_time()
    results = translator.translate_batch(
        sources, beam_size=BEAM, min_decoding_length=LENGTH, max_decoding_length=LENGTH, max_batch_size=N_SOURCES
    )
    seconds, thread_seconds = time.perf_counter() - started, time.process_time() - before
    return {"seconds": seconds, "thread_seconds": thread_seconds, "tokens": sum(len(result.hypotheses[0]) for result in results)}


def main(program):
    def ours(*arguments, n_threads=THREADS[-1]):
        environment = os.environ | {"RAYON_NUM_THREADS": str(n_threads)}
        done = subprocess.run([program, *arguments], check=True, capture_output=True, text=True, env=environment)
        return json.loads(done.stdout)

    runs = {name: [] for name in ("cached", "latents_of_1", "latents_of_8", "first_token")}
    runs |= {f"{side}_{n}": [] for side in ("ours", "ctranslate2") for n in THREADS}
    with tempfile.TemporaryDirectory() as folder:
        write_model(folder)
        translators = {n: translator(folder, n) for n in THREADS}
        for n in THREADS:
            theirs(translators[n])
        for _ in range(N_RUNS):
            for n in THREADS:
                runs[f"ours_{n}"].append(ours("throughput", "base", n_threads=n))
                runs[f"ctranslate2_{n}"].append(theirs(translators[n]))
            runs["cached"].append(ours("cached", "small"))
            runs["latents_of_1"].append(ours("latents", "small", "1"))
            runs["latents_of_8"].append(ours("latents", "small", "8"))
            runs["first_token"].append(ours("first-token", "small"))

    def median(name, value):
        return statistics.median(value(run) for run in runs[name])

    def rate(run):
        return run["tokens"] / run["seconds"]

    def thread_rate(run):
        return run["tokens"] / run["thread_seconds"]

    def eight_over_one(run):
        return run["eight_seconds"] / run["one_seconds"]

    def beside(n):
        pairs = list(zip(runs[f"ours_{n}"], runs[f"ctranslate2_{n}"]))
        return {
            "tokens_per_second": median(f"ours_{n}", rate),
            "ctranslate2_tokens_per_second": median(f"ctranslate2_{n}", rate),
            "ours_over_ctranslate2": statistics.median(rate(a) / rate(b) for a, b in pairs),
            "ours_over_ctranslate2_per_thread_second": statistics.median(thread_rate(a) / thread_rate(b) for a, b in pairs),
        }

    figures = {
        "machine": {"cores": os.cpu_count(), "load_average_at_end": os.getloadavg()},
        "versions": {"ctranslate2": ctranslate2.__version__, "python": platform.python_version()},
        "runs": runs,
        "medians": {f"threads_{n}": beside(n) for n in THREADS}
        | {
            "uncached_over_cached": median("cached", lambda run: run["uncached_seconds"] / run["cached_seconds"]),
            "eight_latents_over_one_of_one_source": median("latents_of_1", eight_over_one),
            "eight_latents_over_one_of_eight_sources": median("latents_of_8", eight_over_one),
            "first_token_ms": median("first_token", lambda run: run["beam_ms"]),
        },
    }
    print(json.dumps(figures, indent=2))


main(*sys.argv[1:])
