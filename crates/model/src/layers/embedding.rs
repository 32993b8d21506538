//! Token embeddings with sinusoidal positions, tied to the output layer.

use burn::{
    module::{Module, Param},
    tensor::{Int, Tensor, TensorData},
};
use repartee_kernels::embed;

use super::initializer::Initializer;
use crate::random::Dropout;

/// fairseq counts positions from `padding_idx + 1`; its `<pad>` is token 1.
const FIRST_POSITION: usize = 2;

/// One matrix for source, target and output (Table 5: vocabulary by 512).
#[derive(Module, Debug)]
pub struct Embedding {
    /// `[V, D]`.
    pub weight: Param<Tensor<2>>,
}

impl Embedding {
    /// N(0, 1/D), the row of `<pad>` zero.
    ///
    /// The pad row receives softmax gradient and drifts, as in the authors' code; pads are masked wherever it could
    /// matter.
    pub fn new([n_tokens, d_model]: [usize; 2], pad: u32, init: &Initializer<'_>) -> Self {
        let init = init.scope("weight");
        let mut values = init.normal_values(n_tokens * d_model, (1.0 / d_model as f32).sqrt());
        values.chunks_mut(d_model).nth(pad as usize).expect("`<pad>` is in the vocabulary").fill(0.0);
        Self { weight: init.parameter(values, [n_tokens, d_model]) }
    }

    /// √D · E[id] + position, with dropout.
    ///
    /// # Shapes
    /// `ids`: `[B, L]`, whose first column stands at position `offset`; returns `[B, L, D]`
    pub fn forward(&self, ids: Tensor<2, Int>, offset: usize, dropout: &mut Dropout, rate: f32) -> Tensor<3> {
        let [batch, length] = ids.dims();
        let d_model = self.weight.dims()[1];
        let device = ids.device();
        let embedded = embed(self.weight.val(), ids.reshape([-1])); // [B·L, D]
        let embedded = embedded.mul_scalar((d_model as f32).sqrt()).reshape([batch, length, d_model]);
        let positions = TensorData::new(sinusoids(FIRST_POSITION + offset, length, d_model), [1, length, d_model]);
        dropout.apply(embedded + Tensor::from_data(positions, &device), rate)
    }
}

/// Sinusoidal positions as fairseq lays them out: `[sin(p f₀) … sin(p f_h), cos(p f₀) … cos(p f_h)]`,
/// `f_i = 10000^(−i / (D/2 − 1))`, row-major `[length, D]`.
pub fn sinusoids(first: usize, length: usize, d_model: usize) -> Vec<f32> {
    let half = d_model / 2;
    let decay = 10_000f64.ln() / (half - 1) as f64;
    let angle = |position: usize, i: usize| position as f64 * (-decay * i as f64).exp();
    (first..first + length)
        .flat_map(|p| {
            (0..half).map(move |i| angle(p, i).sin() as f32).chain((0..half).map(move |i| angle(p, i).cos() as f32))
        })
        .collect()
}
