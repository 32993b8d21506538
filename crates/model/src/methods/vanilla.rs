//! Vanilla T-CVAE: one posterior draw a sentence (Eq. 1 of the paper).

use serde::{Deserialize, Serialize};

use super::{LossParts, LossSettings, Method};
use crate::{batch::Batch, pass::Pass, random::Noise, tcvae::Tcvae};

/// `kind = "vanilla"`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Vanilla {}

impl Method for Vanilla {
    fn n_latents(&self) -> usize {
        1
    }

    fn loss(&self, model: &Tcvae, batch: &Batch, noise: Noise, settings: LossSettings, pass: &mut Pass) -> LossParts {
        let trunk = model.trunk(batch, pass);
        let z = trunk.posterior.sample(noise.latent(0));
        LossParts::of_latent(model, trunk, z, batch, settings)
    }
}
