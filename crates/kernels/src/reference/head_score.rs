//! Twin of `shaders/head_score.wgsl`.

/// What the logits of a row are made of.
#[derive(Clone, Copy, Debug)]
pub struct HeadRow<'a> {
    /// The state's half of the combination, D values.
    pub state: &'a [f32],
    /// The latent's half, D values.
    pub latent: &'a [f32],
    /// Of LeakyReLU.
    pub slope: f32,
}

impl HeadRow<'_> {
    /// x · v.
    pub fn dot(&self, v: &[f32]) -> f32 {
        let sums = self.state.iter().zip(self.latent).map(|(a, b)| a + b);
        sums.zip(v).map(|(sum, v)| if sum >= 0.0 { sum } else { sum * self.slope } * v).sum()
    }
}

/// The maximal logit m of a row and Σ_v exp(x · E_v − m) over a split of the vocabulary, `embedding`: `[n, D]`.
pub fn head_score(row: HeadRow<'_>, embedding: &[f32]) -> [f32; 2] {
    let logits: Vec<f32> = embedding.chunks(row.state.len()).map(|e| row.dot(e)).collect();
    let max = logits.iter().copied().fold(-3.0e38, f32::max);
    [max, logits.iter().map(|logit| (logit - max).exp()).sum()]
}
