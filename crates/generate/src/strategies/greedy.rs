//! The most probable token each time.

use rand_chacha::ChaCha8Rng;
use serde::{Deserialize, Serialize};

use super::{Choice, DecodingStrategy, Hypothesis, Search, only};
use crate::next_token::NextToken;

/// The most probable token; ties to the lowest number.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Greedy {}

impl DecodingStrategy for Greedy {
    fn n_candidates(&self) -> Option<usize> {
        Some(1)
    }

    fn start(&self, _rng: ChaCha8Rng) -> Box<dyn Search> {
        Box::new(Self {})
    }
}

impl Search for Greedy {
    fn choose(&mut self, _live: &[Hypothesis], next: &[NextToken<'_>]) -> Choice {
        only(next[0].top(1).first().copied(), next[0].eos())
    }
}
