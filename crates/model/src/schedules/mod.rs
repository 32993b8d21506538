//! Values that change over training, as functions of the number of completed updates.

use serde::{Deserialize, Serialize};

pub mod inverse_square_root;

pub use inverse_square_root::InverseSquareRoot;

/// β, the weight of the KL term. The TOML names are a file format.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "kebab-case", deny_unknown_fields)]
pub enum KlSchedule {
    /// The same weight from the first update on; the paper's choice for all methods but cyclical annealing.
    Constant {
        /// The weight.
        weight: f32,
    },
}

impl KlSchedule {
    /// β after `n_updates` completed updates.
    pub fn weight(&self, _n_updates: u64) -> f32 {
        match self {
            Self::Constant { weight } => *weight,
        }
    }
}
