//! Mean, spread, median and histogram.

use serde::Serialize;

use super::{Undefined, mean};

/// Counts of the scores 0 to 5, index = score.
pub type Histogram = [u64; 6];

/// What describes a set of scores.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Summary {
    /// Number of scores.
    pub n: usize,
    /// Their mean.
    pub mean: f64,
    /// Standard deviation with n − 1; 0 for one score.
    pub standard_deviation: f64,
    /// The middle one, or the mean of the two in the middle.
    pub median: f64,
}

/// Describes scores.
///
/// # Errors
/// [`Undefined::TooFew`] without scores.
pub fn summary(values: &[f64]) -> Result<Summary, Undefined> {
    let mean = mean(values)?;
    let squares: f64 = values.iter().map(|value| (value - mean).powi(2)).sum();
    let standard_deviation = if values.len() > 1 { (squares / (values.len() - 1) as f64).sqrt() } else { 0.0 };
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    let middle = sorted.len() / 2;
    let median = if sorted.len() % 2 == 1 { sorted[middle] } else { f64::midpoint(sorted[middle - 1], sorted[middle]) };
    Ok(Summary { n: values.len(), mean, standard_deviation, median })
}
