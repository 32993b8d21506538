//! How large a difference is, beside how sure.

use super::{Undefined, Value, finite, mean, summary};

/// Cliff's δ = (#(x > y) − #(x < y)) / (n m): how much more often a value of x is above one of y than below (Cliff 1993).
///
/// # Errors
/// [`Undefined::TooFew`] if a side is empty.
pub fn cliffs_delta(x: &[f64], y: &[f64]) -> Value {
    if x.is_empty() || y.is_empty() {
        return Err(Undefined::TooFew);
    }
    let mut sorted = y.to_vec();
    sorted.sort_by(f64::total_cmp);
    let sum: f64 = x
        .iter()
        .map(|x| {
            let below = sorted.partition_point(|y| y < x);
            let not_above = sorted.partition_point(|y| y <= x);
            below as f64 - (sorted.len() - not_above) as f64
        })
        .sum();
    Ok(sum / (x.len() as f64 * y.len() as f64))
}

/// Cohen's d = (x̄ − ȳ) / s with s² = ((n−1)s_x² + (m−1)s_y²) / (n+m−2).
///
/// # Errors
/// [`Undefined::TooFew`] below two values a side, [`Undefined::NoVariance`] if neither side varies.
pub fn cohens_d(x: &[f64], y: &[f64]) -> Value {
    let (x, y) = (summary(x)?, summary(y)?);
    if x.n < 2 || y.n < 2 {
        return Err(Undefined::TooFew);
    }
    let squares = |side: &super::Summary| (side.n as f64 - 1.0) * side.standard_deviation.powi(2);
    let pooled = ((squares(&x) + squares(&y)) / (x.n + y.n - 2) as f64).sqrt();
    finite((x.mean - y.mean) / pooled)
}

/// d_z: the mean of paired differences in units of their standard deviation (Cohen 1988).
///
/// # Errors
/// [`Undefined::TooFew`] below two, [`Undefined::NoVariance`] if all are equal.
pub fn cohens_d_paired(differences: &[f64]) -> Value {
    if differences.len() < 2 {
        return Err(Undefined::TooFew);
    }
    finite(mean(differences)? / summary(differences)?.standard_deviation)
}
