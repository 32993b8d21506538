//! A whole training step with different numbers of latents: loss, gradients and Adam.

use repartee_model::{
    Architecture, Batch, Heads, ModelConfig, Noise, Pass, RandomStreams, Tcvae,
    batch::Specials,
    methods::{LossSettings, MethodConfig, speculative::Speculative, vanilla::Vanilla},
};
use repartee_train::{
    adam::{Adam, squared_norms},
    config::OptimizerConfig,
};
use serde::Serialize;

use super::{Contestant, Timing, interleaved};
use crate::{ComputeDevice, EngineError};

/// Sizes of the model and the batch.
#[derive(Clone, Debug, Serialize)]
pub struct StepBench {
    /// B.
    pub n_sentences: usize,
    /// Tokens of an utterance and of a reply, `</s>` included.
    pub length: usize,
    /// D, and the latent's size.
    pub d_model: usize,
    /// Attention heads.
    pub n_heads: usize,
    /// Layers of the encoder and of the decoder.
    pub n_layers: usize,
    /// Width of the feed-forward layers.
    pub d_feedforward: usize,
    /// V.
    pub vocabulary: usize,
    /// K of each contestant; 1 is vanilla.
    pub n_latents: Vec<usize>,
    /// Timed runs of each.
    pub n_runs: usize,
}

/// What was measured for one K.
#[derive(Clone, Debug, Serialize)]
pub struct StepReport {
    /// K.
    pub n_latents: usize,
    /// The step.
    pub step: Timing,
    /// Its time against that of the first K, median of the pairs.
    pub ratio: f64,
    /// Loss of the last step, nats per sentence.
    pub loss_nats_per_sentence: f64,
}

const SPECIALS: Specials = Specials { pad: 1, eos: 2 };

struct Trainee {
    model: Tcvae,
    adam: Adam,
    method: MethodConfig,
    loss: f64,
    n_steps: u64,
}

/// Measures; a report for each K.
///
/// # Errors
/// When the sizes contradict each other.
pub fn bench_step(bench: &StepBench, device: &ComputeDevice) -> Result<Vec<StepReport>, EngineError> {
    let autodiff = device.device.clone().autodiff();
    let config = ModelConfig {
        d_model: bench.d_model,
        n_heads: bench.n_heads,
        n_layers: bench.n_layers,
        d_feedforward: bench.d_feedforward,
        latent_size: bench.d_model,
        dropout: 0.1,
        attention_dropout: 0.1,
        activation_dropout: 0.1,
        share_decoder: true,
        log_variance_limit: 20.0,
    };
    let architecture =
        Architecture { config, heads: Heads::GAUSSIAN, vocabulary_size: bench.vocabulary, pad: SPECIALS.pad };
    let row = |salt: usize, i: usize| -> Vec<u32> {
        let token = |t: usize| 4 + ((i * 31 + t * 17 + salt) % (bench.vocabulary - 4)) as u32;
        (0..bench.length - 1).map(token).collect()
    };
    let rows = |salt: usize| (0..bench.n_sentences).map(|i| row(salt, i)).collect::<Vec<_>>();
    let batch = Batch::new(&rows(0), &rows(7), SPECIALS, &autodiff);
    let mut trainees = Vec::new();
    for &k in &bench.n_latents {
        let model = Tcvae::new(&architecture, RandomStreams::new(0), &autodiff)
            .map_err(|source| EngineError::BenchSizes { source })?;
        let method = match std::num::NonZeroUsize::new(k) {
            Some(k) if k.get() > 1 => MethodConfig::Speculative(Speculative { k, half_scores: false }),
            _ => MethodConfig::Vanilla(Vanilla {}),
        };
        trainees.push(Trainee { model, adam: Adam::new(&OPTIMIZER), method, loss: 0.0, n_steps: 0 });
    }
    let contestants = trainees
        .iter_mut()
        .zip(&bench.n_latents)
        .map(|(trainee, k)| Contestant::new(format!("K = {k}"), || trainee.step(&batch, bench, &autodiff)));
    let timings = interleaved(&device.device, contestants.collect(), bench.n_runs);
    let first = timings.first().cloned();
    let reports = timings.into_iter().zip(&trainees).zip(&bench.n_latents);
    Ok(reports
        .map(|((step, trainee), &n_latents)| StepReport {
            n_latents,
            ratio: first.as_ref().map_or(f64::NAN, |first| step.ratio(first)),
            step,
            loss_nats_per_sentence: trainee.loss,
        })
        .collect())
}

/// The paper's.
const OPTIMIZER: OptimizerConfig =
    OptimizerConfig { beta_1: 0.9, beta_2: 0.98, epsilon: 1e-8, weight_decay: 1e-4, clip_norm: 25.0 };

impl Trainee {
    /// One update, as training makes it.
    fn step(&mut self, batch: &Batch, bench: &StepBench, device: &burn::tensor::Device) {
        let method = self.method.method();
        let streams = RandomStreams::new(1);
        let shape = [bench.n_sentences, method.n_latents(), bench.d_model];
        let noise = Noise::draw(&mut streams.stream("latent", &[self.n_steps]), shape, device);
        let settings = LossSettings { kl_weight: 1.0, free_nats: 0.0, smoothing: 0.1, bow: None };
        let mut pass = Pass::new(streams.dropout(&[self.n_steps]));
        let parts = method.loss(&self.model, batch, noise, settings, &mut pass);
        let objective = parts.objective.sum().div_scalar(bench.n_sentences as f64);
        let loss = objective.clone();
        let gradients = pass.backward(objective, &self.model);
        let norms: f32 = squared_norms(&self.model, &gradients).sum().into_scalar();
        let model = self.model.clone();
        self.model = self.adam.step(model, gradients, 1e-4, f64::from(norms).sqrt());
        self.loss = f64::from(loss.into_scalar::<f32>());
        self.n_steps += 1;
    }
}
