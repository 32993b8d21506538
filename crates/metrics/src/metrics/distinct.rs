//! dist-n, the diversity of a whole output (Li et al. 2016), and dist-n at equal length. Owns both formulas.

use super::{Direction, Interval, Metric, Prepared, each_draw, ratio};
use crate::{n_grams::Index, sample::Sample};

/// dist-1.
pub const DISTINCT_1: Distinct<1> = Distinct;
/// dist-2.
pub const DISTINCT_2: Distinct<2> = Distinct;
/// dist-1 at equal length.
pub const CONTROLLED_DISTINCT_1: ControlledDistinct<1> = ControlledDistinct;
/// dist-2 at equal length.
pub const CONTROLLED_DISTINCT_2: ControlledDistinct<2> = ControlledDistinct;

/// How many n-grams dist-n at equal length looks at: about as many as a hundred replies have.
pub const CONTROLLED_N_GRAMS: u64 = 500;

/// dist-n = 100 · |different n-grams| / |n-grams|, over all outputs together; 0 if there are no n-grams.
///
/// No n-gram crosses from one output to the next. The value falls as there are more outputs and as they are longer, so
/// compare only outputs for the same contexts, and see [`ControlledDistinct`].
/// Source: Li et al. 2016, as the authors of the paper compute it.
#[derive(Clone, Copy, Debug)]
pub struct Distinct<const ORDER: usize>;

/// dist-n of [`CONTROLLED_N_GRAMS`] n-grams drawn from all outputs without replacement: the expected value, in percent.
///
/// With T n-grams, of which kind i has c_i, and M drawn: 100/M · Σ_i [1 − C(T − c_i, M) / C(T, M)]. This is what
/// ecologists call rarefaction (Hurlbert 1971): it makes outputs of any number and length comparable, and long replies
/// are not punished for their length. Not defined for fewer than M n-grams.
#[derive(Clone, Copy, Debug)]
pub struct ControlledDistinct<const ORDER: usize>;

impl<const ORDER: usize> Metric for Distinct<ORDER> {
    fn name(&self) -> &'static str {
        ["distinct-1", "distinct-2"][ORDER - 1]
    }

    fn title(&self) -> &'static str {
        ["dist-1", "dist-2"][ORDER - 1]
    }

    fn summary(&self) -> &'static str {
        "different n-grams in percent of all, over the whole output"
    }

    fn interval(&self) -> Interval {
        Interval::Jackknife
    }

    fn direction(&self) -> Direction {
        Direction::Up
    }

    fn prepare<'a>(&self, sample: &'a Sample<'a>) -> Option<Box<dyn Prepared + 'a>> {
        Some(each_draw(sample, |replies| Kinds { index: Index::new(replies, ORDER), value: distinct }))
    }
}

impl<const ORDER: usize> Metric for ControlledDistinct<ORDER> {
    fn name(&self) -> &'static str {
        ["distinct-1-of-500", "distinct-2-of-500"][ORDER - 1]
    }

    fn title(&self) -> &'static str {
        ["dist-1 of 500", "dist-2 of 500"][ORDER - 1]
    }

    fn summary(&self) -> &'static str {
        "dist-n expected of 500 n-grams drawn from the output: equal length for all"
    }

    fn interval(&self) -> Interval {
        Interval::Jackknife
    }

    fn direction(&self) -> Direction {
        Direction::Up
    }

    fn prepare<'a>(&self, sample: &'a Sample<'a>) -> Option<Box<dyn Prepared + 'a>> {
        let n_n_grams = |replies: &Vec<&crate::Text>| -> u64 {
            replies.iter().map(|reply| (reply.tokens.len() + 1).saturating_sub(ORDER) as u64).sum()
        };
        let are_enough = sample.draws.iter().all(|replies| n_n_grams(replies) >= CONTROLLED_N_GRAMS);
        are_enough.then(|| each_draw(sample, |replies| Kinds { index: Index::new(replies, ORDER), value: rarefied }))
    }
}

/// A function of how often each kind of n-gram occurs.
pub(super) struct Kinds {
    pub(super) index: Index,
    /// Of the counts, some of which may be 0, and their sum.
    pub(super) value: fn(&[u64], u64) -> f64,
}

