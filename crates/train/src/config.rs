//! The run file: everything that decides a training run, in TOML. Unknown keys are refused.

use std::path::Path;

use repartee_model::{
    Architecture, Heads, ModelConfig,
    config::LatentKind,
    losses::bow::BowConfig,
    methods::{LossSettings, MethodConfig},
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
    /// How it starts.
    #[serde(default)]
    pub initial: InitialConfig,
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
    /// How the paper decodes with the trained model.
    #[serde(default)]
    pub decoding: DecodingConfig,
}

/// `[initial]`.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct InitialConfig {
    /// Where the embedding starts.
    pub embedding: InitialEmbedding,
}

/// Where the embedding starts.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum InitialEmbedding {
    /// N(0, 1/D).
    #[default]
    Random,
    /// The corpus folder's word2vec vectors (`repartee vocab embed`); pieces without one start random. The paper.
    Word2vec,
}

/// `[decoding]`: recorded with the run, so that its replies are made as it was meant.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DecodingConfig {
    /// Beams. The paper: 5.
    pub beam_size: usize,
    /// α of score = Σ log p / length^α. The authors' code: 1.2.
    pub length_penalty: f64,
    /// Replies are cut after this many tokens. The authors' code: 200.
    pub max_length: usize,
}

impl Default for DecodingConfig {
    fn default() -> Self {
        Self { beam_size: 5, length_penalty: 1.2, max_length: 200 }
    }
}

/// `[loss]`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LossConfig {
    /// ε of label smoothing. The paper: 0.1.
    pub label_smoothing: f32,
    /// β over training.
    pub kl: KlSchedule,
    /// λ of free bits, in nats: each dimension of the latent whose KL is below it costs λ instead. 0 is none, as in the
    /// paper.
    #[serde(default)]
    pub free_nats_per_dimension: f32,
    /// The bag-of-words loss, if there is one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub bow: Option<BowConfig>,
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
    /// How many of the last updates lower the learning rate linearly towards 0, on top of its schedule. 0, the default
    /// and the paper's, is none. Since it counts from `max_updates`, a run continued to another end cools down there.
    #[serde(default)]
    pub cooldown_updates: u64,
    /// Whether the backward pass computes each layer again instead of keeping what is inside it: much less memory, about
    /// a third more time, the same gradients.
    #[serde(default)]
    pub gradient_checkpointing: bool,
}

