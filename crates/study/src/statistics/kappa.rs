//! Cohen's weighted kappa of two raters.

use super::{Undefined, Value, finite};

/// How much a disagreement by a number of points weighs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum KappaWeights {
    /// |i − j|.
    Linear,
    /// (i − j)².
    Quadratic,
}

/// κ_w = 1 − Σ w_ij o_ij / Σ w_ij e_ij with e from the raters' own margins (Cohen 1968). Scores are their own categories,
/// so categories that nobody used do not matter.
///
/// # Errors
/// [`Undefined::TooFew`] without pairs, [`Undefined::NoVariance`] if both raters always said the same one thing.
pub fn weighted_kappa(x: &[f64], y: &[f64], weights: KappaWeights) -> Value {
    if x.is_empty() {
        return Err(Undefined::TooFew);
    }
    let weight = |x: f64, y: f64| match weights {
        KappaWeights::Linear => (x - y).abs(),
        KappaWeights::Quadratic => (x - y).powi(2),
    };
    let observed: f64 = x.iter().zip(y).map(|(&x, &y)| weight(x, y)).sum();
    let (margin_x, margin_y) = (margin(x), margin(y));
    let expected: f64 = margin_x
        .iter()
        .flat_map(|&(x, n_x)| margin_y.iter().map(move |&(y, n_y)| (x, n_x, y, n_y)))
        .map(|(x, n_x, y, n_y)| weight(x, y) * n_x * n_y)
        .sum();
    finite(1.0 - observed * x.len() as f64 / expected)
}

fn margin(scores: &[f64]) -> Vec<(f64, f64)> {
    let mut margin: Vec<(f64, f64)> = Vec::new();
    for &score in scores {
        match margin.iter_mut().find(|(known, _)| *known == score) {
            Some((_, n)) => *n += 1.0,
            None => margin.push((score, 1.0)),
        }
    }
    margin
}
