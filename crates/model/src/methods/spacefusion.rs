//! SpaceFusion (Gao et al. 2019) on the T-CVAE, as Sato et al. 2021 compare with it: utterance and response are points
//! of one space, drawn together and apart, and the response is decoded from both points and from one between them.

use burn::tensor::Tensor;
use serde::{Deserialize, Serialize};

use super::{LossParts, LossSettings, Method, Passes};
use crate::{
    batch::Batch,
    config::LatentKind,
    losses::{
        fusion::{Distances, fusion},
        reconstruction::{Reconstruction, reconstruct},
    },
    pass::Pass,
    random::Noise,
    tcvae::{Latents, Tcvae},
};

/// `kind = "spacefusion"`. It has no KL term.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Spacefusion {
    /// σ of the noise on both points, in training and generation. Gao et al. and the authors: 0.1.
    pub deviation: f32,
    /// α, the weight of decoding from the point between. Both: 1.
    pub mixed_weight: f32,
    /// β_f, the weight of the fusion loss. Both: 30.
    pub fusion_weight: f32,
    /// Distances beyond this count as this. Both: 0.3.
    pub maximum_distance: f32,
    /// Whether the attraction too is cut there, which leaves points further apart than that without a pull: the authors'
    /// code and Gao et al.'s paper.
    ///
    /// Deviation: Gao et al.'s code does not cut it, but takes points without noise and one root mean square over the
    /// whole batch; without the cut, ours still is each pair's distance of the noisy points.
    pub clip_attraction: bool,
}

impl Method for Spacefusion {
    /// One perturbs the utterance's point, one the response's.
    fn n_latents(&self) -> usize {
        2
    }

    fn latent(&self) -> LatentKind {
        LatentKind::Point { deviation: self.deviation }
    }

    fn validate(&self) -> Result<(), String> {
        let weights = [(self.mixed_weight, "method.mixed_weight"), (self.fusion_weight, "method.fusion_weight")];
        if let Some((_, field)) = weights.iter().find(|(weight, _)| !(*weight >= 0.0 && weight.is_finite())) {
            return Err(format!("`{field}` is 0 or more"));
        }
        let sizes = [(self.deviation, "method.deviation"), (self.maximum_distance, "method.maximum_distance")];
        match sizes.iter().find(|(size, _)| !(*size > 0.0 && size.is_finite())) {
            Some((_, field)) => Err(format!("`{field}` is above 0")),
            None => Ok(()),
        }
    }

    fn passes(&self) -> Passes {
        Passes { decoder: 3, output: 3, scoring: 0 }
    }

    /// ℓ(z_x) + ℓ(z_y) + α ℓ(z_i) + β_f · fusion, where the ℓ are divided by the micro-batch's mean target length, z_i =
    /// u z_x + (1 − u) z_y, and the decoder runs three times, each with its own dropout.
    fn loss(&self, model: &Tcvae, batch: &Batch, noise: Noise, settings: LossSettings, pass: &mut Pass) -> LossParts {
        let Latents { source, prior, posterior, .. } = model.latents(batch, pass);
        let n_sentences = batch.n_sentences();
        let tokens_per_sentence = batch.n_target_tokens() as f64 / n_sentences as f64;
        let (of_context, of_response) = (prior.sample(noise.latent(0)), posterior.sample(noise.latent(1)));
        let share = noise.uniform.reshape([n_sentences, 1]);
        let mixed = of_context.clone() * share.clone() + of_response.clone() * share.neg().add_scalar(1.0);
        let mut decode = |z: &Tensor<2>| -> Reconstruction {
            let projected = model.projected(batch, &source, pass);
            reconstruct(model, projected, z.clone(), batch)
        };
        let [from_context, from_response, from_mixed] = [&of_context, &of_response, &mixed].map(&mut decode);
        let smoothed = |part: &Reconstruction| part.smoothed_nats(settings.smoothing).div_scalar(tokens_per_sentence);
        let distances = Distances { maximum: self.maximum_distance, clip_attraction: self.clip_attraction };
        let fusion = fusion(of_context, of_response, distances);
        let objective = smoothed(&from_context)
            + smoothed(&from_response)
            + smoothed(&from_mixed).mul_scalar(self.mixed_weight)
            + fusion.clone().mul_scalar(self.fusion_weight);
        LossParts {
            objective,
            nll_nats: from_response.nll_nats,
            kl_nats: None,
            scores: None,
            winner: None,
            extra: vec![
                ("nll_prior_nats", from_context.nll_nats),
                ("nll_mixed_nats", from_mixed.nll_nats),
                ("fusion", fusion),
            ],
        }
    }
}
