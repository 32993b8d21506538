//! Monte Carlo sampling (Kruengkrai 2019, as Sato et al. 2021 compare with it): K posterior draws a sentence are averaged.

use std::num::NonZeroUsize;

use burn::tensor::Tensor;
use serde::{Deserialize, Serialize};

use super::{LossParts, LossSettings, Method, Passes};
use crate::{
    batch::Batch,
    losses::reconstruction::{Reconstruction, reconstruct, reconstruct_combined},
    pass::Pass,
    random::Noise,
    tcvae::Tcvae,
};

/// `kind = "monte-carlo"`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct MonteCarlo {
    /// Latents drawn a sentence, `K`. The paper: 5.
    pub k: NonZeroUsize,
    /// What is averaged over them.
    pub average: Average,
}

/// What the K draws are averaged into.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Average {
    /// z̄ = (1/K) Σ_k z_k, then one output: the authors' code (footnote 4 of the paper). z̄ has a K-th of the variance
    /// that KL and generation know of.
    Latent,
    /// The combined states, (1/K) Σ_k lrelu(W_h h + W_z z_k): Kruengkrai's averaging of decoder states.
    State,
    /// The losses, (1/K) Σ_k ℓ_k: the Monte Carlo estimate of the expected reconstruction.
    Loss,
}

impl Method for MonteCarlo {
    fn n_latents(&self) -> usize {
        self.k.get()
    }

    fn passes(&self) -> Passes {
        let output = if self.average == Average::Loss { self.k.get() } else { 1 };
        Passes { decoder: 1, output, scoring: 0 }
    }

    fn loss(&self, model: &Tcvae, batch: &Batch, noise: Noise, settings: LossSettings, pass: &mut Pass) -> LossParts {
        let trunk = model.trunk(batch, pass);
        let z: Vec<Tensor<2>> = (0..self.k.get()).map(|k| trunk.posterior.sample(noise.latent(k))).collect();
        let projected = || trunk.projected.clone();
        match self.average {
            Average::Latent => LossParts::of_latent(model, trunk, mean(z), batch, settings),
            Average::State => {
                let combined = mean(z.iter().map(|z| model.combiner.combine(projected(), z.clone())).collect());
                let reconstruction = reconstruct_combined(model, combined, batch);
                LossParts::of_reconstruction(model, &trunk, &reconstruction, &z, batch, settings)
            }
            Average::Loss => {
                let each = z.iter().map(|z| reconstruct(model, projected(), z.clone(), batch));
                let (nll, uniform) = each.map(|part| (part.nll_nats, part.uniform_nats)).unzip();
                let reconstruction = Reconstruction { nll_nats: mean(nll), uniform_nats: mean(uniform) };
                LossParts::of_reconstruction(model, &trunk, &reconstruction, &z, batch, settings)
            }
        }
    }
}

fn mean<const D: usize>(tensors: Vec<Tensor<D>>) -> Tensor<D> {
    let n = tensors.len() as f64;
    tensors.into_iter().reduce(|sum, tensor| sum + tensor).expect("K is at least 1").div_scalar(n)
}
