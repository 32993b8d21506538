//! Speculative sampling (section 3 of the paper): draw K latents from the posterior, train on the one under which the
//! response is most probable.

use std::num::NonZeroUsize;

use burn::tensor::{Int, Tensor};
use repartee_kernels::{LatentScores, Precision, lowest, scores_in_half};
use serde::{Deserialize, Serialize};

use super::{LossParts, LossSettings, Method, Passes};
use crate::{
    batch::Batch,
    losses::reconstruction::{self, reconstruct, reconstruct_scored},
    pass::Pass,
    random::Noise,
    tcvae::{Tcvae, Trunk},
};

/// `kind = "speculative"`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Speculative {
    /// Latents drawn a sentence, `K`; 1 is vanilla.
    pub k: NonZeroUsize,
    /// Choose the winner by scores in f16, where the device's shaders have it; its loss is computed in f32 all the same.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub half_scores: bool,
}

impl Method for Speculative {
    fn n_latents(&self) -> usize {
        self.k.get()
    }

    fn passes(&self) -> Passes {
        Passes { decoder: 1, output: 1, scoring: self.k.get() }
    }

    /// Deviation: the authors put all K outputs into one autograd graph and gather; we score the K latents without
    /// gradients and make one differentiable output pass for the winner. The trunk and its dropout masks are shared, so
    /// the gradient is the same and memory does not grow with K.
    fn loss(&self, model: &Tcvae, batch: &Batch, noise: Noise, settings: LossSettings, pass: &mut Pass) -> LossParts {
        let trunk = model.trunk(batch, pass);
        let is_half = self.half_scores && scores_in_half(&trunk.projected.device());
        let precision = if is_half { Precision::Half } else { Precision::Single };
        let scores = score(model, &trunk, noise.normal.clone().without_autodiff(), batch, precision);
        let winner = lowest(scores.nll_nats.clone());
        let z = trunk.posterior.sample(pick(noise.normal, winner.clone()));
        let reconstruction = if is_half {
            reconstruct(model, trunk.projected.clone(), z.clone(), batch)
        } else {
            let partition = pick(scores.log_partition, winner.clone());
            reconstruct_scored(model, trunk.projected.clone(), z.clone(), partition, batch)
        };
        let parts = LossParts::of_reconstruction(model, &trunk, &reconstruction, &[z], batch, settings);
        LossParts { scores: Some(scores.nll_nats), winner: Some(winner), ..parts }
    }
}

/// Unsmoothed NLL of each sentence under each latent and its log-partitions, without gradients.
///
/// # Shapes
/// `noise`: `[B, K, Z]`; returns `[B, K]` and `[B, K, T]`
pub fn score(model: &Tcvae, trunk: &Trunk, noise: Tensor<3>, batch: &Batch, precision: Precision) -> LatentScores {
    let z = trunk.posterior.without_autodiff().sample_many(noise.without_autodiff());
    let model = burn::module::Module::valid(model);
    reconstruction::score_in(
        &model,
        trunk.projected.clone().without_autodiff(),
        z,
        &batch.without_autodiff(),
        precision,
    )
}

/// The values of each sentence's winner: `[B, K, N]` and `[B]` to `[B, N]`.
fn pick(values: Tensor<3>, winner: Tensor<1, Int>) -> Tensor<2> {
    let [n_sentences, _, n_values] = values.dims();
    let indices = winner.reshape([n_sentences, 1, 1]).expand([n_sentences, 1, n_values]);
    values.gather(1, indices).reshape([n_sentences, n_values])
}
