//! Pearson's product-moment correlation.

use serde::Serialize;
use statrs::distribution::{ContinuousCDF, Normal, StudentsT};

use super::{Undefined, Value, finite};

/// r = Σ(x−x̄)(y−ȳ) / √(Σ(x−x̄)² Σ(y−ȳ)²).
///
/// # Errors
/// [`Undefined::TooFew`] below two pairs, [`Undefined::NoVariance`] if x or y do not vary.
pub fn pearson(x: &[f64], y: &[f64]) -> Value {
    let n = x.len().min(y.len());
    if n < 2 {
        return Err(Undefined::TooFew);
    }
    let (mean_x, mean_y) = (x.iter().sum::<f64>() / n as f64, y.iter().sum::<f64>() / n as f64);
    let (mut xx, mut yy, mut xy) = (0.0, 0.0, 0.0);
    for (x, y) in x.iter().zip(y) {
        xx += (x - mean_x).powi(2);
        yy += (y - mean_y).powi(2);
        xy += (x - mean_x) * (y - mean_y);
    }
    // Scores are multiples of ½: a spread this small is rounding of the mean.
    if xx < 1e-20 || yy < 1e-20 {
        return Err(Undefined::NoVariance);
    }
    finite((xy / (xx.sqrt() * yy.sqrt())).clamp(-1.0, 1.0))
}

/// A correlation with its classical interval and test, which take the pairs for independent.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Correlation {
    /// r.
    pub r: f64,
    /// Number of pairs.
    pub n: usize,
    /// Two-sided p of r = 0 by Student's t with n − 2 degrees of freedom.
    pub p: f64,
    /// Lower end of the 95 % interval by Fisher's z.
    pub low: f64,
    /// Upper end.
    pub high: f64,
}

/// Pearson's r with Fisher's 95 % interval and Student's test.
///
/// # Errors
/// As [`pearson`]; [`Undefined::TooFew`] below four pairs, where the interval is not defined.
pub fn pearson_test(x: &[f64], y: &[f64]) -> Result<Correlation, Undefined> {
    let r = pearson(x, y)?;
    let n = x.len().min(y.len());
    if n < 4 {
        return Err(Undefined::TooFew);
    }
    let degrees = n as f64 - 2.0;
    let t = r * (degrees / ((1.0 - r) * (1.0 + r))).sqrt();
    let student = StudentsT::new(0.0, 1.0, degrees).expect("two degrees of freedom or more");
    let p = if t.is_finite() { (2.0 * student.sf(t.abs())).min(1.0) } else { 0.0 };
    let half = Normal::standard().inverse_cdf(0.975) / (n as f64 - 3.0).sqrt();
    let z = r.atanh();
    Ok(Correlation { r, n, p, low: (z - half).tanh(), high: (z + half).tanh() })
}