impl Prepared for Kinds {
    fn value(&self, items: &[u32]) -> f64 {
        let (counts, total) = self.index.counts(items);
        (self.value)(&counts, total)
    }
}

fn distinct(counts: &[u64], total: u64) -> f64 {
    let n_different = counts.iter().filter(|&&count| count > 0).count();
    ratio(100.0 * n_different as f64, total as f64)
}

/// A choice of items that has fewer n-grams is looked at whole.
fn rarefied(counts: &[u64], total: u64) -> f64 {
    let drawn = CONTROLLED_N_GRAMS.min(total);
    let mut n_kinds_of_count = std::collections::BTreeMap::<u64, u64>::new();
    for &count in counts.iter().filter(|&&count| count > 0) {
        *n_kinds_of_count.entry(count).or_default() += 1;
    }
    // C(T − c, M) / C(T, M) is the product of (T − M − i) / (T − i) over i below c.
    let (mut missed, mut n_factors, mut expected) = (1.0, 0, 0.0);
    for (count, n_kinds) in n_kinds_of_count {
        while n_factors < count {
            missed *= (total - drawn).saturating_sub(n_factors) as f64 / (total - n_factors) as f64;
            n_factors += 1;
        }
        expected += n_kinds as f64 * (1.0 - missed);
    }
    ratio(100.0 * expected, drawn as f64)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sample::tests::Owned;

    fn dist(outputs: &[&str], order: usize) -> f64 {
        let owned = Owned::new(&[outputs.to_vec()], &[]);
        let value = if order == 1 { DISTINCT_1.value(&owned.sample()) } else { DISTINCT_2.value(&owned.sample()) };
        value.unwrap()
    }

    #[test]
    fn score_matches_hand_computation() {
        for (name, outputs, order, expected) in [
            ("all different", &["a b c"][..], 1, 100.0),
            ("repeats within", &["a a b a"], 1, 50.0),
            ("repeats across outputs", &["a b", "a b"], 1, 50.0),
            ("pairs", &["a b a b"], 2, 100.0 * 2.0 / 3.0),
            ("no pair crosses outputs", &["a b", "c d"], 2, 100.0),
            ("too short", &["a", "b"], 2, 0.0),
            ("empty output", &["", "a"], 1, 100.0),
        ] {
            assert_eq!(dist(outputs, order), expected, "{name}");
        }
    }

    #[test]
    fn draws_are_averaged() {
        let owned = Owned::new(&[vec!["a b"], vec!["a a"]], &[]);
        assert_eq!(DISTINCT_1.value(&owned.sample()), Some(75.0));
    }

    #[test]
    fn rarefaction_is_the_average_over_all_draws() {
        assert!((rarefied(&[2, 1], 3) - 100.0 * 2.0 / 3.0).abs() <= 1e-9, "fewer than M: all of them");
        // 1,000 n-grams of two kinds, 999 to 1: the rare one is among 500 with probability one half.
        let expected = 100.0 * 1.5 / 500.0;
        assert!((rarefied(&[999, 1], 1_000) - expected).abs() <= 1e-12);
        // All different: nothing is ever repeated.
        assert!((rarefied(&[1; 900], 900) - 100.0).abs() <= 1e-9);
    }

    #[test]
    fn longer_output_of_the_same_kind_keeps_its_controlled_value() {
        let outputs = |n: usize| -> Vec<String> { (0..n).map(|idx| format!("w{} x{}", idx % 250, idx % 83)).collect() };
        let (short, long) = (Owned::new(&[outputs(500)], &[]), Owned::new(&[outputs(5_000)], &[]));
        let plain = [&short, &long].map(|owned| DISTINCT_1.value(&owned.sample()).unwrap());
        let controlled = [&short, &long].map(|owned| CONTROLLED_DISTINCT_1.value(&owned.sample()).unwrap());
        assert!(plain[0] > 9.0 * plain[1], "{plain:?}");
        assert!((controlled[0] / controlled[1] - 1.0).abs() < 0.25, "{controlled:?}");
    }

    #[test]
    fn too_few_n_grams_have_no_controlled_value() {
        assert_eq!(CONTROLLED_DISTINCT_1.value(&Owned::new(&[vec!["a b"]], &[]).sample()), None);
    }
}
