//! The metrics: one file each and one line in the list below. Reports, tables and JSON follow the list.

use crate::sample::Sample;

/// One automatic metric.
pub trait Metric: Sync {
    /// The name in JSON, kebab-case.
    fn name(&self) -> &'static str;

    /// The name in tables.
    fn title(&self) -> &'static str;

    /// What it says, in half a line, with its unit.
    fn summary(&self) -> &'static str;

    /// What one value is computed from.
    fn scope(&self) -> Scope {
        Scope::Draw
    }

    /// How its interval is found.
    fn interval(&self) -> Interval;

    /// Whether more is better, less is better, or neither.
    fn direction(&self) -> Direction;

    /// Counts whatever does not depend on the choice of items; `None` if the metric is not defined for this sample,
    /// for instance because it has no references.
    fn prepare<'a>(&self, sample: &'a Sample<'a>) -> Option<Box<dyn Prepared + 'a>>;

    /// The value over all items, the average over the draws if its scope is one draw.
    fn value(&self, sample: &Sample<'_>) -> Option<f64> {
        let items: Vec<u32> = (0..sample.n_items() as u32).collect();
        Some(self.prepare(sample)?.value(&items))
    }
}

/// A metric with the counts of one sample, ready to be evaluated many times.
pub trait Prepared: Sync {
    /// The value over some items, in any order; an item may come more than once if the interval is a bootstrap.
    /// Never NaN.
    fn value(&self, items: &[u32]) -> f64;
}

/// What one value of a metric is computed from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scope {
    /// One draw; several draws give several values, which are averaged.
    Draw,
    /// All draws together.
    AllDraws,
}

/// How the interval of a metric is found.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Interval {
    /// Percentiles of the bootstrap over items: for metrics that sum over items.
    Bootstrap,
    /// Jackknife over groups of items: for metrics that look for repetitions, which a bootstrap would create itself.
    Jackknife,
}

/// Which direction is better.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Direction {
    /// More is better.
    Up,
    /// Less is better.
    Down,
    /// Neither is better in itself.
    Neither,
}

/// Declares the module of each metric and the list of all.
macro_rules! metrics {
    ($($module:ident :: { $($METRIC:ident),* $(,)? }),* $(,)?) => {
        $(pub mod $module;)*

        /// Every metric, in the order of reports.
        pub const ALL: &[&dyn Metric] = &[$($(&$module::$METRIC),*),*];
    };
}

metrics! {
    bleu::{BLEU},
    chrf::{CHRF},
    distinct::{DISTINCT_1, DISTINCT_2, CONTROLLED_DISTINCT_1, CONTROLLED_DISTINCT_2},
    entropy::{ENTROPY_2, ENTROPY_4},
    self_bleu::{SELF_BLEU, SELF_BLEU_OF_DRAWS},
    repetition::{DUPLICATES, DULL},
    length::{LENGTH},
    coverage::{BLEU_RECALL, BLEU_PRECISION, CHRF_RECALL, CHRF_PRECISION},
}

/// A metric that is a function of sums over items.
pub(crate) struct Sums<const N: usize> {
    /// One row of summands for each item.
    pub(crate) rows: Vec<[f64; N]>,
    /// The function.
    pub(crate) value: fn(&[f64; N]) -> f64,
}

impl<const N: usize> Prepared for Sums<N> {
    fn value(&self, items: &[u32]) -> f64 {
        let mut sums = [0.0; N];
        for &item in items {
            for (sum, summand) in sums.iter_mut().zip(&self.rows[item as usize]) {
                *sum += summand;
            }
        }
        (self.value)(&sums)
    }
}

/// The average over draws.
struct MeanOfDraws<P>(Vec<P>);

impl<P: Prepared> Prepared for MeanOfDraws<P> {
    fn value(&self, items: &[u32]) -> f64 {
        mean(self.0.iter().map(|draw| draw.value(items)))
    }
}

/// Prepares every draw alone and averages their values.
pub(crate) fn each_draw<'a, P: Prepared + 'a>(
    sample: &Sample<'a>,
    prepare: impl FnMut(&Vec<&'a crate::Text>) -> P,
) -> Box<dyn Prepared + 'a> {
    Box::new(MeanOfDraws(sample.draws.iter().map(prepare).collect()))
}

/// 0 of nothing.
pub(crate) fn mean(values: impl ExactSizeIterator<Item = f64>) -> f64 {
    match values.len() {
        0 => 0.0,
        n => values.sum::<f64>() / n as f64,
    }
}

/// 0 if there is nothing to divide by.
pub(crate) fn ratio(part: f64, whole: f64) -> f64 {
    if whole == 0.0 { 0.0 } else { part / whole }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sample::tests::Owned;

    #[test]
    fn names_are_unique_and_kebab_case() {
        let mut names: Vec<_> = ALL.iter().map(|metric| metric.name()).collect();
        assert!(
            names.iter().all(|name| name.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-'))
        );
        names.sort_unstable();
        names.dedup();
        assert_eq!(names.len(), ALL.len());
    }

    #[test]
    fn every_metric_has_a_number_for_empty_replies() {
        let owned = Owned::new(&[vec!["", ""], vec!["", ""]], &[vec!["a b"], vec!["", ""]]);
        for metric in ALL {
            if let Some(value) = metric.value(&owned.sample()) {
                assert!(value.is_finite(), "{}: {value}", metric.name());
            }
        }
    }

    #[test]
    fn the_order_of_items_does_not_matter() {
        let owned = Owned::new(
            &[vec!["a b c d e", "a b", "x y z a b", ""], vec!["a a", "c", "x y z", "a b c d"]],
            &[vec!["a b c d"], vec!["a b", "c d"], vec!["x y z a", ""], vec!["e"]],
        );
        let sample = owned.sample();
        for metric in ALL {
            let Some(prepared) = metric.prepare(&sample) else { continue };
            let difference = (prepared.value(&[0, 1, 2, 3]) - prepared.value(&[2, 0, 3, 1])).abs();
            assert!(difference <= 1e-9, "{}: {difference}", metric.name());
        }
    }
}
