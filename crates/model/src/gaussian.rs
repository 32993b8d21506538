//! Diagonal Gaussians over the latent variable.

use burn::tensor::{Int, Tensor};

/// A diagonal Gaussian over the latent.
#[derive(Clone, Debug)]
pub struct Gaussian {
    /// μ, `[B, Z]`.
    pub mean: Tensor<2>,
    /// ln σ², `[B, Z]`.
    pub log_variance: Tensor<2>,
}

impl Gaussian {
    /// z = μ + σ ⊙ ε, differentiable in μ and σ (Kingma & Welling 2014).
    ///
    /// # Shapes
    /// `noise` ε: `[B, Z]`; returns `[B, Z]`
    pub fn sample(&self, noise: Tensor<2>) -> Tensor<2> {
        self.mean.clone() + self.log_variance.clone().mul_scalar(0.5).exp() * noise
    }

    /// Many draws of each: z_k = μ + σ ⊙ ε_k.
    ///
    /// # Shapes
    /// `noise` ε: `[B, K, Z]`; returns `[B, K, Z]`
    pub fn sample_many(&self, noise: Tensor<3>) -> Tensor<3> {
        let deviation = self.log_variance.clone().mul_scalar(0.5).exp();
        self.mean.clone().unsqueeze_dim::<3>(1) + deviation.unsqueeze_dim::<3>(1) * noise
    }

    /// The rows `indices`, in that order and as often as they occur.
    pub fn select(&self, indices: &Tensor<1, Int>) -> Self {
        Self {
            mean: self.mean.clone().select(0, indices.clone()),
            log_variance: self.log_variance.clone().select(0, indices.clone()),
        }
    }

    /// The same distribution without gradients.
    pub fn without_autodiff(&self) -> Self {
        Self { mean: self.mean.clone().without_autodiff(), log_variance: self.log_variance.clone().without_autodiff() }
    }
}
