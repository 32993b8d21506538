//! The parts of the evidence lower bound on a split, one sample a sentence, dropout off, and what they say about the
//! latent.

use burn::{module::Module, tensor::Tensor};
use repartee_model::{
    Batch, RandomStreams, Tcvae,
    batch::Specials,
    config::LatentKind,
    losses::{
        bow::bow_nats,
        kl::kl_nats,
        reconstruction::{nll_nats, reconstruct},
    },
    pass::Pass,
    random::noise,
    tcvae::Trunk,
};
use serde::{Deserialize, Serialize};

use crate::{
    communicator::{Alone, Communicator, Compression, share, sum_slices},
    config::RunFile,
    data::PairSet,
    diagnostics::Diagnostics,
    error::TrainError,
    metrics_log::number,
};

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
    #[serde(deserialize_with = "number")]
    pub nll_nats_per_sentence: f64,
    /// The same per token.
    #[serde(deserialize_with = "number")]
    pub nll_nats_per_token: f64,
    /// −log p(y|x,z), z ~ p: nats per sentence. How much more than under q tells what z is used for.
    #[serde(deserialize_with = "number")]
    pub nll_prior_nats_per_sentence: f64,
    /// KL(q‖p), nats per sentence; none where latents are points.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub kl_nats_per_sentence: Option<f64>,
    /// The bag-of-words loss, nats per sentence, of a model trained with one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub bow_nats_per_sentence: Option<f64>,
    /// What selects the best checkpoint: label-smoothed NLL + KL + λ BoW, with β = 1 whatever the schedule; where
    /// latents are points, the label-smoothed NLL under both points. Nats per sentence.
    ///
    /// Deviation: for SpaceFusion the authors add the fusion loss and the point between, which depend on the batch.
    #[serde(deserialize_with = "number")]
    pub loss_nats_per_sentence: f64,
    /// How the latent is used.
    pub diagnostics: Diagnostics,
}

impl Evaluation {
    /// −ELBO: NLL + KL, nats per sentence; an upper bound on −log p(y|x). None where latents are points.
    pub fn negative_elbo_nats_per_sentence(&self) -> Option<f64> {
        self.kl_nats_per_sentence.map(|kl| self.nll_nats_per_sentence + kl)
    }
}

/// What a model is evaluated on.
#[derive(Clone, Copy, Debug)]
pub struct Evaluator<'a> {
    /// The pairs.
    pub pairs: &'a PairSet,
    /// The vocabulary's special tokens.
    pub specials: Specials,
    /// The run, for batch sizes and loss parts.
    pub run: &'a RunFile,
    /// The noise's streams. It is the same every time, so that curves show the model and not the draw.
    pub streams: RandomStreams,
}

