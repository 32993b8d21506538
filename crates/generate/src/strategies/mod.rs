//! Decoding strategies: how the tokens of a reply are chosen. A strategy is one file and one line in the list below; its
//! struct holds its settings.

use rand_chacha::ChaCha8Rng;
use serde::{Deserialize, Serialize};

use crate::next_token::NextToken;

/// A hypothesis that may go on.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Hypothesis {
    /// Tokens so far.
    pub tokens: Vec<u32>,
    /// Σ log p under the rules, which strategies compare by.
    pub log_probability: f64,
    /// Σ log p of the model alone.
    pub own_log_probability: f64,
}

/// What becomes of the hypotheses after a step.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Choice {
    /// Hypotheses that go on, as (place among the live ones, next token). None ends the search.
    pub continued: Vec<(usize, u32)>,
    /// Hypotheses that end with `</s>`, by place.
    pub ended: Vec<usize>,
}

/// One search: the hypotheses of one utterance under one latent.
pub trait Search: Send {
    /// Chooses after one step; `next[i]` is what may follow `live[i]`.
    fn choose(&mut self, live: &[Hypothesis], next: &[NextToken<'_>]) -> Choice;
}

/// One way to choose tokens.
pub trait DecodingStrategy: std::fmt::Debug + Send + Sync {
    /// Checks what the types cannot.
    ///
    /// # Errors
    /// Which setting is out of range, and what it may be.
    fn validate(&self) -> Result<(), String> {
        Ok(())
    }

    /// Most hypotheses that are alive at once.
    fn width(&self) -> usize {
        1
    }

    /// How many of the most probable next tokens of a hypothesis are enough to choose from; none if all are needed.
    fn n_candidates(&self) -> Option<usize> {
        None
    }

    /// Hypotheses to return of those that ended.
    fn n_best(&self) -> usize {
        1
    }

    /// What hypotheses are ranked by, higher first; `n_tokens` counts `</s>`.
    fn score(&self, log_probability: f64, n_tokens: usize) -> f64 {
        let _ = n_tokens;
        log_probability
    }

    /// Starts a search; `rng` is its own.
    fn start(&self, rng: ChaCha8Rng) -> Box<dyn Search>;
}

/// The choice of one token for the only hypothesis.
fn only(token: Option<u32>, eos: u32) -> Choice {
    match token {
        Some(token) if token == eos => Choice { continued: Vec::new(), ended: vec![0] },
        Some(token) => Choice { continued: vec![(0, token)], ended: Vec::new() },
        None => Choice::default(),
    }
}

/// Declares the module of each strategy and the tagged union of their settings.
macro_rules! strategies {
    ($($module:ident :: $Strategy:ident),* $(,)?) => {
        $(pub mod $module;)*

        /// A strategy with its settings: `kind` and the strategy's own fields.
        #[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
        #[serde(tag = "kind", rename_all = "kebab-case")]
        #[expect(missing_docs, reason = "each variant is documented by its struct")]
        pub enum Strategy {
            $($Strategy($module::$Strategy)),*
        }

        impl Strategy {
            /// The strategy itself.
            pub fn strategy(&self) -> &dyn DecodingStrategy {
                match self {
                    $(Self::$Strategy(strategy) => strategy),*
                }
            }
        }
    };
}

strategies! {
    beam::Beam,
    greedy::Greedy,
    sample::Sample,
}
