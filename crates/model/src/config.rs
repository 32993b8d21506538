//! The sizes and rates of a model; part of the run file's format.

use serde::{Deserialize, Serialize};

/// Sizes of a T-CVAE. The TOML names are a file format.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ModelConfig {
    /// Width of embeddings and layers, `D`.
    pub d_model: usize,
    /// Attention heads, `H`; divides `d_model`.
    pub n_heads: usize,
    /// Layers of the encoder and of the decoder.
    pub n_layers: usize,
    /// Width of the feed-forward layers.
    pub d_feedforward: usize,
    /// Size of the latent variable, `Z`. The paper: equal to `d_model`.
    pub latent_size: usize,
    /// Dropout on embeddings and on the outputs of attention and feed-forward layers.
    pub dropout: f32,
    /// Dropout on attention probabilities.
    pub attention_dropout: f32,
    /// Dropout inside the feed-forward layers.
    pub activation_dropout: f32,
    /// Whether decoder layers reuse the encoder's attention and feed-forward weights, as the authors' code does.
    pub share_decoder: bool,
    /// ln σ² of prior and posterior is clamped to ± this.
    ///
    /// Deviation: the authors do not clamp; e^20 is far beyond any useful variance, and keeps KL finite.
    #[serde(default = "default_log_variance_limit")]
    pub log_variance_limit: f32,
}

fn default_log_variance_limit() -> f32 {
    20.0
}

/// What the latent heads give.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum LatentKind {
    /// μ and ln σ² of a diagonal Gaussian.
    Gaussian,
    /// A point alone, blurred by Gaussian noise of a fixed deviation: SpaceFusion's.
    Point {
        /// σ.
        deviation: f32,
    },
}

/// The bag-of-words head.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BowHeadKind {
    /// One linear layer from z, as the authors.
    Linear,
    /// From z and the pooled context through a hidden layer of this width with tanh (Zhao et al. 2017).
    Hidden(usize),
}

/// The parts of a model that its training method decides.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Heads {
    /// Prior and posterior.
    pub latent: LatentKind,
    /// The bag-of-words head, if there is one.
    pub bow: Option<BowHeadKind>,
}

impl Heads {
    /// Gaussian prior and posterior and nothing else: the T-CVAE.
    pub const GAUSSIAN: Self = Self { latent: LatentKind::Gaussian, bow: None };
}

/// All that decides a model's parameters.
#[derive(Clone, Debug, PartialEq)]
pub struct Architecture {
    /// Sizes and rates.
    pub config: ModelConfig,
    /// What the method adds or changes.
    pub heads: Heads,
    /// Pieces of the vocabulary, `V`.
    pub vocabulary_size: usize,
    /// The id of `<pad>`.
    pub pad: u32,
}

/// Why a [`ModelConfig`] cannot be built.
#[derive(Debug, thiserror::Error)]
pub enum ModelConfigError {
    /// A size is zero.
    #[error("`model.{field}` is 0; give at least 1")]
    Zero {
        /// The field's name.
        field: &'static str,
    },
    /// The heads do not divide the width.
    #[error("`model.d_model` = {d_model} is not a multiple of `model.n_heads` = {n_heads}; change one of them")]
    Heads {
        /// The width.
        d_model: usize,
        /// The heads.
        n_heads: usize,
    },
    /// The width is odd.
    #[error("`model.d_model` = {d_model} is odd; sinusoidal positions need an even width of at least 4")]
    OddWidth {
        /// The width.
        d_model: usize,
    },
    /// The clamp is no positive number.
    #[error("`model.log_variance_limit` = {limit} is not above 0; give a positive number such as 20")]
    LogVarianceLimit {
        /// Its value.
        limit: f32,
    },
    /// A rate is not a probability below one.
    #[error("`model.{field}` = {rate} is not a dropout rate; give a number from 0 up to, not including, 1")]
    Rate {
        /// The field's name.
        field: &'static str,
        /// Its value.
        rate: f32,
    },
}

impl ModelConfig {
    /// Checks what the types cannot.
    ///
    /// # Errors
    /// The first field found wrong.
    pub fn validate(&self) -> Result<(), ModelConfigError> {
        let Self { d_model, n_heads, .. } = *self;
        for (field, value) in [
            ("d_model", d_model),
            ("n_heads", n_heads),
            ("n_layers", self.n_layers),
            ("d_feedforward", self.d_feedforward),
            ("latent_size", self.latent_size),
        ] {
            if value == 0 {
                return Err(ModelConfigError::Zero { field });
            }
        }
        if d_model % n_heads != 0 {
            return Err(ModelConfigError::Heads { d_model, n_heads });
        }
        if d_model % 2 != 0 || d_model < 4 {
            return Err(ModelConfigError::OddWidth { d_model });
        }
        if !(self.log_variance_limit > 0.0 && self.log_variance_limit.is_finite()) {
            return Err(ModelConfigError::LogVarianceLimit { limit: self.log_variance_limit });
        }
        for (field, rate) in [
            ("dropout", self.dropout),
            ("attention_dropout", self.attention_dropout),
            ("activation_dropout", self.activation_dropout),
        ] {
            if !(0.0..1.0).contains(&rate) {
                return Err(ModelConfigError::Rate { field, rate });
            }
        }
        Ok(())
    }
}
