"""The loss parts of the training methods in PyTorch. Part of `methods.py`."""

import torch
import torch.nn.functional as F

from tcvae import CHOICE_MARGIN, EOS, KINK_MARGIN, PAD, Tcvae


def pad_rows(rows, side):
    width = max(map(len, rows))
    fill = [[PAD] * (width - len(row)) for row in rows]
    return torch.tensor([pads + row if side == "left" else row + pads for pads, row in zip(fill, rows)])


def token_losses(model, combined, target, smoothing):
    """Label-smoothed loss as fairseq defines it and NLL, summed over each sentence's real tokens: [B] each."""
    log_p = F.log_softmax(combined @ model.p["embedding.weight"].T, -1)
    real = target != PAD
    nll = (-log_p.gather(-1, target.unsqueeze(-1)).squeeze(-1) * real).sum(1)
    smooth = (-log_p.sum(-1) * real).sum(1)
    return (1 - smoothing) * nll + smoothing / log_p.shape[-1] * smooth, nll


def kl_per_dimension(q, p):
    (q_mean, q_log), (p_mean, p_log) = q, p
    return (p_log - q_log + (q_mean - p_mean) ** 2 / p_log.exp() + q_log.exp() / p_log.exp() - 1) / 2


def bow_loss(model, bow, z, context, responses):
    """The authors: -sum log p(v|z) over the set of target tokens without `</s>`. Zhao et al. 2017: from [context ; z]
    through a hidden layer, over every target position, repeats and `</s>` included."""
    if bow["form"] == "sequence":
        z = torch.tanh(model.linear("bow.inner", torch.cat([context, z], -1)))
    log_p = F.log_softmax(model.linear("bow.outer", z), -1)
    bags = [row + [EOS] if bow["form"] == "sequence" else sorted(set(row)) for row in responses]
    return torch.stack([-log_p[b, bag].sum() for b, bag in enumerate(bags)])


def distance(a, b, ceiling, clip=True):
    """Root mean square difference, clipped to the ceiling."""
    d = ((a - b) ** 2).mean(-1).add(1e-9).sqrt()
    assert (d.detach() - ceiling).abs().min() > CHOICE_MARGIN, "a distance is too close to the clip"
    others = d[d > 1e-4]
    assert len(d) == 1 or others.min() < ceiling < others.max(), "some distances should be clipped, not all"
    return d.clamp(0, ceiling) if clip else d


def first_lowest(rows):
    """Index of each row's lowest score, the first of equals."""
    for row in rows.tolist():
        others = [score - min(row) for score in row if score != min(row)]
        assert min(others, default=1) > CHOICE_MARGIN, "two latents are too close: take another seed"
    return torch.tensor([min(range(len(row)), key=row.__getitem__) for row in rows.tolist()])


class Batch:
    """Sentences as fairseq batches them."""

    def __init__(self, contexts, responses):
        self.responses = responses
        self.source = pad_rows([row + [EOS] for row in contexts], "left")
        self.shifted = [[EOS] + row for row in responses]
        self.decoder_input = pad_rows(self.shifted, "right")
        self.target = pad_rows([row + [EOS] for row in responses], "right")


def losses(case, parameters, batch, noise, uniform):
    """Every loss part of a batch by name, each per sentence."""
    model, method, settings = Tcvae(case, parameters), case["method"], case["loss"]
    source = model.encode(batch.source)
    response_ids = pad_rows(batch.shifted, "left")
    response = model.encode(response_ids)
    hidden = model.decode(batch.decoder_input, source, batch.source)
    context = model.pool(source, batch.source)
    prior = model.linear("prior.outer", torch.tanh(model.linear("prior.inner", context)))

    def reconstruct(z):
        return token_losses(model, model.combine(hidden, z), batch.target, settings["smoothing"])

    if method["kind"] == "spacefusion":
        point = model.linear("posterior.outer", model.pool(response, response_ids))
        return space_fusion(method, prior, point, reconstruct, batch, noise, uniform)

    memory, memory_ids = torch.cat([source, response], 1), torch.cat([batch.source, response_ids], 1)
    p, q = model.gaussian(prior), model.gaussian(model.linear("posterior.outer", model.pool(memory, memory_ids)))
    latents = [q[0] + (q[1] / 2).exp() * noise[:, k] for k in range(noise.shape[1])]
    parts = {}
    if method["kind"] == "monte-carlo":
        z = torch.stack(latents).mean(0)
        if method["average"] == "latent":
            smoothed, nll = reconstruct(z)
        elif method["average"] == "state":
            combined = torch.stack([model.combine(hidden, z) for z in latents]).mean(0)
            smoothed, nll = token_losses(model, combined, batch.target, settings["smoothing"])
        else:
            smoothed, nll = (torch.stack(part).mean(0) for part in zip(*map(reconstruct, latents)))
    else:
        each, scores = (torch.stack(part, 1) for part in zip(*map(reconstruct, latents)))
        winner = first_lowest(scores)
        misleading = settings["smoothing"] >= 0.5 and len(winner) > 1
        assert not misleading or (each.argmin(1) != winner).any(), "smoothing should change a winner"
        rows = torch.arange(len(winner))
        z, smoothed, nll = torch.stack(latents, 1)[rows, winner], each[rows, winner], scores[rows, winner]
        if method["kind"] == "speculative":
            parts |= {"winner": winner, "scores": scores}
    kl, floor = kl_per_dimension(q, p), settings["free_nats"]
    assert (kl.detach() - floor).abs().min() > KINK_MARGIN and kl.max() > floor, "free bits: take another seed"
    assert (kl < floor).any() == (floor > 0)
    objective = smoothed + settings["kl_weight"] * kl.clamp(min=floor).sum(1)
    if settings["bow"]:
        parts["bow_nats"] = bow_loss(model, settings["bow"], z, context, batch.responses)
        objective = objective + settings["bow"]["weight"] * parts["bow_nats"]
    return parts | {"objective": objective, "nll_nats": nll, "kl_nats": kl.sum(1)}


def space_fusion(method, prior, point, reconstruct, batch, noise, uniform):
    """Three decoder passes and the fusion loss, on noisy points of context and response."""
    n, ceiling = len(noise), method["maximum_distance"]
    z_x = prior + method["deviation"] * noise[:, 0]
    z_y = point + method["deviation"] * noise[:, 1]
    u = uniform.unsqueeze(1)
    passes = [reconstruct(z) for z in (z_x, z_y, u * z_x + (1 - u) * z_y)]
    attraction = distance(z_x, z_y, ceiling, method["clip_attraction"])
    pairs = [distance(z.unsqueeze(1), z.unsqueeze(0), ceiling) for z in (z_x, z_y)]
    repulsion = sum(pairs).sum(1) / max(n - 1, 1)
    fusion = attraction - repulsion
    tokens_per_sentence = (batch.target != PAD).sum() / n
    weights = (1, 1, method["mixed_weight"])
    reconstruction = sum(weight * smoothed for weight, (smoothed, _) in zip(weights, passes))
    return {
        "objective": reconstruction / tokens_per_sentence + method["fusion_weight"] * fusion,
        "nll_prior_nats": passes[0][1],
        "nll_nats": passes[1][1],
        "nll_mixed_nats": passes[2][1],
        "fusion": fusion,
    }
