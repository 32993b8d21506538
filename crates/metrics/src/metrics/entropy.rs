//! Entropy of the distribution of n-grams (Zhang et al. 2018, Ent-n). Owns the formula.

use super::{Direction, Interval, Metric, Prepared, distinct::Kinds, each_draw};
use crate::{n_grams::Index, sample::Sample};

/// Entropy of bigrams.
pub const ENTROPY_2: Entropy<2> = Entropy;
/// Entropy of 4-grams.
pub const ENTROPY_4: Entropy<4> = Entropy;

/// H = −Σ_i p_i ln p_i in nats, where p_i is the share of kind i among all n-grams of the output; 0 without n-grams.
///
/// Unlike dist-n it sees how evenly kinds are used, not only how many there are. It grows with the size of the output.
#[derive(Clone, Copy, Debug)]
pub struct Entropy<const ORDER: usize>;

impl<const ORDER: usize> Metric for Entropy<ORDER> {
    fn name(&self) -> &'static str {
        ["entropy-1-nats", "entropy-2-nats", "entropy-3-nats", "entropy-4-nats"][ORDER - 1]
    }

    fn title(&self) -> &'static str {
        ["entropy-1", "entropy-2", "entropy-3", "entropy-4"][ORDER - 1]
    }

    fn summary(&self) -> &'static str {
        "entropy of the n-grams of the whole output, in nats"
    }

    fn interval(&self) -> Interval {
        Interval::Jackknife
    }

    fn direction(&self) -> Direction {
        Direction::Up
    }

    fn prepare<'a>(&self, sample: &'a Sample<'a>) -> Option<Box<dyn Prepared + 'a>> {
        Some(each_draw(sample, |replies| Kinds { index: Index::new(replies, ORDER), value: entropy_nats }))
    }
}

/// H = ln T − (1/T) Σ c ln c.
fn entropy_nats(counts: &[u64], total: u64) -> f64 {
    if total == 0 {
        return 0.0;
    }
    let total = total as f64;
    let sum: f64 = counts.iter().filter(|&&count| count > 1).map(|&count| count as f64 * (count as f64).ln()).sum();
    // One kind alone has entropy 0, which rounding may miss from below.
    (total.ln() - sum / total).max(0.0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sample::tests::Owned;

    #[test]
    fn score_matches_hand_computation() {
        let skewed = -(0.75_f64 * 0.75_f64.ln() + 0.25 * 0.25_f64.ln());
        for (name, outputs, expected) in [
            ("uniform over four", &["a b", "b a", "c d", "d c"][..], 4.0_f64.ln()),
            ("three to one", &["a b", "a b", "a b", "c d"], skewed),
            ("one kind", &["a b", "a b", "a b"], 0.0),
            ("none", &["a", ""], 0.0),
        ] {
            let actual = ENTROPY_2.value(&Owned::new(&[outputs.to_vec()], &[]).sample()).unwrap();
            assert!((actual - expected).abs() <= 1e-12, "{name}: {actual} is not {expected}");
        }
    }
}
