"""The cases of `methods.py`: sizes, methods, loss settings and sentences."""

import copy

# Widths differ from one another, so that a swapped axis shows.
MODEL = {
    "d_model": 8,
    "n_heads": 2,
    "n_layers": 2,
    "d_feedforward": 12,
    "latent_size": 6,
    "dropout": 0.0,
    "attention_dropout": 0.0,
    "activation_dropout": 0.0,
    "share_decoder": True,
    "log_variance_limit": 20.0,
}
VOCABULARY_SIZE = 23
# `bow_hidden`: width of the hidden layer of the bag-of-words head.
LOSS = {"kl_weight": 1.0, "smoothing": 0.1, "free_nats": 0.0, "bow": None, "bow_hidden": None}

# Unlike lengths, a repeated token in context and response, `<unk>` (3) in a response.
SENTENCES = {
    "four": {
        "contexts": [[5, 6, 7, 8], [9], [10, 11, 12, 13, 14, 15], [4, 4, 22]],
        "responses": [[20, 21], [22, 9, 3, 9, 18], [17], [16, 5, 16]],
    },
    "one": {"contexts": [[6, 19, 8]], "responses": [[7, 20, 7, 12]]},
}


def case(seed, method, n_latents=1, model=None, loss=None, **extra):
    settings = {"model": MODEL | (model or {}), "vocabulary_size": VOCABULARY_SIZE, "loss": LOSS | (loss or {})}
    return copy.deepcopy({"seed": seed, "method": method, "n_latents": n_latents} | settings | extra)


def speculative(k):
    return {"kind": "speculative", "k": k}


def monte_carlo(average):
    return {"kind": "monte-carlo", "k": 5, "average": average}


def spacefusion(clip_attraction):
    return {
        "kind": "spacefusion",
        "deviation": 0.1,
        "mixed_weight": 1.0,
        "fusion_weight": 30.0,
        "maximum_distance": 0.3,
        "clip_attraction": clip_attraction,
    }


VANILLA = {"kind": "vanilla"}
SET = {"form": "set", "weight": 1.0}
SEQUENCE = {"form": "sequence", "weight": 0.5}

CASES = {
    "vanilla": case(1, VANILLA),
    "vanilla_annealed_unsmoothed": case(2, VANILLA, loss={"kl_weight": 0.3, "smoothing": 0.0}),
    "vanilla_unshared": case(3, VANILLA, model={"share_decoder": False}),
    "vanilla_free_bits": case(4, VANILLA, loss={"free_nats": 0.52, "kl_weight": 0.7}),
    "vanilla_clamped": case(5, VANILLA, model={"log_variance_limit": 0.5}),
    "speculative": case(6, speculative(5), 5),
    "speculative_ties": case(7, speculative(5), 5, ties=True),
    "bow_set": case(8, VANILLA, loss={"bow": SET}),
    "bow_sequence": case(9, VANILLA, loss={"bow": SEQUENCE, "bow_hidden": 10}),
    # So much smoothing that the lowest smoothed loss can be another latent's.
    "speculative_bow": case(14, speculative(3), 3, loss={"bow": SET, "kl_weight": 0.5, "smoothing": 0.5}),
    "monte_carlo_latent": case(11, monte_carlo("latent"), 5),
    "monte_carlo_state": case(12, monte_carlo("state"), 5),
    "monte_carlo_loss": case(13, monte_carlo("loss"), 5),
    "spacefusion": case(24, spacefusion(True), 2, latent_scale=0.5),
    "spacefusion_unclipped": case(32, spacefusion(False), 2, latent_scale=0.5),
}

OPTIMIZER = {"beta_1": 0.9, "beta_2": 0.98, "epsilon": 1e-8, "weight_decay": 1e-4, "clip_norm": 25.0}
# Ten updates reach the fall after the warm-up.
LEARNING_RATE = {"peak": 1e-3, "warmup_updates": 4, "start": 1e-7, "minimum": 1e-9}
CONSTANT = {"kind": "constant", "weight": 1.0}
CYCLICAL = {"kind": "cyclical", "weight": 1.0, "period": {"updates": 6}, "ramp": {"updates": 3}}


# Ten updates with the usual values would not show where epsilon stands, nor the decay.
LARGE = {"epsilon": 1e-2, "weight_decay": 0.05}


def trace(seed, method, n_latents, kl, **optimizer):
    updates = {"n_updates": 10, "optimizer": OPTIMIZER | optimizer, "learning_rate": LEARNING_RATE, "kl": kl}
    return case(seed, method, n_latents, embedding_scale=0.8, trace=updates)


TRACES = {
    "trace_vanilla": trace(32, VANILLA, 1, CONSTANT),
    "trace_cyclical": trace(32, VANILLA, 1, CYCLICAL, **LARGE),
    "trace_speculative": trace(33, speculative(3), 3, CONSTANT),
}
