//! Controls on what a reply may repeat, for every strategy.

use serde::{Deserialize, Serialize};

/// Off by default, as in the paper.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Controls {
    /// No n-gram of this many tokens occurs twice in a reply; 0 is off (Paulus et al. 2018; fairseq's
    /// `no_repeat_ngram_size`).
    pub no_repeat_ngram: usize,
    /// Logits of tokens that the reply already has are divided by this if positive, else multiplied by it; 1 is off
    /// (Keskar et al. 2019).
    pub repetition_penalty: f32,
}

impl Default for Controls {
    fn default() -> Self {
        Self { no_repeat_ngram: 0, repetition_penalty: 1.0 }
    }
}

impl Controls {
    pub(crate) fn validate(&self) -> Result<(), String> {
        if !(self.repetition_penalty >= 1.0 && self.repetition_penalty.is_finite()) {
            return Err("the repetition penalty is 1 (off) or more".to_owned());
        }
        Ok(())
    }

    /// Tokens that would complete an n-gram that `tokens` already has.
    pub(crate) fn completing(&self, tokens: &[u32]) -> Vec<u32> {
        let n = self.no_repeat_ngram;
        if n == 0 || tokens.len() < n {
            return Vec::new();
        }
        let beginning = &tokens[tokens.len() + 1 - n..];
        tokens.windows(n).filter(|gram| &gram[..n - 1] == beginning).map(|gram| gram[n - 1]).collect()
    }

    /// The logit of a token that the reply already has.
    pub(crate) fn penalised(&self, logit: f32) -> f32 {
        if logit > 0.0 { logit / self.repetition_penalty } else { logit * self.repetition_penalty }
    }
}
