//! The KL divergence of two diagonal Gaussians.

use burn::tensor::Tensor;

use crate::gaussian::Gaussian;

/// KL(q‖p) = ½ Σ_z [ln σ²p − ln σ²q + (σ²q + (μq − μp)²)/σ²p − 1], in nats per sentence (Kingma & Welling 2014, App. B,
/// is the case p = N(0, I)).
///
/// Deviation: the authors divide by exp(ln σ²p); we multiply by exp(−ln σ²p), which cannot divide by zero.
///
/// # Shapes
/// both `[B, Z]`; returns `[B]`
pub fn kl_nats(q: &Gaussian, p: &Gaussian) -> Tensor<1> {
    let [batch, _] = q.mean.dims();
    let log_ratio = p.log_variance.clone() - q.log_variance.clone(); // [B, Z]
    let shift = (q.mean.clone() - p.mean.clone()).square(); // [B, Z]
    let scaled = (q.log_variance.clone().exp() + shift) * p.log_variance.clone().neg().exp();
    (log_ratio + scaled - 1.0).sum_dim(1).reshape([batch]).mul_scalar(0.5) // [B]
}
