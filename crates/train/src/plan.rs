//! What a run will need before it is started: parameters, memory and arithmetic by formula, speed by a short
//! measurement that leaves nothing behind.

use std::{sync::atomic::AtomicBool, time::Instant};

use burn::{module::Module, tensor::Device};
use repartee_corpus::{Corpus, Vocabulary};
use repartee_model::ModelConfig;
use serde::Serialize;

use crate::{
    checkpoint::{Progress, parameters},
    communicator::{Alone, Compression},
    config::RunFile,
    error::TrainError,
    learner::{BatchShape, Learner, Team},
};

/// Updates that are made before time is taken, and those that it is taken of.
const N_WARM_UP: usize = 1;
const N_TIMED: usize = 3;

const BYTES: u64 = size_of::<f32>() as u64;

/// What a run will need.
#[derive(Clone, Debug, Serialize)]
pub struct Plan {
    /// Trainable numbers.
    pub n_parameters: u64,
    /// The same by part of the model.
    pub n_parameters_by_part: Vec<(String, u64)>,
    /// Training pairs.
    pub n_pairs: u64,
    /// Updates in a pass over them.
    pub updates_per_epoch: u64,
    /// Updates of the whole run.
    pub max_updates: u64,
    /// Target tokens of an update, on average over the first epoch.
    pub target_tokens_per_update: f64,
    /// Cells of source and target in an update, pads counted.
    pub cells_per_update: f64,
    /// Parameters, their gradients and Adam's two moments.
    pub state_memory_bytes: u64,
    /// Values kept for the backward pass of the largest micro-batch, without checkpointing: an estimate from the layers'
    /// shapes.
    pub activation_memory_bytes: u64,
    /// A file of `checkpoints/last`.
    pub checkpoint_bytes: u64,
    /// Floating-point operations of an update, forward and backward, a multiply-add counted as two.
    pub flops_per_update: f64,
    /// Measured on this device.
    pub target_tokens_per_second: f64,
    /// An average update at the measured rate.
    pub seconds_per_update: f64,
    /// `flops_per_update` at the measured speed.
    pub flops_per_second: f64,
    /// The whole run at the measured speed, evaluations left out.
    pub total_seconds: f64,
}

/// Plans a run of `run` on `device` (without autodiff).
///
/// # Errors
/// An unreadable corpus, or a run file that does not fit it.
pub fn plan(run: &RunFile, corpus: &Corpus, vocabulary: &Vocabulary, device: &Device) -> Result<Plan, TrainError> {
    let mut learner = Learner::new(run, corpus, vocabulary, device, None, |_| ())?;
    let n_parameters = learner.model.num_params() as u64;
    let shapes = learner.batch_shapes();
    let updates_per_epoch = learner.updates_per_epoch();
    let per_update = |sum: f64| sum / updates_per_epoch as f64;
    let sum = |of: fn(&BatchShape) -> f64| shapes.iter().map(of).sum::<f64>();
    let flops: f64 = shapes.iter().map(|shape| flops(run, vocabulary.size(), shape)).sum();
    let activations = shapes.iter().map(|shape| activation_floats(run, shape)).fold(0.0, f64::max);
    let mut progress = Progress::default();
    let mut timings = Vec::new();
    for _ in 0..N_WARM_UP + N_TIMED {
        let started = Instant::now();
        let team = Team { communicator: &Alone, compression: Compression::None, stop: &AtomicBool::new(false) };
        let n_tokens = learner.update(&mut progress, team)?.n_tokens as f64;
        timings.push((started.elapsed().as_secs_f64(), n_tokens));
    }
    let timed = &timings[N_WARM_UP..];
    let tokens_per_second = timed.iter().map(|(_, n)| n).sum::<f64>() / timed.iter().map(|(time, _)| time).sum::<f64>();
    let target_tokens_per_update = per_update(sum(|shape| shape.n_target_tokens as f64));
    // The first few updates are of any size; the rate carries over, their time does not.
    let seconds_per_update = target_tokens_per_update / tokens_per_second;
    Ok(Plan {
        n_parameters,
        n_parameters_by_part: by_part(&learner),
        n_pairs: learner.n_pairs().0 as u64,
        updates_per_epoch,
        max_updates: run.training.max_updates,
        target_tokens_per_update,
        cells_per_update: per_update(sum(BatchShape::cells)),
        state_memory_bytes: 4 * BYTES * n_parameters,
        activation_memory_bytes: BYTES * activations as u64,
        checkpoint_bytes: 3 * BYTES * n_parameters,
        flops_per_update: per_update(flops),
        target_tokens_per_second: tokens_per_second,
        seconds_per_update,
        flops_per_second: per_update(flops) / seconds_per_update,
        total_seconds: seconds_per_update * run.training.max_updates as f64,
    })
}

