//! Beam search as fairseq 0.8 does it, which the authors decode with.

use rand_chacha::ChaCha8Rng;
use serde::{Deserialize, Serialize};

use super::{Choice, DecodingStrategy, Hypothesis, Search};
use crate::next_token::NextToken;

/// The `size` best beginnings are kept. Of the 2·size best continuations, those with `</s>` end a hypothesis if they are
/// among the first `size`; the first `size` of the others go on. The search is over when `size` hypotheses have ended.
/// Ties go to the better beginning, then to the lower token.
///
/// Deviation: fairseq fills beams with forbidden continuations (log p = −∞) when too few are left; here such a beam
/// ends.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Beam {
    /// Beams. The paper: 5.
    pub size: usize,
    /// α of score = Σ log p / length^α, `</s>` counted. The authors' code: 1.2.
    pub length_penalty: f64,
    /// Hypotheses to return for each latent.
    pub n_best: usize,
}

impl Default for Beam {
    fn default() -> Self {
        Self { size: 5, length_penalty: 1.2, n_best: 1 }
    }
}

impl DecodingStrategy for Beam {
    fn validate(&self) -> Result<(), String> {
        if !(1..=MAX_SIZE).contains(&self.size) {
            return Err(format!("the number of beams lies from 1 to {MAX_SIZE}"));
        }
        if self.n_best == 0 || self.n_best > self.size {
            return Err(format!("of {} beams, 1 to {} hypotheses can be returned", self.size, self.size));
        }
        if !self.length_penalty.is_finite() {
            return Err("the length penalty is a number".to_owned());
        }
        Ok(())
    }

    fn width(&self) -> usize {
        self.size
    }

    fn n_candidates(&self) -> Option<usize> {
        Some(2 * self.size)
    }

    fn n_best(&self) -> usize {
        self.n_best
    }

    fn score(&self, log_probability: f64, n_tokens: usize) -> f64 {
        log_probability / (n_tokens as f64).powf(self.length_penalty)
    }

    fn start(&self, _rng: ChaCha8Rng) -> Box<dyn Search> {
        Box::new(BeamSearch { size: self.size, n_ended: 0 })
    }
}

/// Far beyond any use; a mistyped number must not fill the memory.
const MAX_SIZE: usize = 256;

struct BeamSearch {
    size: usize,
    n_ended: usize,
}

struct Candidate {
    log_probability: f64,
    parent: usize,
    token: u32,
}

impl Search for BeamSearch {
    fn choose(&mut self, live: &[Hypothesis], next: &[NextToken<'_>]) -> Choice {
        let eos = next[0].eos();
        let mut candidates: Vec<Candidate> = Vec::with_capacity(2 * self.size * live.len());
        for (parent, (hypothesis, next)) in live.iter().zip(next).enumerate() {
            candidates.extend(next.top(2 * self.size).into_iter().map(|token| {
                let log_probability = hypothesis.log_probability + next.log_probability(token);
                Candidate { log_probability, parent, token }
            }));
        }
        // Stable, and put together in the order of beams and, at equal logits, of tokens.
        candidates.sort_by(|a, b| b.log_probability.total_cmp(&a.log_probability));
        candidates.truncate(2 * self.size);
        let ending = candidates.iter().take(self.size).filter(|candidate| candidate.token == eos);
        let ended: Vec<usize> = ending.map(|candidate| candidate.parent).take(self.size - self.n_ended).collect();
        self.n_ended += ended.len();
        let continued = if self.n_ended == self.size {
            Vec::new()
        } else {
            let going_on = candidates.iter().filter(|candidate| candidate.token != eos).take(self.size);
            going_on.map(|&Candidate { parent, token, .. }| (parent, token)).collect()
        };
        Choice { continued, ended }
    }
}
