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