/// Sums over the first component of the parameters' names.
fn by_part(learner: &Learner) -> Vec<(String, u64)> {
    let mut parts: Vec<(String, u64)> = Vec::new();
    for (name, (shape, _)) in parameters(&learner.model) {
        let part = name.split('.').next().unwrap_or(&name).to_owned();
        let size = shape.iter().product::<usize>() as u64;
        match parts.last_mut() {
            Some((last, sum)) if *last == part => *sum += size,
            _ => parts.push((part, size)),
        }
    }
    parts
}

/// Multiply-adds count as two operations, the backward pass as two forward passes. Element-wise work is left out.
fn flops(run: &RunFile, vocabulary_size: usize, shape: &BatchShape) -> f64 {
    let ModelConfig { d_model, n_layers, d_feedforward, latent_size, .. } = run.model;
    let [d, n_layers, f, z, v] = [d_model, n_layers, d_feedforward, latent_size, vocabulary_size].map(|n| n as f64);
    let [b, s, t] = [shape.n_sentences, shape.source_width, shape.target_width].map(|n| n as f64);
    let passes = run.method.method().passes();
    let attention = |n_queries: f64, n_keys: f64| 2.0 * b * n_queries * n_keys * d;
    let encoder = |n: f64| n_layers * (b * n * (4.0 * d * d + 2.0 * d * f) + attention(n, n));
    let decoder = n_layers
        * (b * t * (6.0 * d * d + 2.0 * d * f) + b * s * 2.0 * d * d + attention(t, t) + attention(t, s))
        + b * t * d * d;
    let latent = b * (2.0 * s + t) * 2.0 * d * d + b * (0.5 * d * d + d * z + 2.0 * d * z);
    let output = b * t * v * d + b * z * d;
    let bow = if run.loss.bow.is_some() { b * z * v } else { 0.0 };
    let with_gradients =
        encoder(s) + encoder(t) + latent + bow + passes.decoder as f64 * decoder + passes.output as f64 * output;
    2.0 * (3.0 * with_gradients + passes.scoring as f64 * output)
}

/// Numbers kept for the backward pass: for each layer its inputs, projections, probabilities, the feed-forward layer's
/// inside and the inputs of the norms.
fn activation_floats(run: &RunFile, shape: &BatchShape) -> f64 {
    let ModelConfig { d_model, n_heads, n_layers, d_feedforward, .. } = run.model;
    let [d, heads, n_layers, f] = [d_model, n_heads, n_layers, d_feedforward].map(|n| n as f64);
    let [b, s, t] = [shape.n_sentences, shape.source_width, shape.target_width].map(|n| n as f64);
    let passes = run.method.method().passes();
    let attention =
        |n_queries: f64, n_keys: f64| n_queries * 8.0 * d + n_keys * 2.0 * d + 3.0 * heads * n_queries * n_keys;
    let feed_forward = |n: f64| n * (3.0 * f + 6.0 * d);
    let encoder = |n: f64| n_layers * (attention(n, n) + feed_forward(n));
    let decoder = n_layers * (attention(t, t) + attention(t, s) + feed_forward(t)) + 2.0 * t * d;
    let embedded = 3.0 * (s + 2.0 * t) * d;
    let pooling = 2.0 * (2.0 * s + t) * d;
    let kept = embedded
        + pooling
        + encoder(s)
        + encoder(t)
        + passes.decoder as f64 * decoder
        + passes.output as f64 * 3.0 * t * d;
    b * kept
}
