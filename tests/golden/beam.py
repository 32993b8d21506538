"""Golden replies of beam search: fairseq 0.8's generator in PyTorch, written from its description, over the T-CVAE of
`tcvae.py`. Batched as there: sentences times beams, sources padded on the left, one latent a sentence shared by its
beams, sentences leave the batch when they are done. Shares nothing with the Rust crates.

    pip install torch==2.15.0 safetensors==0.8.0 numpy==2.4.6
    python tests/golden/beam.py

writes `beam.safetensors` beside this file: parameters and noise, and in its metadata, under `golden`, the model, the
sentences, and for each setting the hypotheses of each sentence with tokens, length and score. f64 throughout.
"""

import json
import platform
from pathlib import Path

import safetensors
import torch
import torch.nn.functional as F
from cases import MODEL, SENTENCES, VANILLA, case
from losses import pad_rows
from safetensors.torch import save_file
from tcvae import EOS, PAD, Tcvae, draw_parameters

SEED = 9
# Between log-probabilities; f32 errs by about 1e-6.
MARGIN = 1e-5
# A larger embedding gives the model stronger opinions, a larger row of </s> ends replies at more places.
EMBEDDING_SCALE, EOS_SCALE = 1.0, 2.0
SETTINGS = [
    {"beam_size": 5, "length_penalty": 1.2, "max_length": 40},
    {"beam_size": 5, "length_penalty": 1.2, "max_length": 4},
    {"beam_size": 2, "length_penalty": 0.0, "max_length": 40},
    {"beam_size": 4, "length_penalty": -0.5, "max_length": 12},
    {"beam_size": 1, "length_penalty": 1.2, "max_length": 40},
    # More beams than pieces.
    {"beam_size": 24, "length_penalty": 1.0, "max_length": 3},
]


def next_log_probabilities(model, tokens, states, sources, z):
    """log p of the token after each row of `tokens`: the whole prefix every time."""
    hidden = model.decode(tokens, states, sources)
    logits = model.combine(hidden, z)[:, -1] @ model.p["embedding.weight"].T
    return F.log_softmax(logits, -1)


def check_margins(values):
    """Where f32 could order two candidates otherwise, golden values would test luck."""
    values = values[values > -torch.inf].sort(descending=True).values
    gaps = values[:-1] - values[1:]
    assert len(gaps) == 0 or gaps.min() > MARGIN, f"two candidates are too close ({gaps.min()}): take another seed"


def search(model, contexts, z, beam_size, length_penalty, max_length):
    """Hypotheses of each sentence, best first, as (tokens with </s>, score)."""
    n_pieces = model.p["embedding.weight"].shape[0]
    sources = pad_rows([context + [EOS] for context in contexts], "left")
    states = model.encode(sources)
    repeat = torch.arange(len(contexts)).repeat_interleave(beam_size)
    sources, states, z = sources[repeat], states[repeat], z[repeat]
    tokens = torch.full((len(repeat), 1), EOS)
    totals = torch.zeros(len(repeat), dtype=torch.float64)
    sentences = list(range(len(contexts)))  # of the rows still in the batch, `beam_size` rows each
    finished = [[] for _ in contexts]
    for step in range(max_length + 1):
        log_p = next_log_probabilities(model, tokens, states, sources, z)
        log_p[:, PAD] = -torch.inf
        if step < 1:  # min_len
            log_p[:, EOS] = -torch.inf
        if step >= max_length:
            log_p[:, :EOS] = -torch.inf
            log_p[:, EOS + 1 :] = -torch.inf
        candidates = (log_p + totals.unsqueeze(1)).view(len(sentences), beam_size, n_pieces)
        if step == 0:
            candidates = candidates[:, :1]  # all beams are alike
        flat = candidates.flatten(1)
        best = flat.topk(min(2 * beam_size, flat.shape[1] - 1))
        parents, pieces = best.indices // n_pieces, best.indices % n_pieces
        going_on, kept = [], []
        for row, sentence in enumerate(sentences):
            check_margins(flat[row].topk(min(2 * beam_size + 1, flat.shape[1])).values)
            for place in range(min(beam_size, best.values.shape[1])):
                if pieces[row, place] == EOS and best.values[row, place] > -torch.inf and len(finished[sentence]) < beam_size:
                    path = tokens[row * beam_size + parents[row, place], 1:].tolist() + [EOS]
                    finished[sentence].append((path, best.values[row, place].item() / (step + 1) ** length_penalty))
            if len(finished[sentence]) == beam_size or step == max_length:
                continue
            alive = [place for place in range(best.values.shape[1]) if pieces[row, place] != EOS][:beam_size]
            # Too few candidates: the last place is filled with a copy that can never win.
            going_on += [(row, place, True) for place in alive] + [(row, alive[-1], False)] * (beam_size - len(alive))
            kept.append(sentence)
        if not kept:
            break
        rows = torch.tensor([row * beam_size + parents[row, place] for row, place, _ in going_on])
        added = torch.tensor([[pieces[row, place]] for row, place, _ in going_on])
        tokens = torch.cat([tokens[rows], added], 1)
        totals = torch.stack([best.values[row, place] if real else torch.tensor(-torch.inf) for row, place, real in going_on])
        sources, states, z, sentences = sources[rows], states[rows], z[rows], kept
    for hypotheses in finished:
        check_margins(torch.tensor([score for _, score in hypotheses]))
    return [sorted(hypotheses, key=lambda hypothesis: -hypothesis[1]) for hypotheses in finished]


def main():
    settings = case(SEED, VANILLA, embedding_scale=EMBEDDING_SCALE)
    generator = torch.Generator().manual_seed(SEED)
    parameters = {name: values.float().double() for name, values in draw_parameters(settings, generator).items()}
    parameters["embedding.weight"][EOS] *= EOS_SCALE
    contexts = SENTENCES["four"]["contexts"]
    noise = torch.randn(len(contexts), MODEL["latent_size"], generator=generator).float().double()
    model = Tcvae(settings, parameters)
    sources = pad_rows([context + [EOS] for context in contexts], "left")
    pooled = model.pool(model.encode(sources), sources)
    mean, log_variance = model.gaussian(model.linear("prior.outer", torch.tanh(model.linear("prior.inner", pooled))))
    z = mean + (log_variance / 2).exp() * noise
    expected = [search(model, contexts, z, **setting) for setting in SETTINGS]
    lengths = [len(tokens) for replies in expected for hypotheses in replies for tokens, _ in hypotheses]
    assert len(set(lengths)) > 9, f"the replies are too much alike: {sorted(lengths)}"
    versions = {"python": platform.python_version(), "torch": torch.__version__, "safetensors": safetensors.__version__}
    golden = {
        "case": settings,
        "sentences": SENTENCES,
        "versions": versions,
        "searches": [
            setting
            | {"hypotheses": [[{"tokens": tokens, "score": score} for tokens, score in hypotheses] for hypotheses in replies]}
            for setting, replies in zip(SETTINGS, expected)
        ],
    }
    tensors = {f"parameter.{name}": values.to(torch.float32) for name, values in parameters.items()}
    tensors["noise"] = noise.to(torch.float32)
    path = Path(__file__).with_name("beam.safetensors")
    save_file({name: values.contiguous() for name, values in tensors.items()}, path, {"golden": json.dumps(golden)})
    print(f"{path.name}: {path.stat().st_size} bytes; lengths {sorted(lengths)}")


if __name__ == "__main__":
    main()
