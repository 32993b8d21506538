//! Spearman's rank correlation.

use super::{Value, pearson, ranks::ranks};

/// Pearson's r of the ranks, ties sharing their mean rank.
///
/// # Errors
/// As [`pearson`].
pub fn spearman(x: &[f64], y: &[f64]) -> Value {
    pearson(&ranks(x), &ranks(y))
}
