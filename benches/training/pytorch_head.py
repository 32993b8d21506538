"""The authors' output layer in PyTorch against `repartee bench head --fused-only`, in turn on the same machine.

    python benches/training/pytorch_head.py --repartee target/debug/repartee [--device cpu] [--latents 5] [--rounds 5]
        [--runs 3] [--threads 2]

All K outputs are in one graph, the winner is gathered, and the backward pass goes through all of them, as in the
authors' `vae_loss.py`. Sizes are the paper's head: D 512, V 16,000, 16 sentences of 16 tokens. Writes JSON to stdout.
"""

import argparse
import json
import platform
import statistics
import subprocess
import time

import torch
import torch.nn.functional as F


def head(states, latents, embedding, targets, smoothing=0.1):
    """Label-smoothed loss of each sentence under its best latent."""
    b, t, d = states.shape
    k = latents.shape[1]
    combined = F.leaky_relu(states.unsqueeze(1) + latents.unsqueeze(2), 0.01)  # [B, K, T, D]
    log_p = F.log_softmax(combined @ embedding.t(), dim=-1)  # [B, K, T, V]
    nll = -log_p.gather(-1, targets[:, None, :, None].expand(b, k, t, 1)).squeeze(-1).sum(-1)  # [B, K]
    uniform = -log_p.sum(-1).sum(-1)
    winner = nll.argmin(1, keepdim=True)
    smoothed = (1 - smoothing) * nll.gather(1, winner) + smoothing / embedding.shape[0] * uniform.gather(1, winner)
    return smoothed.sum()


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--repartee", required=True)
    parser.add_argument("--latents", type=int, default=5)
    parser.add_argument("--device", default="cpu", help="ours; PyTorch runs on the CPU")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--runs", type=int, default=3, help="of each side in a round")
    parser.add_argument("--threads", type=int, default=2)
    args = parser.parse_args()
    torch.set_num_threads(args.threads)
    torch.manual_seed(0)
    b, t, d, v, k = 16, 16, 512, 16_000, args.latents
    states = torch.randn(b, t, d, requires_grad=True)
    latents = torch.randn(b, k, d, requires_grad=True)
    embedding = (torch.randn(v, d) / d**0.5).requires_grad_()
    targets = torch.arange(b * t).reshape(b, t) * 7919 % v

    def once():
        start = time.perf_counter()
        head(states, latents, embedding, targets).backward()
        elapsed = time.perf_counter() - start
        states.grad = latents.grad = embedding.grad = None
        return elapsed

    command = [args.repartee, "--device", args.device, "--json", "--quiet", "bench", "head", "--fused-only"]
    command += ["--runs", str(args.runs), "--latents", str(k)]
    once()
    theirs, ours, device = [], [], None
    for _ in range(args.rounds):
        theirs.append(statistics.median(once() for _ in range(args.runs)))
        record = json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout)
        device = record["device"]
        ours.append(statistics.median(record["reports"][0]["fused"]["seconds"]))
    print(json.dumps({
        "what": "output layer, forward and backward",
        "sizes": {"B": b, "T": t, "D": d, "V": v, "K": k},
        "device": device,
        "commit": record["commit"],
        "torch": torch.__version__,
        "threads": args.threads,
        "python": platform.python_version(),
        "pytorch_seconds": theirs,
        "repartee_seconds": ours,
        "ratio": statistics.median(a / b for a, b in zip(ours, theirs)),
    }))


if __name__ == "__main__":
    main()
