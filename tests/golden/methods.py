"""Golden values of the training methods: a small PyTorch implementation in f64, written from the paper's equations and
the settings of the authors' code. It shares nothing with the Rust crates but the names and layouts of parameters
(linear weights are [in, out], a fused projection is [query | key | value]) and the words of the run file.

    pip install torch==2.15.0 safetensors==0.8.0 numpy==2.4.6
    python tests/golden/methods.py

writes one `<case>.safetensors` a case beside this file: parameters, noise and expected values, and in its metadata,
under `golden`, the case, the sentences, the seed and the versions. All inputs are rounded to f32 before they are used;
expected values are computed in f64 and stored as f32. Sources are padded on the left, as fairseq does; the crates pad
on the right, and both must agree. Dropout is off.
"""

import json
import math
import platform
from pathlib import Path

import safetensors
import torch
from cases import CASES, SENTENCES, TRACES
from losses import Batch, losses
from safetensors.torch import save_file
from tcvae import draw_parameters


def draw_noise(case, n_sentences, generator, *steps):
    normal = torch.randn(*steps, n_sentences, case["n_latents"], case["model"]["latent_size"], generator=generator)
    uniform = torch.rand(*steps, n_sentences, generator=generator)
    return normal.double(), uniform.double()


def tie_winners(case, parameters, batch, noise, uniform):
    """Gives each sentence's winner a twin with the same noise: in front of it if it is not the first, else behind."""
    winner = losses(case, parameters, batch, noise, uniform)["winner"].tolist()
    for b, k in enumerate(winner):
        noise[b, k - 1 if k > 0 else -1] = noise[b, k]
    tied = losses(case, parameters, batch, noise, uniform)
    for row, old, new in zip(tied["scores"].tolist(), winner, tied["winner"].tolist()):
        assert row.count(min(row)) == 2 and new == max(old - 1, 0), (row, old, new)


def backward(case, parameters, batch, noise, uniform):
    """Loss parts, and the gradient of the mean objective for every parameter."""
    leaves = {name: values.clone().requires_grad_() for name, values in parameters.items()}
    parts = losses(case, leaves, batch, noise, uniform)
    gradients = torch.autograd.grad(parts["objective"].mean(), list(leaves.values()))
    return {name: part.detach() for name, part in parts.items()}, dict(zip(leaves, gradients))


def golden_case(case, generator):
    """Parameters, and noise, loss parts and gradients for each group of sentences."""
    parameters = draw_parameters(case, generator)
    tensors = {f"parameter.{name}": values for name, values in parameters.items()}
    for group, sentences in SENTENCES.items():
        batch = Batch(**sentences)
        noise, uniform = draw_noise(case, len(batch.target), generator)
        if case.get("ties"):
            tie_winners(case, parameters, batch, noise, uniform)
        parts, gradients = backward(case, parameters, batch, noise, uniform)
        if group == "four" and "winner" in parts:
            assert len(set(parts["winner"].tolist())) > 1, "the winners are all the same: take another seed"
        tensors |= {f"{group}.normal": noise, f"{group}.uniform": uniform}
        tensors |= {f"{group}.expected.{name}": part for name, part in parts.items()}
        tensors |= {f"{group}.gradient.{name}": gradient for name, gradient in gradients.items()}
    return tensors


def rate(schedule, n_updates):
    """Linear warm-up, then the inverse square root."""
    peak, warmup = schedule["peak"], schedule["warmup_updates"]
    if n_updates < warmup:
        return schedule["start"] + (peak - schedule["start"]) * n_updates / warmup
    return max(peak * math.sqrt(warmup / n_updates), schedule["minimum"])


def kl_weight(schedule, n_updates):
    """Constant, or rising from 0 during the first part of each cycle."""
    if schedule["kind"] == "constant":
        return schedule["weight"]
    period, ramp = schedule["period"]["updates"], schedule["ramp"]["updates"]
    return schedule["weight"] * min(n_updates % period / ramp, 1)


def golden_trace(case, generator):
    """Ten updates of fairseq's Adam: epsilon before bias correction, decoupled weight decay, clipping by global norm."""
    parameters = draw_parameters(case, generator)
    tensors = {f"parameter.{name}": values for name, values in parameters.items()}
    batch = Batch(**SENTENCES["four"])
    settings = case["trace"]
    optimizer, n_updates = settings["optimizer"], settings["n_updates"]
    beta_1, beta_2 = optimizer["beta_1"], optimizer["beta_2"]
    noise, uniform = draw_noise(case, len(batch.target), generator, n_updates)
    first = {name: torch.zeros_like(values) for name, values in parameters.items()}
    second = {name: torch.zeros_like(values) for name, values in parameters.items()}
    trace = {"loss": [], "gradient_norm": [], "learning_rate": []}
    for update in range(n_updates):
        annealed = case | {"loss": case["loss"] | {"kl_weight": kl_weight(settings["kl"], update)}}
        parts, gradients = backward(annealed, parameters, batch, noise[update], uniform[update])
        norm = torch.stack([gradient.square().sum() for gradient in gradients.values()]).sum().sqrt()
        scale = min(1, optimizer["clip_norm"] / (norm.item() + 1e-6))
        learning_rate = rate(settings["learning_rate"], update)
        corrections = [1 - beta ** (update + 1) for beta in (beta_1, beta_2)]
        step_size = learning_rate * math.sqrt(corrections[1]) / corrections[0]
        for name, gradient in gradients.items():
            gradient = gradient * scale
            first[name] = beta_1 * first[name] + (1 - beta_1) * gradient
            second[name] = beta_2 * second[name] + (1 - beta_2) * gradient**2
            decayed = parameters[name] * (1 - learning_rate * optimizer["weight_decay"])
            parameters[name] = decayed - step_size * first[name] / (second[name].sqrt() + optimizer["epsilon"])
        trace["loss"].append(parts["objective"].mean().item())
        trace["gradient_norm"].append(norm.item())
        trace["learning_rate"].append(learning_rate)
    norms = trace["gradient_norm"]
    assert min(norms) < optimizer["clip_norm"] < max(norms), f"clipping should act in some updates: {norms}"
    tensors |= {"normal": noise, "uniform": uniform}
    tensors |= {f"expected.{name}": torch.tensor(values) for name, values in trace.items()}
    return tensors | {f"final.{name}": values for name, values in parameters.items()}


def write(name, case, make):
    generator = torch.Generator().manual_seed(case["seed"])
    tensors = make(case, generator)
    versions = {"python": platform.python_version(), "torch": torch.__version__, "safetensors": safetensors.__version__}
    golden = {"case": case, "sentences": SENTENCES, "versions": versions}
    # One key: the order of several is not fixed, and files should be equal when nothing changed.
    metadata = {"golden": json.dumps(golden)}
    single = {name: values.to(torch.float32).contiguous() for name, values in tensors.items()}
    path = Path(__file__).with_name(f"{name}.safetensors")
    save_file(single, path, metadata)
    print(f"{path.name}: {path.stat().st_size} bytes")


if __name__ == "__main__":
    for name, case in CASES.items():
        write(name, case, golden_case)
    for name, case in TRACES.items():
        write(name, case, golden_trace)
