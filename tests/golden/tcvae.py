"""A T-CVAE in PyTorch: parameters drawn at random and the functions of the model. Part of `methods.py`."""

import math

import torch
import torch.nn.functional as F

PAD, EOS = 1, 2
SLOPE = 0.01
# Where f32 could fall on the other side of a kink or a choice, golden values would test luck.
KINK_MARGIN, CHOICE_MARGIN = 1e-6, 1e-3


def parameter_shapes(case):
    """Name to shape."""
    model, kind, loss = case["model"], case["method"]["kind"], case["loss"]
    d, f, z, v = model["d_model"], model["d_feedforward"], model["latent_size"], case["vocabulary_size"]
    shapes = {"embedding.weight": [v, d]}

    def attention(prefix, bias=True):
        shapes[f"{prefix}.in_projection.weight"] = [d, 3 * d]
        shapes[f"{prefix}.out_projection.weight"] = [d, d]
        if bias:
            shapes[f"{prefix}.in_projection.bias"] = [3 * d]
            shapes[f"{prefix}.out_projection.bias"] = [d]

    def feed_forward(prefix):
        for part, (fan_in, fan_out) in {"inner": (d, f), "outer": (f, d)}.items():
            shapes[f"{prefix}.{part}.weight"], shapes[f"{prefix}.{part}.bias"] = [fan_in, fan_out], [fan_out]

    for i in range(model["n_layers"]):
        attention(f"encoder.{i}.attention")
        feed_forward(f"encoder.{i}.feed_forward")
        norms = [f"encoder.{i}.attention_norm", f"encoder.{i}.feed_forward_norm"]
        norms += [f"decoder.{i}.{part}_norm" for part in ("self_attention", "cross_attention", "feed_forward")]
        for norm in norms:
            shapes[f"{norm}.gamma"], shapes[f"{norm}.beta"] = [d], [d]
        if not model["share_decoder"]:
            attention(f"decoder.{i}.own.self_attention")
            attention(f"decoder.{i}.own.cross_attention")
            feed_forward(f"decoder.{i}.own.feed_forward")
    shapes["pooling.query"] = [1, 1, d]
    attention("pooling.attention", bias=False)
    n_outputs = z if kind == "spacefusion" else 2 * z
    shapes["prior.inner.weight"], shapes["prior.inner.bias"] = [d, d // 2], [d // 2]
    shapes["prior.outer.weight"] = [d // 2, n_outputs]
    shapes["posterior.outer.weight"] = [d, n_outputs]
    shapes["combiner.weight"] = [d + z, d]
    if loss["bow"]:
        fan_in = z
        if loss["bow"]["form"] == "sequence":
            fan_in = loss["bow_hidden"]
            shapes["bow.inner.weight"], shapes["bow.inner.bias"] = [d + z, fan_in], [fan_in]
        shapes["bow.outer.weight"], shapes["bow.outer.bias"] = [fan_in, v], [v]
    return shapes


def draw_parameters(case, generator):
    """Random everywhere, biases, norms and the row of `<pad>` included, so that none can be forgotten unseen."""
    parameters = {}
    for name, shape in sorted(parameter_shapes(case).items()):
        values = torch.randn(shape, generator=generator)
        if name.endswith("gamma"):
            values = 1 + 0.2 * values
        elif name.endswith(("bias", "beta")):
            values = 0.3 * values
        elif name == "embedding.weight":
            values = values * case.get("embedding_scale", 1.0) / math.sqrt(shape[1])
        elif name != "pooling.query":
            values = values / math.sqrt(shape[0])
        if name in ("prior.outer.weight", "posterior.outer.weight"):
            values = case.get("latent_scale", 1.0) * values
        parameters[name] = values.double()
    return parameters


# The model ---------------------------------------------------------------------------------------------------------


def leaky_relu(x):
    assert x.detach().abs().min() > KINK_MARGIN, "an activation is too close to its kink: take another seed"
    return F.leaky_relu(x, SLOPE)


class Tcvae:
    """The functions of a T-CVAE with these parameters."""

    def __init__(self, case, parameters):
        self.p, self.model = parameters, case["model"]

    def linear(self, name, x):
        y = x @ self.p[f"{name}.weight"]
        return y + self.p[f"{name}.bias"] if f"{name}.bias" in self.p else y

    def norm(self, name, x):
        return F.layer_norm(x, x.shape[-1:], self.p[f"{name}.gamma"], self.p[f"{name}.beta"], 1e-5)

    def attention(self, name, x, memory, ignore):
        """Multi-head attention of x [B,T,D] over memory [B,L,D]; `ignore` [B,T,L] is true at what must not be seen."""
        d, n_heads = x.shape[-1], self.model["n_heads"]
        weights = self.p[f"{name}.in_projection.weight"].split(d, 1)
        biases = self.p[f"{name}.in_projection.bias"].split(d) if f"{name}.in_projection.bias" in self.p else [0] * 3
        query, key, value = (
            (tensor @ weight + bias).unflatten(-1, (n_heads, d // n_heads)).transpose(1, 2)
            for tensor, weight, bias in zip((x, memory, memory), weights, biases)
        )
        mixed = F.scaled_dot_product_attention(query, key, value, attn_mask=~ignore.unsqueeze(1))
        return self.linear(f"{name}.out_projection", mixed.transpose(1, 2).flatten(2))

    def feed_forward(self, name, x):
        return self.linear(f"{name}.outer", leaky_relu(self.linear(f"{name}.inner", x)))

    def embed(self, ids):
        """sqrt(D) E[id] plus sinusoids [sin | cos] at PAD + 1, PAD + 2, ... counted over real tokens."""
        d = self.model["d_model"]
        positions = PAD + (ids != PAD).cumsum(1)
        frequencies = torch.exp(-math.log(10_000) / (d // 2 - 1) * torch.arange(d // 2, dtype=torch.float64))
        angles = positions.unsqueeze(-1) * frequencies
        sinusoids = torch.cat([angles.sin(), angles.cos()], -1) * (ids != PAD).unsqueeze(-1)
        return math.sqrt(d) * self.p["embedding.weight"][ids] + sinusoids

    def encode(self, ids):
        ignore = (ids == PAD).unsqueeze(1).expand(-1, ids.shape[1], -1)
        x = self.embed(ids)
        for i in range(self.model["n_layers"]):
            layer = f"encoder.{i}"
            x = self.norm(f"{layer}.attention_norm", x + self.attention(f"{layer}.attention", x, x, ignore))
            x = self.norm(f"{layer}.feed_forward_norm", x + self.feed_forward(f"{layer}.feed_forward", x))
        return x

    def decode(self, ids, source_states, source_ids):
        """Top states h_t; each layer borrows the encoder layer's attention, twice, and its feed-forward if shared."""
        length = ids.shape[1]
        later = torch.ones(length, length, dtype=torch.bool).triu(1).expand(len(ids), -1, -1)
        source_pads = (source_ids == PAD).unsqueeze(1).expand(-1, length, -1)
        x = self.embed(ids)
        for i in range(self.model["n_layers"]):
            if self.model["share_decoder"]:
                itself = across = f"encoder.{i}.attention"
                feed_forward = f"encoder.{i}.feed_forward"
            else:
                own = f"decoder.{i}.own"
                itself, across = f"{own}.self_attention", f"{own}.cross_attention"
                feed_forward = f"{own}.feed_forward"
            layer = f"decoder.{i}"
            x = self.norm(f"{layer}.self_attention_norm", x + self.attention(itself, x, x, later))
            crossed = self.attention(across, x, source_states, source_pads)
            x = self.norm(f"{layer}.cross_attention_norm", x + crossed)
            x = self.norm(f"{layer}.feed_forward_norm", x + self.feed_forward(feed_forward, x))
        return x

    def pool(self, states, ids):
        query = self.p["pooling.query"].expand(len(ids), -1, -1)
        return self.attention("pooling.attention", query, states, (ids == PAD).unsqueeze(1)).squeeze(1)

    def combine(self, hidden, z):
        """C_t = lrelu(W_c [h_t ; z])."""
        z = z.unsqueeze(1).expand(-1, hidden.shape[1], -1)
        return leaky_relu(torch.cat([hidden, z], -1) @ self.p["combiner.weight"])

    def gaussian(self, both):
        mean, log_variance = both.chunk(2, 1)
        limit, size = self.model["log_variance_limit"], log_variance.detach().abs()
        assert (size - limit).abs().min() > CHOICE_MARGIN, "a log-variance is too close to the clamp"
        assert (size > limit).any() == (limit < 20), "only a narrow clamp should act"
        return mean, log_variance.clamp(-limit, limit)