impl Evaluator<'_> {
    /// Evaluates `model`, with or without autodiff.
    ///
    /// # Errors
    /// When a pair exceeds the token budget.
    pub fn evaluate(&self, model: &Tcvae) -> Result<Evaluation, TrainError> {
        self.evaluate_on(model, &Alone)
    }

    /// Evaluates `model`, which is the same on all ranks, each its share of the batches; all get what one alone would,
    /// to the bit.
    ///
    /// # Errors
    /// When a pair exceeds the token budget, or a rank does not answer.
    pub fn evaluate_on(&self, model: &Tcvae, communicator: &dyn Communicator) -> Result<Evaluation, TrainError> {
        let model = model.valid();
        let device = model.embedding.weight.val().device();
        let batches = self.pairs.in_order(&self.run.batch)?;
        let width = N_PARTS + crate::diagnostics::width(model.config().latent_size);
        // A row for every batch, zero on all ranks but one.
        let mut rows = vec![0.0; batches.len() * width];
        for batch_idx in share(batches.len(), communicator) {
            let batch = self.pairs.batch(&batches[batch_idx], self.specials, &device);
            let row = &mut rows[batch_idx * width..(batch_idx + 1) * width];
            row.copy_from_slice(&self.of_batch(&model, &batch, batch_idx as u64));
        }
        sum_slices(communicator, &mut rows, Compression::None)?;
        let mut sums = PartSums::default();
        let mut diagnostics = crate::diagnostics::Sums::new(model.config().latent_size);
        for (indices, row) in batches.iter().zip(rows.chunks_exact(width)) {
            sums.add(&row[..N_PARTS]);
            diagnostics.add(&row[N_PARTS..], indices.len());
            sums.n_tokens += indices.iter().map(|&idx| self.pairs.pair(idx).1.len() as u64 + 1).sum::<u64>();
        }
        Ok(self.averages(&sums, diagnostics.finish(&model)))
    }

    /// Sums over a batch: those of [`PartSums`], then the diagnostics'.
    fn of_batch(&self, model: &Tcvae, batch: &Batch, batch_idx: u64) -> Vec<f32> {
        let trunk = model.trunk(batch, &mut Pass::plain());
        let [n_sentences, latent_size] = [batch.n_sentences(), model.config().latent_size];
        let device = trunk.projected.device();
        let draw =
            |name: &str| noise(&mut self.streams.stream(name, &[batch_idx]), [n_sentences, latent_size], &device);
        let z = trunk.posterior.sample(draw("evaluate"));
        let z_prior = trunk.prior.sample(draw("evaluate prior"));
        let parts = self.parts(model, &trunk, z.clone(), z_prior, batch);
        let diagnosed = crate::diagnostics::of_batch(&trunk, z);
        Tensor::cat(vec![parts, diagnosed], 0).into_data().try_into_vec().expect("losses are f32")
    }

    /// Sums over the batch, in the order of [`PartSums`].
    fn parts(&self, model: &Tcvae, trunk: &Trunk, z: Tensor<2>, z_prior: Tensor<2>, batch: &Batch) -> Tensor<1> {
        let smoothing = self.run.loss.label_smoothing;
        let posterior = reconstruct(model, trunk.projected.clone(), z.clone(), batch);
        let bow = match self.run.loss.bow {
            Some(bow) => bow_nats(model, trunk.context.clone(), z, batch, bow.form),
            None => posterior.nll_nats.zeros_like(),
        };
        let (nll_prior, smoothed) = match model.heads().latent {
            LatentKind::Gaussian => {
                let nll_prior = nll_nats(model, trunk.projected.clone(), z_prior, batch);
                (nll_prior, posterior.smoothed_nats(smoothing))
            }
            LatentKind::Point { .. } => {
                let prior = reconstruct(model, trunk.projected.clone(), z_prior, batch);
                let both = posterior.smoothed_nats(smoothing) + prior.smoothed_nats(smoothing);
                (prior.nll_nats, both)
            }
        };
        let kl = kl_nats(&trunk.posterior, &trunk.prior);
        let parts = [posterior.nll_nats, nll_prior, kl, bow, smoothed];
        Tensor::cat(parts.map(Tensor::sum).to_vec(), 0)
    }

    fn averages(&self, sums: &PartSums, diagnostics: Diagnostics) -> Evaluation {
        let n_sentences = self.pairs.len() as f64;
        let [nll, nll_prior, kl, bow, smoothed] = sums.parts.map(|sum| sum / n_sentences);
        let has_kl = self.run.method.method().latent() == LatentKind::Gaussian;
        let bow_weight = self.run.loss.bow.map_or(0.0, |bow| f64::from(bow.weight));
        Evaluation {
            n_sentences: self.pairs.len() as u64,
            n_tokens: sums.n_tokens,
            nll_nats_per_sentence: nll,
            nll_nats_per_token: sums.parts[0] / sums.n_tokens as f64,
            nll_prior_nats_per_sentence: nll_prior,
            kl_nats_per_sentence: has_kl.then_some(kl),
            bow_nats_per_sentence: self.run.loss.bow.map(|_| bow),
            loss_nats_per_sentence: smoothed + if has_kl { kl } else { 0.0 } + bow_weight * bow,
            diagnostics,
        }
    }
}

const N_PARTS: usize = 5;

/// Sums over sentences: NLL under q, NLL under p, KL, BoW, label-smoothed NLL.
#[derive(Default)]
struct PartSums {
    parts: [f64; N_PARTS],
    n_tokens: u64,
}

impl PartSums {
    fn add(&mut self, read: &[f32]) {
        for (sum, &part) in self.parts.iter_mut().zip(read) {
            *sum += f64::from(part);
        }
    }
}
