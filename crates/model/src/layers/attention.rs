//! Multi-head attention (Vaswani et al. 2017), with dropout on the probabilities as in fairseq.

use burn::{
    module::Module,
    tensor::{Bool, Tensor, activation::softmax},
};

use super::{
    initializer::Initializer,
    linear::{Linear, LinearInit},
};
use crate::random::Dropout;

/// Stands for −∞ in masked scores: finite, so that no row can become NaN, and far below any real score.
pub const MASKED_SCORE: f32 = -3.0e38;

/// Keys and values of one attention, split in heads: `[B, H, L, D/H]` each.
#[derive(Clone, Debug)]
pub struct KeyValue {
    /// Keys.
    pub key: Tensor<4>,
    /// Values.
    pub value: Tensor<4>,
}

/// Dropout rates inside one attention.
#[derive(Clone, Copy, Debug)]
pub struct AttentionSettings {
    /// Heads, `H`.
    pub n_heads: usize,
    /// Dropout on the probabilities.
    pub dropout: f32,
}

/// Fused query/key/value projection and output projection.
#[derive(Module, Debug)]
pub struct Attention {
    /// `[D, 3D]`: query, key, value.
    pub in_projection: Linear,
    /// `[D, D]`.
    pub out_projection: Linear,
}

impl Attention {
    /// A Transformer attention: Xavier weights and zero biases.
    pub fn new(d_model: usize, init: &Initializer<'_>) -> Self {
        Self {
            in_projection: Linear::new([d_model, 3 * d_model], true, LinearInit::Xavier, &init.scope("in_projection")),
            out_projection: Linear::new([d_model, d_model], true, LinearInit::Xavier, &init.scope("out_projection")),
        }
    }

    /// The pooling's attention: no biases; the output projection starts as a plain linear layer.
    pub fn for_pooling(d_model: usize, init: &Initializer<'_>) -> Self {
        Self {
            in_projection: Linear::new([d_model, 3 * d_model], false, LinearInit::Xavier, &init.scope("in_projection")),
            out_projection: Linear::new([d_model, d_model], false, LinearInit::FanIn, &init.scope("out_projection")),
        }
    }

    /// Keys and values of `memory`.
    ///
    /// # Shapes
    /// `memory`: `[B, L, D]`
    pub fn key_value(&self, memory: Tensor<3>, settings: AttentionSettings) -> KeyValue {
        let d_model = memory.dims()[2];
        let both = self.in_projection.forward_columns(memory, d_model, 2 * d_model); // [B, L, 2D]
        let mut halves = both.chunk(2, 2).into_iter();
        let mut next = || split_heads(halves.next().expect("chunk(2) gives two"), settings.n_heads);
        KeyValue { key: next(), value: next() }
    }

    /// Attention of `x` over `memory`: softmax(q kᵀ/√(D/H)) v, then the output projection.
    ///
    /// # Shapes
    /// `x`: `[B, T, D]`; `mask`: `true` = ignore, broadcast to `[B, H, T, L]`; returns `[B, T, D]`
    pub fn forward(
        &self,
        x: Tensor<3>,
        memory: &KeyValue,
        mask: Option<Tensor<4, Bool>>,
        settings: AttentionSettings,
        dropout: &mut Dropout,
    ) -> Tensor<3> {
        let [batch, length, d_model] = x.dims();
        let d_head = d_model / settings.n_heads;
        let query = self.in_projection.forward_columns(x, 0, d_model).mul_scalar(1.0 / (d_head as f32).sqrt());
        let query = split_heads(query, settings.n_heads); // [B, H, T, D/H]
        let mut scores = query.matmul(memory.key.clone().swap_dims(2, 3)); // [B, H, T, L]
        if let Some(mask) = mask {
            let shape = scores.dims();
            scores = scores.mask_fill(mask.expand(shape), MASKED_SCORE);
        }
        let probabilities = dropout.apply(softmax(scores, 3), settings.dropout);
        let mixed = probabilities.matmul(memory.value.clone()); // [B, H, T, D/H]
        self.out_projection.forward(mixed.swap_dims(1, 2).reshape([batch, length, d_model]))
    }
}

/// `[B, L, D]` to `[B, H, L, D/H]`.
fn split_heads(x: Tensor<3>, n_heads: usize) -> Tensor<4> {
    let [batch, length, d_model] = x.dims();
    x.reshape([batch, length, n_heads, d_model / n_heads]).swap_dims(1, 2)
}
