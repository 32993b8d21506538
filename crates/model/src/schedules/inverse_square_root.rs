//! The learning rate of the paper: linear warm-up, then decay with the inverse square root of the update.

use serde::{Deserialize, Serialize};

/// `[learning_rate]` of the run file.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct InverseSquareRoot {
    /// The highest rate, reached after the warm-up. The paper: 1e-3.
    pub peak: f64,
    /// Updates of linear warm-up. The paper: 4,000.
    pub warmup_updates: u64,
    /// The rate of the first update. The paper: 1e-7.
    pub start: f64,
    /// The rate never falls below this. The paper: 1e-9.
    pub minimum: f64,
}

impl InverseSquareRoot {
    /// The rate of the next update after `n_updates` completed ones.
    ///
    /// `start + (peak − start)·n/warmup` during warm-up, then `peak·√(warmup/n)`, never below `minimum`.
    pub fn rate(&self, n_updates: u64) -> f64 {
        let (n, warmup) = (n_updates as f64, self.warmup_updates as f64);
        let rate = if n_updates < self.warmup_updates {
            self.start + (self.peak - self.start) * n / warmup
        } else {
            self.peak * (warmup.max(1.0) / n.max(1.0)).sqrt()
        };
        rate.max(self.minimum)
    }
}
