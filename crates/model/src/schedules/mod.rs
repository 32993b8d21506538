//! Values that change over training, as functions of the number of completed updates.

use serde::{Deserialize, Serialize};

pub mod inverse_square_root;

pub use inverse_square_root::InverseSquareRoot;

/// A stretch of training.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Span {
    /// So many updates.
    Updates(u64),
    /// So many passes over the training pairs; fractions are allowed.
    Epochs(f64),
}

impl Span {
    /// Its length in updates, at least 1.
    pub fn updates(self, updates_per_epoch: u64) -> f64 {
        match self {
            Self::Updates(updates) => updates as f64,
            Self::Epochs(epochs) => (epochs * updates_per_epoch as f64).round().max(1.0),
        }
    }

    fn is_positive(self) -> bool {
        match self {
            Self::Updates(updates) => updates > 0,
            Self::Epochs(epochs) => epochs > 0.0 && epochs.is_finite(),
        }
    }
}

/// β, the weight of the KL term. The TOML names are a file format.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "kebab-case", deny_unknown_fields)]
pub enum KlSchedule {
    /// There is no KL term: SpaceFusion.
    None {},
    /// The same weight from the first update on; the paper's choice for all methods but cyclical annealing.
    Constant {
        /// The weight.
        weight: f32,
    },
    /// From 0 to `weight` over `ramp`, then constant (Bowman et al. 2016; Wang & Wan 2019: 20,000 updates).
    Linear {
        /// The weight at the end.
        weight: f32,
        /// How long it rises.
        ramp: Span,
    },
    /// `linear`, started anew every `period` (Fu et al. 2019). The paper: one epoch a cycle, whose first half rises.
    Cyclical {
        /// The weight at the end of each rise.
        weight: f32,
        /// How long a cycle is.
        period: Span,
        /// How long it rises.
        ramp: Span,
    },
}

impl KlSchedule {
    /// β after `n_updates` completed updates: `weight · min(1, t / ramp)`, where t counts updates since the start or,
    /// cyclical, since the start of the cycle.
    ///
    /// Deviation: the authors' counter starts again at 0 when a run is resumed; ours is the update's number.
    pub fn weight(&self, n_updates: u64, updates_per_epoch: u64) -> f32 {
        let n = n_updates as f64;
        let rise = |t: f64, ramp: Span| (t / ramp.updates(updates_per_epoch)).min(1.0) as f32;
        match *self {
            Self::None {} => 0.0,
            Self::Constant { weight } => weight,
            Self::Linear { weight, ramp } => weight * rise(n, ramp),
            Self::Cyclical { weight, period, ramp } => weight * rise(n % period.updates(updates_per_epoch), ramp),
        }
    }

    /// Checks what the types cannot.
    ///
    /// # Errors
    /// Which field of `[loss.kl]` is out of range, and what it may be.
    pub fn validate(&self) -> Result<(), String> {
        let (weight, spans) = match *self {
            Self::None {} => (0.0, Vec::new()),
            Self::Constant { weight } => (weight, Vec::new()),
            Self::Linear { weight, ramp } => (weight, vec![(ramp, "ramp")]),
            Self::Cyclical { weight, period, ramp } => (weight, vec![(period, "period"), (ramp, "ramp")]),
        };
        if !(weight >= 0.0 && weight.is_finite()) {
            return Err("`loss.kl.weight` is 0 or more".to_owned());
        }
        match spans.iter().find(|(span, _)| !span.is_positive()) {
            Some((_, field)) => Err(format!("`loss.kl.{field}` is longer than 0")),
            None => Ok(()),
        }
    }
}
