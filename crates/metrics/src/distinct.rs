//! dist-n, the diversity of a whole output (Li et al. 2016). Owns the formula; tokens come from the caller.

use std::collections::BTreeSet;
use std::num::NonZeroUsize;

use serde::Serialize;

/// dist-n with what it is made of.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Distinct {
    /// dist-n in percent, 0 to 100.
    pub score: f64,
    /// Number of different n-grams.
    pub unique: u64,
    /// Number of n-grams.
    pub total: u64,
}

/// dist-n = 100 · |different n-grams| / |n-grams|, over all outputs together; 0 if there are no n-grams.
///
/// No n-gram crosses from one output to the next. The value falls as the number of outputs grows, so compare only
/// outputs for the same contexts. Source: Li et al. 2016, as the authors of the paper compute it.
#[must_use]
pub fn distinct<T: AsRef<str>>(outputs: &[Vec<T>], order: NonZeroUsize) -> Distinct {
    let mut seen: BTreeSet<Vec<&str>> = BTreeSet::new();
    let mut total = 0;
    for n_gram in outputs.iter().flat_map(|output| output.windows(order.get())) {
        total += 1;
        seen.insert(n_gram.iter().map(AsRef::as_ref).collect());
    }
    let unique = seen.len() as u64;
    let score = if total == 0 { 0.0 } else { 100.0 * unique as f64 / total as f64 };
    Distinct { score, unique, total }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn dist(outputs: &[&str], order: usize) -> (f64, u64, u64) {
        let outputs: Vec<Vec<&str>> = outputs.iter().map(|output| output.split_whitespace().collect()).collect();
        let Distinct { score, unique, total } = distinct(&outputs, NonZeroUsize::new(order).unwrap());
        (score, unique, total)
    }

    #[test]
    fn score_matches_hand_computation() {
        for (name, outputs, order, expected) in [
            ("all different", &["a b c"][..], 1, (100.0, 3, 3)),
            ("repeats within", &["a a b a"], 1, (50.0, 2, 4)),
            ("repeats across outputs", &["a b", "a b"], 1, (50.0, 2, 4)),
            ("pairs", &["a b a b"], 2, (100.0 * 2.0 / 3.0, 2, 3)),
            ("no pair crosses outputs", &["a b", "c d"], 2, (100.0, 2, 2)),
            ("too short", &["a", "b"], 2, (0.0, 0, 0)),
            ("empty output", &["", "a"], 1, (100.0, 1, 1)),
            ("nothing", &[], 1, (0.0, 0, 0)),
        ] {
            assert_eq!(dist(outputs, order), expected, "{name}");
        }
    }

    #[test]
    fn tokens_are_not_glued_together() {
        let outputs = [vec!["a b", "c"], vec!["a", "b c"]];
        assert_eq!(distinct(&outputs, NonZeroUsize::new(2).unwrap()).unique, 2);
    }
}
