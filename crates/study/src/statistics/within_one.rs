//! The share of judgements that are no more than one point apart.

use super::{Undefined, Value};

/// Share of pairs with |x − y| ≤ 1.
///
/// # Errors
/// [`Undefined::TooFew`] without pairs.
pub fn within_one(x: &[f64], y: &[f64]) -> Value {
    if x.is_empty() {
        return Err(Undefined::TooFew);
    }
    let n_close = x.iter().zip(y).filter(|(x, y)| (*x - *y).abs() <= 1.0 + 1e-9).count();
    Ok(n_close as f64 / x.len() as f64)
}
