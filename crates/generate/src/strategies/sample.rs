//! Draws from the model's distribution, or from its more probable part.

use rand::RngExt;
use rand_chacha::ChaCha8Rng;
use serde::{Deserialize, Serialize};

use super::{Choice, DecodingStrategy, Hypothesis, Search, only};
use crate::next_token::NextToken;

/// A draw from softmax(logits / temperature), cut by `top_k`, then by `top_p`, then by `min_p`; each acts on what the one
/// before left.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Sample {
    /// Above 0; below 1 prefers probable tokens.
    pub temperature: f32,
    /// Only the so many most probable tokens (Fan et al. 2018); 0 is off.
    pub top_k: usize,
    /// Only the fewest tokens that together have this probability (Holtzman et al. 2020); 1 is off.
    pub top_p: f64,
    /// Only tokens that are at least this share of the most probable one (Nguyen et al. 2025); 0 is off.
    pub min_p: f64,
}

impl Default for Sample {
    fn default() -> Self {
        Self { temperature: 1.0, top_k: 0, top_p: 1.0, min_p: 0.0 }
    }
}

impl DecodingStrategy for Sample {
    fn validate(&self) -> Result<(), String> {
        if !(self.temperature > 0.0 && self.temperature.is_finite()) {
            return Err("the temperature is above 0".to_owned());
        }
        if !(self.top_p > 0.0 && self.top_p <= 1.0) {
            return Err("top-p lies above 0 up to 1 (off)".to_owned());
        }
        if !(0.0..1.0).contains(&self.min_p) {
            return Err("min-p lies from 0 (off) up to, not including, 1".to_owned());
        }
        Ok(())
    }

    fn n_candidates(&self) -> Option<usize> {
        Some(self.top_k).filter(|&k| k > 0)
    }

    fn start(&self, rng: ChaCha8Rng) -> Box<dyn Search> {
        Box::new(Sampler { settings: *self, rng })
    }
}

struct Sampler {
    settings: Sample,
    rng: ChaCha8Rng,
}

impl Search for Sampler {
    fn choose(&mut self, _live: &[Hypothesis], next: &[NextToken<'_>]) -> Choice {
        let weights = self.settings.weights(next[0].candidates());
        let total: f64 = weights.iter().map(|&(_, weight)| weight).sum();
        let mut left = self.rng.random::<f64>() * total;
        // The last one if rounding leaves something over.
        let mut chosen = weights.last().map(|&(token, _)| token);
        for (token, weight) in weights {
            left -= weight;
            if left < 0.0 {
                chosen = Some(token);
                break;
            }
        }
        only(chosen, next[0].eos())
    }
}

impl Sample {
    /// The tokens that may be drawn, with weights in proportion to their probabilities, in a fixed order.
    fn weights(&self, candidates: Vec<(u32, f32)>) -> Vec<(u32, f64)> {
        let max = f64::from(candidates.iter().map(|candidate| candidate.1).fold(f32::NEG_INFINITY, f32::max));
        let weight = |logit: f32| ((f64::from(logit) - max) / f64::from(self.temperature)).exp();
        let all = candidates.into_iter().map(|(token, logit)| (token, weight(logit)));
        let mut weights: Vec<(u32, f64)> = all.filter(|&(_, weight)| weight > 0.0).collect();
        let order = |a: &(u32, f64), b: &(u32, f64)| b.1.total_cmp(&a.1).then(a.0.cmp(&b.0));
        if self.top_k > 0 && self.top_k < weights.len() {
            weights.select_nth_unstable_by(self.top_k, order);
            weights.truncate(self.top_k);
        }
        if self.top_p < 1.0 {
            let total: f64 = weights.iter().map(|&(_, weight)| weight).sum();
            // All tokens below this together have less than 1 − p, so none of them is needed, nor sorted.
            let needless = (1.0 - self.top_p) * total / weights.len() as f64;
            weights.retain(|&(_, weight)| weight >= needless);
            weights.sort_unstable_by(order);
            let mut mass = 0.0;
            let n = weights.iter().take_while(|&&(_, weight)| {
                let needed = mass < self.top_p * total;
                mass += weight;
                needed
            });
            let n = n.count().max(1);
            weights.truncate(n);
        }
        // The greatest weight is 1.
        weights.retain(|&(_, weight)| weight >= self.min_p);
        // `select_nth_unstable` leaves an order that depends on its algorithm.
        weights.sort_unstable_by_key(|&(token, _)| token);
        weights
    }
}
