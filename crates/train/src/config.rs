//! The run file: everything that decides a training run, in TOML. Unknown keys are refused.

use std::path::Path;

use repartee_model::{
    ModelConfig,
    methods::MethodConfig,
    schedules::{InverseSquareRoot, KlSchedule},
};
use serde::{Deserialize, Serialize};

use crate::error::TrainError;

/// A whole training run. The TOML names are a file format.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RunFile {
    /// Every random number of the run derives from it.
    pub seed: u64,
    /// Sizes of the model.
    pub model: ModelConfig,
    /// How latents are drawn in training.
    pub method: MethodConfig,
    /// Weights of the loss parts.
    pub loss: LossConfig,
    /// Adam.
    pub optimizer: OptimizerConfig,
    /// Learning rate over training.
    pub learning_rate: InverseSquareRoot,
    /// How pairs are put together.
    pub batch: BatchConfig,
    /// Length of training and intervals.
    pub training: TrainingConfig,
}

/// `[loss]`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LossConfig {
    /// ε of label smoothing. The paper: 0.1.
    pub label_smoothing: f32,
    /// β over training.
    pub kl: KlSchedule,
}

/// `[optimizer]`: Adam with decoupled weight decay.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct OptimizerConfig {
    /// β₁. The paper: 0.9.
    pub beta_1: f32,
    /// β₂. The paper: 0.98.
    pub beta_2: f32,
    /// ε. The authors' code: 1e-8.
    pub epsilon: f32,
    /// Decoupled weight decay. The authors' code: 1e-4.
    pub weight_decay: f64,
    /// Largest global norm of the gradient; longer ones are scaled down. The authors' code: 25.
    pub clip_norm: f64,
}

/// `[batch]`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct BatchConfig {
    /// Tokens of a micro-batch: sentences times the longer side, pads counted. The authors: 3,360.
    pub tokens: usize,
    /// Micro-batches whose gradients make one update. The authors: 2 on each of 4 GPUs.
    pub micro_batches: usize,
    /// Longest side, `</s>` included; longer pairs are left out and counted.
    pub max_length: usize,
}

/// `[training]`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TrainingConfig {
    /// Updates to make. The paper: 250,000.
    pub max_updates: u64,
    /// Updates between evaluations on dev, each of which saves a checkpoint.
    pub evaluate_every: u64,
    /// Updates between lines of the metrics log.
    pub log_every: u64,
}

impl RunFile {
    /// Reads a run file.
    ///
    /// # Errors
    /// Unreadable, not TOML, an unknown or missing key, a value out of range: with file, line and field.
    pub fn read(path: &Path) -> Result<Self, TrainError> {
        let text =
            std::fs::read_to_string(path).map_err(|source| TrainError::Read { path: path.to_owned(), source })?;
        Self::parse(&text, path)
    }

    /// Parses a run file's text; `path` names it in errors.
    ///
    /// # Errors
    /// As [`RunFile::read`].
    pub fn parse(text: &str, path: &Path) -> Result<Self, TrainError> {
        let run: Self = toml::from_str(text).map_err(|error| {
            let start = error.span().map_or(0, |span| span.start);
            let line = text[..start.min(text.len())].matches('\n').count() + 1;
            let message = error.message().lines().collect::<Vec<_>>().join(" ");
            TrainError::RunFile { path: path.to_owned(), line, message }
        })?;
        run.validate(path)?;
        Ok(run)
    }

    /// Checks what the types cannot.
    ///
    /// # Errors
    /// The first value out of range.
    pub fn validate(&self, path: &Path) -> Result<(), TrainError> {
        self.model.validate().map_err(|source| TrainError::Model { path: path.to_owned(), source })?;
        let OptimizerConfig { beta_1, beta_2, epsilon, weight_decay, clip_norm } = self.optimizer;
        let KlSchedule::Constant { weight } = self.loss.kl;
        let checks = [
            (
                (0.0..1.0).contains(&self.loss.label_smoothing),
                "`loss.label_smoothing` lies from 0 up to, not including, 1",
            ),
            (weight >= 0.0 && weight.is_finite(), "`loss.kl.weight` is 0 or more"),
            ((0.0..1.0).contains(&beta_1), "`optimizer.beta_1` lies from 0 up to, not including, 1"),
            ((0.0..1.0).contains(&beta_2), "`optimizer.beta_2` lies from 0 up to, not including, 1"),
            (epsilon > 0.0, "`optimizer.epsilon` is above 0"),
            ((0.0..1.0).contains(&weight_decay), "`optimizer.weight_decay` lies from 0 up to, not including, 1"),
            (clip_norm > 0.0, "`optimizer.clip_norm` is above 0"),
            (self.learning_rate.peak > 0.0 && self.learning_rate.peak.is_finite(), "`learning_rate.peak` is above 0"),
            (self.learning_rate.start >= 0.0, "`learning_rate.start` is 0 or more"),
            (self.learning_rate.minimum >= 0.0, "`learning_rate.minimum` is 0 or more"),
            (self.batch.tokens > 0, "`batch.tokens` is at least 1"),
            (self.batch.micro_batches > 0, "`batch.micro_batches` is at least 1"),
            (self.batch.max_length > 1, "`batch.max_length` is at least 2"),
            (self.training.max_updates > 0, "`training.max_updates` is at least 1"),
            (self.training.evaluate_every > 0, "`training.evaluate_every` is at least 1"),
            (self.training.log_every > 0, "`training.log_every` is at least 1"),
        ];
        match checks.iter().find(|(holds, _)| !holds) {
            Some((_, rule)) => {
                Err(TrainError::RunValue { path: path.to_owned(), message: format!("{rule}; correct it") })
            }
            None => Ok(()),
        }
    }

    /// The run file's text.
    pub fn to_toml(&self) -> String {
        toml::to_string(self).expect("a run file has only tables and plain values")
    }
}