impl TrainingConfig {
    /// What the schedule's learning rate is multiplied by after `n_updates` completed ones:
    /// min(1, (`max_updates` − n) / `cooldown_updates`).
    pub fn cooldown(&self, n_updates: u64) -> f64 {
        let left = self.max_updates.saturating_sub(n_updates);
        if left < self.cooldown_updates { left as f64 / self.cooldown_updates as f64 } else { 1.0 }
    }
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
        let run: Self = toml::from_str(text).map_err(|error| wrong_line(text, path, &error))?;
        run.validate(path)?;
        Ok(run)
    }

    /// A run file put together from layers; `text` and `path` are the uppermost one's, which errors name.
    ///
    /// # Errors
    /// As [`RunFile::read`].
    pub fn from_table(table: toml::Table, text: &str, path: &Path) -> Result<Self, TrainError> {
        let run: Self = table.try_into().map_err(|error: toml::de::Error| {
            // The layers have no common lines; the key in the message may stand in the uppermost one.
            // With the path of the key, which the message alone lacks.
            let message = error.to_string().lines().map(str::trim).collect::<Vec<_>>().join(" ");
            let message = message.trim().to_owned();
            let key = message.split('`').nth(1).unwrap_or_default();
            let line =
                text.lines().position(|line| !key.is_empty() && line.split(['=', ' ', '{']).any(|word| word == key));
            match line {
                Some(line) => TrainError::RunFile { path: path.to_owned(), line: line + 1, message },
                None => {
                    TrainError::RunValue { path: path.to_owned(), message: format!("{message}; correct the run file") }
                }
            }
        })?;
        run.validate(path)?;
        Ok(run)
    }

    /// Checks what the types cannot.
    ///
    /// # Errors
    /// The first value out of range, or the first two that do not go together.
    pub fn validate(&self, path: &Path) -> Result<(), TrainError> {
        self.model.validate().map_err(|source| TrainError::Model { path: path.to_owned(), source })?;
        let wrong = |message: String| TrainError::RunValue { path: path.to_owned(), message };
        self.method.method().validate().map_err(|rule| wrong(format!("{rule}; correct it")))?;
        self.loss.kl.validate().map_err(|rule| wrong(format!("{rule}; correct it")))?;
        if let Some((_, rule)) = self.rules().into_iter().find(|(holds, _)| !holds) {
            return Err(wrong(format!("{rule}; correct it")));
        }
        self.combination().map_err(|reason| wrong(reason.to_owned()))
    }

    fn rules(&self) -> Vec<(bool, &'static str)> {
        let OptimizerConfig { beta_1, beta_2, epsilon, weight_decay, clip_norm } = self.optimizer;
        let free_nats = self.loss.free_nats_per_dimension;
        let bow_weight = self.loss.bow.map_or(0.0, |bow| bow.weight);
        vec![
            (
                (0.0..1.0).contains(&self.loss.label_smoothing),
                "`loss.label_smoothing` lies from 0 up to, not including, 1",
            ),
            (free_nats >= 0.0 && free_nats.is_finite(), "`loss.free_nats_per_dimension` is 0 or more"),
            (bow_weight >= 0.0 && bow_weight.is_finite(), "`loss.bow.weight` is 0 or more"),
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
            (self.decoding.beam_size > 0, "`decoding.beam_size` is at least 1"),
            (self.decoding.length_penalty.is_finite(), "`decoding.length_penalty` is a number"),
            (self.decoding.max_length > 0, "`decoding.max_length` is at least 1"),
        ]
    }

    /// Refuses what makes no sense together.
    fn combination(&self) -> Result<(), &'static str> {
        let loss = &self.loss;
        let has_kl = loss.kl != KlSchedule::None {};
        match self.method.method().latent() {
            LatentKind::Gaussian if !has_kl => {
                Err("this method has a KL term, so `loss.kl.kind` cannot be `none`; use \
                                                    `constant` with the weight that you mean")
            }
            LatentKind::Point { .. } if has_kl => Err("points have no KL term to weight or anneal; set `loss.kl` to \
                                                       `{ kind = \"none\" }` or choose another `method.kind`"),
            LatentKind::Point { .. } if loss.free_nats_per_dimension > 0.0 => Err(
                "points have no KL term to free; remove `loss.free_nats_per_dimension` or choose another `method.kind`",
            ),
            LatentKind::Point { .. } if loss.bow.is_some() => Err("the bag-of-words loss keeps a posterior from \
                                                                   vanishing and points have none; remove `loss.bow` or \
                                                                   choose another `method.kind`"),
            _ => Ok(()),
        }
    }

    /// The model that the run file describes, over a vocabulary of `vocabulary_size` pieces with this `<pad>`.
    pub fn architecture(&self, vocabulary_size: usize, pad: u32) -> Architecture {
        let heads = Heads { latent: self.method.method().latent(), bow: self.loss.bow.map(|bow| bow.form.head()) };
        Architecture { config: self.model.clone(), heads, vocabulary_size, pad }
    }

    /// The settings of the loss after `n_updates` updates.
    pub fn loss_settings(&self, n_updates: u64, updates_per_epoch: u64) -> LossSettings {
        LossSettings {
            kl_weight: self.loss.kl.weight(n_updates, updates_per_epoch),
            free_nats: self.loss.free_nats_per_dimension,
            smoothing: self.loss.label_smoothing,
            bow: self.loss.bow,
        }
    }

    /// The run file's text.
    pub fn to_toml(&self) -> String {
        toml::to_string(self).expect("a run file has only tables and plain values")
    }
}

/// An error of TOML with its line.
pub fn wrong_line(text: &str, path: &Path, error: &toml::de::Error) -> TrainError {
    let start = error.span().map_or(0, |span| span.start);
    let line = text[..start.min(text.len())].matches('\n').count() + 1;
    TrainError::RunFile { path: path.to_owned(), line, message: one_line(error) }
}

fn one_line(error: &toml::de::Error) -> String {
    error.message().lines().collect::<Vec<_>>().join(" ")
}
