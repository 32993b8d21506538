//! Statistics of ratings: pure functions in `f64`, one file each. They read no file, know no study and draw only from the
//! seeds they are given. Where a number is not defined, they say why ([`Undefined`]) and never give NaN.

mod bootstrap;
mod describe;
mod effect_size;
mod holm;
mod icc;
mod kappa;
mod krippendorff;
mod pearson;
mod permutation;
mod ranks;
mod spearman;
mod units;
mod within_one;

use std::fmt;

pub use bootstrap::{Interval, bca, bootstrap};
pub use describe::{Histogram, Summary, summary};
pub use effect_size::{cliffs_delta, cohens_d, cohens_d_paired};
pub use holm::holm;
pub use icc::{Icc, IccEstimate, IccKind, icc};
pub use kappa::{KappaWeights, weighted_kappa};
pub use krippendorff::{Level, krippendorff_alpha};
pub use pearson::{Correlation, pearson, pearson_test};
pub use permutation::{PermutationTest, sign_flip_test};
pub use spearman::spearman;
pub use units::Units;
pub use within_one::within_one;

/// Why a statistic has no value.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Undefined {
    /// There are too few values.
    TooFew,
    /// All values are equal, so nothing can vary together.
    NoVariance,
    /// No two raters have judged the same things.
    NoOverlap,
    /// Resampling gave too many samples without a value.
    Unstable,
}

impl fmt::Display for Undefined {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::TooFew => "too few ratings",
            Self::NoVariance => "all ratings are equal",
            Self::NoOverlap => "no two raters judged the same items",
            Self::Unstable => "undefined in too many resamples",
        })
    }
}

/// A statistic's value, or why it has none.
pub type Value = Result<f64, Undefined>;

/// The mean; undefined without values.
pub fn mean(values: &[f64]) -> Value {
    if values.is_empty() { Err(Undefined::TooFew) } else { Ok(values.iter().sum::<f64>() / values.len() as f64) }
}

/// A finite value, or `NoVariance`: what a division by a spread of 0 means.
fn finite(value: f64) -> Value {
    if value.is_finite() { Ok(value) } else { Err(Undefined::NoVariance) }
}
