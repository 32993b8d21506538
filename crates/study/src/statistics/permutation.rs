//! The paired permutation test: under the null hypothesis, the sign of each item's difference is a coin toss.

use rand::RngExt as _;
use serde::Serialize;

use super::{Undefined, mean};
use crate::random::stream;

/// Up to so many differences other than 0, all sign patterns are tried.
const MAX_EXACT: u32 = 16;

/// A test of mean difference 0.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct PermutationTest {
    /// The mean difference.
    pub difference: f64,
    /// Two-sided p.
    pub p: f64,
    /// Number of sign patterns compared; all there are if `exact`.
    pub n_draws: u64,
    /// Whether all sign patterns were tried.
    pub exact: bool,
}

/// Two-sided sign-flip test of paired differences, one for each item (the unit that was sampled): p is the share of sign
/// patterns whose |mean| is at least the observed one; drawn patterns count themselves in, (b+1)/(m+1) (Phipson & Smyth
/// 2010).
///
/// # Errors
/// [`Undefined::TooFew`] without differences. If all are 0, p is 1.
pub fn sign_flip_test(differences: &[f64], n_draws: u64, seed: u64) -> Result<PermutationTest, Undefined> {
    let difference = mean(differences)?;
    let moving: Vec<f64> = differences.iter().copied().filter(|difference| *difference != 0.0).collect();
    let observed = moving.iter().sum::<f64>().abs();
    // Sums in another order may differ in the last bits.
    let reached = observed - 1e-9 * moving.iter().map(|value| value.abs()).sum::<f64>().max(1e-300);
    if moving.len() as u32 <= MAX_EXACT {
        let n_patterns = 1_u64 << moving.len();
        let sum = |pattern: u64| -> f64 {
            let signed = moving.iter().enumerate();
            signed.map(|(index, value)| if pattern >> index & 1 == 1 { -value } else { *value }).sum()
        };
        let n_reached = (0..n_patterns).filter(|&pattern| sum(pattern).abs() >= reached).count();
        let p = n_reached as f64 / n_patterns as f64;
        return Ok(PermutationTest { difference, p, n_draws: n_patterns, exact: true });
    }
    let mut random = stream(seed, "permutation", &[]);
    let mut n_reached = 0_u64;
    for _ in 0..n_draws {
        let mut sum = 0.0;
        for chunk in moving.chunks(64) {
            let mut signs: u64 = random.random();
            for value in chunk {
                sum += if signs & 1 == 1 { -value } else { *value };
                signs >>= 1;
            }
        }
        n_reached += u64::from(sum.abs() >= reached);
    }
    let p = (n_reached + 1) as f64 / (n_draws + 1) as f64;
    Ok(PermutationTest { difference, p, n_draws, exact: false })
}
