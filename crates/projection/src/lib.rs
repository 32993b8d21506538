//! From many dimensions to the plane: principal components, and exact t-SNE one step at a time, so that whoever shows it can
//! draw it as it moves, pause it and go on.
//!
//! Pure functions in f64 without randomness: the same points give the same places. No dependency, so that it runs in a
//! browser's worker as it does in the program.

mod components;
mod tsne;

pub use components::principal_components;
pub use tsne::{Tsne, TsneError};

/// ‖a − b‖.
pub fn distance(a: &[f64], b: &[f64]) -> f64 {
    a.iter().zip(b).map(|(a, b)| (a - b).powi(2)).sum::<f64>().sqrt()
}

/// Pearson's r; none where one of them does not vary.
pub fn correlation(a: &[f64], b: &[f64]) -> Option<f64> {
    let mean = |values: &[f64]| values.iter().sum::<f64>() / values.len() as f64;
    let (mean_a, mean_b) = (mean(a), mean(b));
    let (mut ab, mut aa, mut bb) = (0.0, 0.0, 0.0);
    for (&a, &b) in a.iter().zip(b) {
        ab += (a - mean_a) * (b - mean_b);
        aa += (a - mean_a).powi(2);
        bb += (b - mean_b).powi(2);
    }
    let r = ab / (aa * bb).sqrt();
    r.is_finite().then_some(r)
}
