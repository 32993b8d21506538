//! Krippendorff's alpha for any number of raters and missing judgements.

use super::{Undefined, Units, Value, finite};

/// The difference function of alpha.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Level {
    /// Equal or not.
    Nominal,
    /// By how many judgements lie between two values.
    Ordinal,
    /// By the squared difference.
    Interval,
}

/// α = 1 − D_o / D_e (Krippendorff 2011, "Computing Krippendorff's Alpha-Reliability").
///
/// Units with fewer than two judgements do not count. D_o and D_e are the mean differences within units and among all
/// values: δ² is 1 for unequal (nominal), (c−k)² (interval), (Σ_{g=c..k} n_g − (n_c+n_k)/2)² (ordinal).
///
/// # Errors
/// [`Undefined::NoOverlap`] if no unit has two judgements, [`Undefined::NoVariance`] if all values are equal.
pub fn krippendorff_alpha(units: &Units, level: Level) -> Value {
    let mut values: Vec<f64> = Vec::new();
    let paired = || units.rows().filter(|row| row.iter().flatten().count() >= 2);
    for value in paired().flat_map(|row| row.iter().flatten()) {
        if let Err(place) = values.binary_search_by(|known| known.total_cmp(value)) {
            values.insert(place, *value);
        }
    }
    if values.is_empty() {
        return Err(Undefined::NoOverlap);
    }
    if values.len() == 1 {
        return Err(Undefined::NoVariance);
    }
    let n_values = values.len();
    let index = |value: f64| values.binary_search_by(|known| known.total_cmp(&value)).expect("it was gathered");
    let mut coincidences = vec![0.0; n_values * n_values];
    let mut counts = vec![0.0; n_values];
    for row in paired() {
        counts.fill(0.0);
        let mut n = 0.0;
        for &value in row.iter().flatten() {
            counts[index(value)] += 1.0;
            n += 1.0;
        }
        for one in 0..n_values {
            for other in 0..n_values {
                let pairs = counts[one] * (counts[other] - f64::from(u8::from(one == other)));
                coincidences[one * n_values + other] += pairs / (n - 1.0);
            }
        }
    }
    let margins: Vec<f64> = coincidences.chunks(n_values).map(|row| row.iter().sum()).collect();
    let total: f64 = margins.iter().sum();
    let (mut observed, mut expected) = (0.0, 0.0);
    for one in 0..n_values {
        for other in 0..n_values {
            let difference = difference(level, &values, &margins, one, other);
            observed += coincidences[one * n_values + other] * difference;
            expected += margins[one] * margins[other] * difference;
        }
    }
    finite(1.0 - (total - 1.0) * observed / expected)
}

fn difference(level: Level, values: &[f64], margins: &[f64], one: usize, other: usize) -> f64 {
    let (low, high) = (one.min(other), one.max(other));
    match level {
        Level::Nominal => f64::from(u8::from(one != other)),
        Level::Interval => (values[one] - values[other]).powi(2),
        Level::Ordinal => {
            let between: f64 = margins[low..=high].iter().sum();
            (between - f64::midpoint(margins[low], margins[high])).powi(2)
        }
    }
}
