//! What is asked for and what comes back.

use serde::{Deserialize, Serialize};

use crate::{controls::Controls, error::GenerateError, latent::Latent, reply_set::Marginal, strategies::Strategy};

/// How to generate.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct GenerateOptions {
    /// How tokens are chosen.
    pub strategy: Strategy,
    /// What a reply may repeat.
    pub controls: Controls,
    /// Latents drawn from the prior for each utterance.
    pub n_samples: usize,
    /// Replies are ended after this many tokens and marked so. The authors: 200.
    pub max_length: usize,
    /// Names the latents that are drawn; see [`Latent::numbered`].
    pub seed: u64,
}

impl GenerateOptions {
    /// Checks what the types cannot.
    ///
    /// # Errors
    /// The first value out of range.
    pub fn validate(&self) -> Result<(), GenerateError> {
        let rule = |rule: String| GenerateError::Options { rule };
        self.strategy.strategy().validate().map_err(rule)?;
        self.controls.validate().map_err(rule)?;
        if self.max_length == 0 {
            return Err(rule("the maximum length is at least 1".to_owned()));
        }
        Ok(())
    }
}

/// One generated reply.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Reply {
    /// Its text.
    pub text: String,
    /// The latent that it came from. With the utterance and the options it gives the same reply again.
    #[serde(flatten)]
    pub latent: Latent,
    /// Its place among the hypotheses of its latent, from 0.
    pub hypothesis: usize,
    /// What the strategy ranks hypotheses by: for beam search Σ log p / length^α, else Σ log p.
    pub score: f64,
    /// Σ_t log p(y_t | y_<t, x, z) of the model alone, whatever the strategy and its controls, `</s>` included, in nats.
    pub log_probability_nats: f64,
    /// Tokens, `</s>` included.
    pub n_tokens: usize,
    /// Whether it ended by itself and not at the length limit.
    pub finished: bool,
    /// How probable it is whatever the latent, where replies are ranked by that.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub marginal: Option<Marginal>,
    /// Other latents that gave the same text.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub also_from: Vec<Latent>,
    /// Its tokens, without `</s>`.
    #[serde(skip)]
    pub tokens: Vec<u32>,
}
