//! The KL divergence of two diagonal Gaussians.

use burn::tensor::Tensor;

use crate::gaussian::Gaussian;

/// KL(q‖p) = ½ Σ_z [ln σ²p − ln σ²q + (σ²q + (μq − μp)²)/σ²p − 1], in nats per sentence (Kingma & Welling 2014, App. B,
/// is the case p = N(0, I)).
///
/// # Shapes
/// both `[B, Z]`; returns `[B]`
pub fn kl_nats(q: &Gaussian, p: &Gaussian) -> Tensor<1> {
    let [n_sentences, _] = q.mean.dims();
    kl_nats_per_dimension(q, p).sum_dim(1).reshape([n_sentences])
}

/// The terms of [`kl_nats`] before summing over the latent's dimensions.
///
/// Deviation: the authors divide by exp(ln σ²p); we multiply by exp(−ln σ²p), which cannot divide by zero.
///
/// # Shapes
/// both `[B, Z]`; returns `[B, Z]`
pub fn kl_nats_per_dimension(q: &Gaussian, p: &Gaussian) -> Tensor<2> {
    let log_ratio = p.log_variance.clone() - q.log_variance.clone();
    let shift = (q.mean.clone() - p.mean.clone()).square();
    let scaled = (q.log_variance.clone().exp() + shift) * p.log_variance.clone().neg().exp();
    (log_ratio + scaled - 1.0).mul_scalar(0.5)
}

/// Σ_z max(λ, KL_z): dimensions below λ = `free_nats` cost λ and have no gradient ("free bits", Kingma et al. 2016,
/// here for each sentence and dimension). With λ = 0 it is the KL itself, each of whose terms is at least 0.
///
/// # Shapes
/// `per_dimension`: `[B, Z]` from [`kl_nats_per_dimension`]; returns `[B]`
pub fn with_free_nats(per_dimension: Tensor<2>, free_nats: f32) -> Tensor<1> {
    let [n_sentences, _] = per_dimension.dims();
    // Rounding can leave a term a hair below 0; clamping there would change the plain KL's gradient.
    let kept = if free_nats > 0.0 { per_dimension.clamp_min(free_nats) } else { per_dimension };
    kept.sum_dim(1).reshape([n_sentences])
}
