//! The parts of the evidence lower bound on a split, one posterior sample a sentence, dropout off.

use burn::{
    module::Module,
    tensor::{Device, Tensor},
};
use repartee_model::{
    RandomStreams, Tcvae,
    batch::Specials,
    losses::{kl::kl_nats, reconstruction::reconstruct},
    random::{Dropout, noise},
};
use serde::{Deserialize, Serialize};

use crate::{config::BatchConfig, data::PairSet, error::TrainError};

/// Averages over the sentences of a split, whatever method the model was trained with.
///
/// Deviation: the authors average batch means; we weight every sentence equally.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Evaluation {
    /// Sentences evaluated.
    pub n_sentences: u64,
    /// Target tokens, `</s>` included.
    pub n_tokens: u64,
    /// −log p(y|x,z), z ~ q: nats per sentence.
    pub nll_nats_per_sentence: f64,
    /// The same per token.
    pub nll_nats_per_token: f64,
    /// KL(q‖p), nats per sentence.
    pub kl_nats_per_sentence: f64,
    /// Label-smoothed NLL + KL, nats per sentence: what selects the best checkpoint.
    pub loss_nats_per_sentence: f64,
}

impl Evaluation {
    /// −ELBO: NLL + KL, nats per sentence; an upper bound on −log p(y|x).
    pub fn negative_elbo_nats_per_sentence(&self) -> f64 {
        self.nll_nats_per_sentence + self.kl_nats_per_sentence
    }
}

/// Evaluates `model` on `pairs`. The noise is the same every time, so that curves show the model and not the draw.
///
/// # Errors
/// When a pair exceeds the token budget.
pub fn evaluate(
    model: &Tcvae,
    pairs: &PairSet,
    specials: Specials,
    config: &BatchConfig,
    smoothing: f32,
    streams: RandomStreams,
    device: &Device,
) -> Result<Evaluation, TrainError> {
    let model = model.valid();
    let device = device.clone().without_autodiff();
    let latent_size = model.config().latent_size;
    let mut sums = [0f64; 3];
    let mut n_tokens = 0;
    for (batch_idx, indices) in (0..).zip(pairs.in_order(config)?) {
        let batch = pairs.batch(&indices, specials, &device);
        let trunk = model.trunk(&batch, &mut Dropout::off());
        let shape = [indices.len(), latent_size];
        let z = trunk.posterior.sample(noise(&mut streams.stream("evaluate", &[batch_idx]), shape, &device));
        let reconstruction = reconstruct(&model, trunk.projected, z, &batch);
        let smoothed = reconstruction.smoothed_nats(smoothing).sum();
        let parts = [reconstruction.nll_nats.sum(), kl_nats(&trunk.posterior, &trunk.prior).sum(), smoothed];
        let read = Tensor::cat(parts.to_vec(), 0).into_data();
        for (sum, part) in sums.iter_mut().zip(read.iter::<f32>()) {
            *sum += f64::from(part);
        }
        n_tokens += batch.n_target_tokens() as u64;
    }
    let n_sentences = pairs.len() as f64;
    let [nll, kl, smoothed] = sums;
    Ok(Evaluation {
        n_sentences: pairs.len() as u64,
        n_tokens,
        nll_nats_per_sentence: nll / n_sentences,
        nll_nats_per_token: nll / n_tokens as f64,
        kl_nats_per_sentence: kl / n_sentences,
        loss_nats_per_sentence: (smoothed + kl) / n_sentences,
    })
}
