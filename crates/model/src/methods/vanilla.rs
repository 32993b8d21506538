//! Vanilla T-CVAE: one posterior draw a sentence (Eq. 1 of the paper).

use burn::tensor::Tensor;
use serde::{Deserialize, Serialize};

use super::{LossParts, LossWeights, Method};
use crate::{batch::Batch, random::Dropout, tcvae::Tcvae};

/// `kind = "vanilla"`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Vanilla {}

impl Method for Vanilla {
    fn n_latents(&self) -> usize {
        1
    }

    fn loss(
        &self,
        model: &Tcvae,
        batch: &Batch,
        noise: Tensor<3>,
        weights: LossWeights,
        dropout: &mut Dropout,
    ) -> LossParts {
        let [n_sentences, _, latent_size] = noise.dims();
        let trunk = model.trunk(batch, dropout);
        let z = trunk.posterior.sample(noise.reshape([n_sentences, latent_size]));
        LossParts::of_latent(model, trunk, z, batch, weights)
    }
}
