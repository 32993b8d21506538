"""A whole training step of the authors' T-CVAE in PyTorch against `repartee bench step`, in turn on the same machine.

    python benches/training/pytorch_step.py --repartee target/debug/repartee [--vocabulary 8000] [--rounds 5]
        [--device cpu] [--runs 3] [--products]

The model is a port of what the authors' code does: an encoder whose weights the decoder shares, a second encoder pass
over the response, attention pooling for prior and posterior, K posterior draws whose outputs are all in one graph, the
winner gathered, Adam. D 256, 3 + 3 layers, K = 5. With --products also the rate of each side's plain matrix product of the
output layer's sizes, which is what a step can reach at most. Writes JSON to stdout.
"""

import argparse
import json
import math
import platform
import statistics
import subprocess
import time

import torch
import torch.nn as nn
import torch.nn.functional as F

from pytorch_head import head

RATE = 0.1


class Attention(nn.Module):
    def __init__(self, d, h):
        super().__init__()
        self.h = h
        self.query, self.key_value, self.out = nn.Linear(d, d), nn.Linear(d, 2 * d), nn.Linear(d, d)

    def forward(self, x, memory, causal=False):
        b, t, d = x.shape
        q = self.query(x).view(b, t, self.h, -1).transpose(1, 2)
        k, v = (part.view(b, memory.shape[1], self.h, -1).transpose(1, 2) for part in self.key_value(memory).chunk(2, -1))
        scores = q @ k.transpose(-1, -2) / math.sqrt(d // self.h)
        if causal:
            scores = scores.masked_fill(torch.ones(t, t, dtype=torch.bool).triu(1), float("-inf"))
        weights = F.dropout(scores.softmax(-1), RATE, self.training)
        return self.out((weights @ v).transpose(1, 2).reshape(b, t, d))


class Block(nn.Module):
    """Self-attention and feed-forward of an encoder layer, which the decoder layer uses too."""

    def __init__(self, d, h, f):
        super().__init__()
        self.attention, self.inner, self.outer = Attention(d, h), nn.Linear(d, f), nn.Linear(f, d)

    def feed(self, x):
        return self.outer(F.dropout(F.leaky_relu(self.inner(x), 0.01), RATE, self.training))


class Model(nn.Module):
    def __init__(self, d, h, f, n, v):
        super().__init__()
        self.d = d
        self.embedding = nn.Embedding(v, d)
        nn.init.normal_(self.embedding.weight, std=d**-0.5)
        self.blocks = nn.ModuleList(Block(d, h, f) for _ in range(n))
        self.cross = nn.ModuleList(Attention(d, h) for _ in range(n))
        norms = lambda m: nn.ModuleList(nn.LayerNorm(d) for _ in range(m * n))
        self.encoder_norms, self.decoder_norms = norms(2), norms(3)
        self.pool_query, self.pool = nn.Parameter(torch.randn(1, 1, d) / d**0.5), Attention(d, h)
        self.prior_inner, self.prior_outer = nn.Linear(d, d // 2), nn.Linear(d // 2, 2 * d, bias=False)
        self.posterior = nn.Linear(d, 2 * d, bias=False)
        self.combine_hidden, self.combine_latent = nn.Linear(d, d, bias=False), nn.Linear(d, d, bias=False)

    def embed(self, tokens):
        t = torch.arange(2, 2 + tokens.shape[1], dtype=torch.float32)[:, None]
        half = self.d // 2
        rates = torch.exp(-math.log(1e4) / (half - 1) * torch.arange(half))
        positions = torch.cat([(t * rates).sin(), (t * rates).cos()], 1)
        return F.dropout(self.embedding(tokens) * math.sqrt(self.d) + positions, RATE, self.training)

    def residual(self, x, y, norm):
        return norm(x + F.dropout(y, RATE, self.training))

    def encode(self, tokens):
        x = self.embed(tokens)
        for i, block in enumerate(self.blocks):
            x = self.residual(x, block.attention(x, x), self.encoder_norms[2 * i])
            x = self.residual(x, block.feed(x), self.encoder_norms[2 * i + 1])
        return x

    def decode(self, tokens, source):
        x = self.embed(tokens)
        for i, (block, cross) in enumerate(zip(self.blocks, self.cross)):
            x = self.residual(x, block.attention(x, x, causal=True), self.decoder_norms[3 * i])
            x = self.residual(x, cross(x, source), self.decoder_norms[3 * i + 1])
            x = self.residual(x, block.feed(x), self.decoder_norms[3 * i + 2])
        return x

    def pooled(self, memory):
        return self.pool(self.pool_query.expand(memory.shape[0], 1, self.d), memory).squeeze(1)

    def loss(self, source_tokens, inputs, targets, k):
        source, response = self.encode(source_tokens), self.encode(inputs)
        prior = self.prior_outer(torch.tanh(self.prior_inner(self.pooled(source)))).chunk(2, -1)
        mean, log_variance = self.posterior(self.pooled(torch.cat([source, response], 1))).chunk(2, -1)
        noise = torch.randn(mean.shape[0], k, self.d)
        z = mean.unsqueeze(1) + (0.5 * log_variance).exp().unsqueeze(1) * noise
        hidden = self.combine_hidden(self.decode(inputs, source))
        reconstruction = head(hidden, self.combine_latent(z), self.embedding.weight, targets)
        kl = prior[1] - log_variance + (log_variance.exp() + (mean - prior[0]) ** 2) / prior[1].exp() - 1
        return (reconstruction + 0.5 * kl.sum()) / mean.shape[0]


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--repartee", required=True)
    parser.add_argument("--vocabulary", type=int, default=8000)
    parser.add_argument("--latents", type=int, default=5)
    parser.add_argument("--device", default="cpu", help="ours; PyTorch runs on the CPU")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--runs", type=int, default=3, help="of each side in a round")
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--products", action="store_true", help="also time a plain product on both sides")
    args = parser.parse_args()
    torch.set_num_threads(args.threads)
    torch.manual_seed(0)
    b, t, d, h, f, n, v, k = 32, 16, 256, 4, 1024, 3, args.vocabulary, args.latents
    model = Model(d, h, f, n, v)
    adam = torch.optim.Adam(model.parameters(), lr=1e-4, betas=(0.9, 0.98), eps=1e-8)
    tokens = (torch.arange(b)[:, None] * 31 + torch.arange(t)[None] * 17) % (v - 4) + 4

    def once():
        start = time.perf_counter()
        adam.zero_grad()
        model.loss(tokens, tokens.roll(1, 1), tokens, k).backward()
        nn.utils.clip_grad_norm_(model.parameters(), 25.0)
        adam.step()
        return time.perf_counter() - start

    def product_seconds():
        rows, weight = torch.full((b * t, d), 0.5), torch.full((v, d), 0.5)
        rows @ weight.t()
        start = time.perf_counter()
        rows @ weight.t()
        return time.perf_counter() - start

    def products():
        """GFLOP/s of PyTorch's and of our device's product of [B T, D] and [D, V]."""
        head_sizes = {"sentences": b, "length": t, "d-model": d, "vocabulary": v, "latents": 1, "runs": args.runs}
        command = [args.repartee, "--device", args.device, "--json", "--quiet", "bench", "head"]
        command += [part for name, size in head_sizes.items() for part in (f"--{name}", str(size))]
        record = json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout)
        gflop = 2e-9 * b * t * d * v
        theirs = statistics.median(product_seconds() for _ in range(args.runs))
        return gflop / theirs, gflop / statistics.median(record["reports"][0]["matmul"]["seconds"])

    sizes = {"sentences": b, "length": t, "d-model": d, "n-heads": h, "n-layers": n, "d-feedforward": f, "vocabulary": v}
    command = [args.repartee, "--device", args.device, "--json", "--quiet", "bench", "step"]
    command += ["--latents", str(k), "--runs", str(args.runs)]
    command += [part for name, size in sizes.items() for part in (f"--{name}", str(size))]
    once()
    theirs, ours = [], []
    rates = products() if args.products else None
    for _ in range(args.rounds):
        theirs.append(statistics.median(once() for _ in range(args.runs)))
        record = json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout)
        ours.append(statistics.median(record["reports"][0]["step"]["seconds"]))
    print(json.dumps({
        "what": "training step",
        "sizes": {**sizes, "K": k},
        "device": record["device"],
        "commit": record["commit"],
        "torch": torch.__version__,
        "threads": args.threads,
        "python": platform.python_version(),
        "pytorch_seconds": theirs,
        "repartee_seconds": ours,
        "ratio": statistics.median(a / b for a, b in zip(ours, theirs)),
        **({"pytorch_product_gflops": rates[0], "repartee_product_gflops": rates[1]} if rates else {}),
    }))


if __name__ == "__main__":
    main()
