//! How sure a number is: bootstrap and jackknife intervals, paired tests against a baseline. Owns the resampling; all
//! metrics are resampled through [`Prepared`], with counts that were made once.
//!
//! Every resample has its own random stream, named by (seed, purpose, number), so that results depend neither on the
//! order of work nor on the number of threads, and all metrics see the same resamples.

use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;
use rayon::prelude::*;

use crate::{Prepared, metrics::mean};

/// Groups of the jackknife: enough for a standard error that is itself known to about 5 %.
const N_GROUPS: usize = 200;

/// 97.5 % point of the normal distribution.
const Z: f64 = 1.959_963_984_540_054;

/// How often, and under which seed, items are drawn again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Resampling {
    /// Resamples of the bootstrap, and trials of a randomisation test.
    pub n_trials: u32,
    /// Seed of all draws.
    pub seed: u64,
}

/// What a stream of random numbers is for.
#[derive(Clone, Copy)]
enum Purpose {
    Bootstrap = 0,
    Groups = 1,
    Swaps = 2,
}

impl Resampling {
    fn stream(self, purpose: Purpose, trial: u32) -> ChaCha8Rng {
        let mut random = ChaCha8Rng::seed_from_u64(self.seed);
        random.set_stream((purpose as u64) << 32 | u64::from(trial));
        random
    }

    /// Values of bootstrap resamples: `n_items` items drawn with replacement (Efron 1979). Equal arguments but for the
    /// system draw equal items, so that the values of two systems are paired.
    #[must_use]
    pub fn bootstrap(self, prepared: &dyn Prepared, n_items: u32) -> Vec<f64> {
        let trial = |trial| {
            let mut random = self.stream(Purpose::Bootstrap, trial);
            let items: Vec<u32> = (0..n_items).map(|_| random.random_range(0..n_items)).collect();
            prepared.value(&items)
        };
        (0..self.n_trials).into_par_iter().map(trial).collect()
    }

    /// 95 % interval by the jackknife: one of up to 200 random groups of items is left out at a time, and
    /// s² = (G − 1)/G Σ (θ_g − θ̄)²; θ ± 1.96 s. `None` for fewer than two items.
    #[must_use]
    pub fn jackknife(self, prepared: &dyn Prepared, n_items: u32) -> Option<[f64; 2]> {
        let mut order: Vec<u32> = (0..n_items).collect();
        let mut random = self.stream(Purpose::Groups, 0);
        for last in (1..n_items).rev() {
            order.swap(last as usize, random.random_range(0..=last) as usize);
        }
        let n_groups = order.len().min(N_GROUPS);
        if n_groups < 2 {
            return None;
        }
        let without = |group: usize| {
            let rest: Vec<u32> = order
                .iter()
                .enumerate()
                .filter(|(place, _)| place % n_groups != group)
                .map(|(_, &item)| item)
                .collect();
            prepared.value(&rest)
        };
        let values: Vec<f64> = (0..n_groups).into_par_iter().map(without).collect();
        let centre = mean(values.iter().copied());
        let squares: f64 = values.iter().map(|value| (value - centre).powi(2)).sum();
        let half_width = Z * ((n_groups - 1) as f64 / n_groups as f64 * squares).sqrt();
        let all: Vec<u32> = (0..n_items).collect();
        let value = prepared.value(&all);
        Some([value - half_width, value + half_width])
    }

    /// p of a two-sided approximate randomisation test (Noreen 1989; Riezler & Maxwell 2005).
    ///
    /// `pooled` has the items of the system, then those of the baseline. Each trial exchanges the two sides of each item
    /// with probability ½; p = (trials with a larger absolute difference + 1) / (trials + 1).
    /// Source: sacrebleu 2.6.0, `--paired-ar`.
    #[must_use]
    pub fn randomisation_p(self, pooled: &dyn Prepared, n_items: u32) -> f64 {
        let difference = |is_swapped: &mut dyn FnMut() -> bool| {
            let swapped: Vec<bool> = (0..n_items).map(|_| is_swapped()).collect();
            let side = |takes_second: bool| -> Vec<u32> {
                let item = |(item, &swapped): (u32, &bool)| if swapped == takes_second { item } else { item + n_items };
                (0..).zip(&swapped).map(item).collect()
            };
            (pooled.value(&side(false)) - pooled.value(&side(true))).abs()
        };
        let observed = difference(&mut || false);
        let trial = |trial| {
            let mut random = self.stream(Purpose::Swaps, trial);
            difference(&mut || random.random())
        };
        let differences: Vec<f64> = (0..self.n_trials).into_par_iter().map(trial).collect();
        p_value(&differences, observed)
    }
}

/// 95 % interval of resampled values: the n/40-th from either end, as sacrebleu takes it. `None` without values.
#[must_use]
pub fn percentile_interval(values: &[f64]) -> Option<[f64; 2]> {
    let mut sorted = values.to_vec();
    sorted.sort_unstable_by(f64::total_cmp);
    let tail = sorted.len() / 40;
    Some([*sorted.get(tail)?, *sorted.get(sorted.len() - tail - 1)?])
}

/// p of a paired bootstrap test from the resampled values of both systems and the difference that was found.
///
/// p = (resamples whose absolute difference exceeds its average by more than the difference found + 1) /
/// (resamples + 1). Source: sacrebleu 2.6.0, `--paired-bs`, after a script of Moses.
#[must_use]
pub fn paired_bootstrap_p(system: &[f64], baseline: &[f64], difference: f64) -> f64 {
    let differences: Vec<f64> = system.iter().zip(baseline).map(|(one, other)| (one - other).abs()).collect();
    let centre = mean(differences.iter().copied());
    let statistics: Vec<f64> = differences.iter().map(|one| one - centre).collect();
    p_value(&statistics, difference.abs())
}

/// Deviation: sacrebleu counts strictly larger statistics only, so that a system differs from its own copy with the
/// smallest p there is. Here equal ones count, too, as Noreen has it, and the p of a copy is 1.
fn p_value(statistics: &[f64], observed: f64) -> f64 {
    // Sums in another order differ in their last digits, which must not make an equal difference a smaller one.
    let bound = observed - 1e-9 * observed.abs().max(1e-3);
    let n_as_large = statistics.iter().filter(|&&statistic| statistic >= bound).count();
    (n_as_large + 1) as f64 / (statistics.len() + 1) as f64
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        metrics::{ALL, Metric as _, bleu::BLEU, distinct::DISTINCT_1, length::LENGTH},
        sample::tests::Owned,
    };

    const RESAMPLING: Resampling = Resampling { n_trials: 2_000, seed: 7 };

    /// Replies of 1 to 10 tokens: average 5.5, standard deviation √8.25.
    fn even_lengths() -> Owned {
        let reply = |idx: usize| vec!["w"; idx % 10 + 1].join(" ");
        Owned::new(&[(0..400).map(reply).collect()], &[])
    }

    #[test]
    fn intervals_of_a_mean_have_the_width_of_theory() {
        let owned = even_lengths();
        let sample = owned.sample();
        let prepared = LENGTH.prepare(&sample).unwrap();
        let half_width = Z * (8.25_f64 / 400.0).sqrt();
        let bootstrap = percentile_interval(&RESAMPLING.bootstrap(&*prepared, 400)).unwrap();
        let jackknife = RESAMPLING.jackknife(&*prepared, 400).unwrap();
        for (name, [low, high], tolerance) in [("bootstrap", bootstrap, 0.10), ("jackknife", jackknife, 0.15)] {
            assert!(((low + high) / 2.0 - 5.5).abs() <= 0.03, "{name}: {low} to {high}");
            assert!(((high - low) / (2.0 * half_width) - 1.0).abs() <= tolerance, "{name}: {low} to {high}");
        }
    }

    #[test]
    fn a_jackknife_of_dist_n_holds_its_value_where_a_bootstrap_does_not() {
        let reply = |idx: usize| format!("a{} b{} c{}", idx * 7 % 150, idx * 13 % 90, idx);
        let owned = Owned::new(&[(0..300).map(reply).collect::<Vec<_>>()], &[]);
        let sample = owned.sample();
        let value = DISTINCT_1.value(&sample).unwrap();
        let prepared = DISTINCT_1.prepare(&sample).unwrap();
        let [low, high] = RESAMPLING.jackknife(&*prepared, 300).unwrap();
        assert!(low < value && value < high, "{low} {value} {high}");
        let [_, bootstrap_high] = percentile_interval(&RESAMPLING.bootstrap(&*prepared, 300)).unwrap();
        assert!(bootstrap_high < value, "{bootstrap_high} {value}");
    }

    #[test]
    fn p_is_small_for_a_difference_and_large_for_none() {
        let reply = |idx: usize, extra: usize| vec!["w"; idx * 7 % 10 + 1 + extra].join(" ");
        let lengths = |extra: fn(usize) -> usize| {
            Owned::new(&[(0..200).map(|idx| reply(idx, extra(idx))).collect::<Vec<_>>()], &[])
        };
        let plain = lengths(|_| 0);
        for (name, other, range) in [
            ("always longer", lengths(|_| 1), 0.0..=0.001),
            ("the same", lengths(|_| 0), 1.0..=1.0),
            ("as often longer as not", lengths(|idx| if idx % 2 == 0 { 1 } else { 0 }), 0.0..=0.001),
        ] {
            let (one, two) = (other.sample(), plain.sample());
            let pooled = one.pooled(&two).unwrap();
            let p = RESAMPLING.randomisation_p(&*LENGTH.prepare(&pooled).unwrap(), 200);
            assert!(range.contains(&p), "{name}: {p}");
        }
    }

    /// With n items that differ by one token each, half of them in each direction, the test is a sign test: the
    /// probability of a difference of at least 4 of 10 in absolute value, 7 to 3 or worse, is 2 · 176 / 1024.
    #[test]
    fn randomisation_is_a_sign_test_for_unit_differences() {
        let reply = |longer: bool| if longer { "w w" } else { "w" };
        let one = Owned::new(&[(0..10).map(|idx| reply(idx < 7)).collect()], &[]);
        let two = Owned::new(&[(0..10).map(|idx| reply(idx >= 7)).collect()], &[]);
        let (one, two) = (one.sample(), two.sample());
        let pooled = one.pooled(&two).unwrap();
        let resampling = Resampling { n_trials: 20_000, seed: 3 };
        let p = resampling.randomisation_p(&*LENGTH.prepare(&pooled).unwrap(), 10);
        assert!((p - 352.0 / 1_024.0).abs() <= 0.012, "{p}");
    }

    #[test]
    fn paired_bootstrap_follows_its_definition() {
        // Absolute differences 1, 1, 3 have the average 5/3; 3 exceeds it by 4/3.
        let p = |difference| paired_bootstrap_p(&[2.0, 1.0, 3.0], &[1.0, 2.0, 0.0], difference);
        assert_eq!(p(1.0), 2.0 / 4.0);
        assert_eq!(p(-1.5), 1.0 / 4.0);
        assert_eq!(paired_bootstrap_p(&[1.0, 1.0], &[1.0, 1.0], 0.0), 1.0, "a copy");
    }

    #[test]
    fn seeds_decide() {
        let owned = Owned::new(
            &[vec!["a b c d", "b c d e f", "a b", "c"]],
            &[vec!["a b c d e"], vec!["b c d e"], vec!["a"], vec!["c"]],
        );
        let sample = owned.sample();
        let prepared = BLEU.prepare(&sample).unwrap();
        let values = |seed| Resampling { n_trials: 50, seed }.bootstrap(&*prepared, 4);
        assert_eq!(values(1), values(1));
        assert_ne!(values(1), values(2));
    }

    #[test]
    fn one_item_has_no_jackknife_and_no_metric_is_nan_without_items() {
        let owned = Owned::new(&[vec!["a"], vec!["b"]], &[vec!["a", "b"]]);
        let sample = owned.sample();
        for metric in ALL {
            let Some(prepared) = metric.prepare(&sample) else { continue };
            assert!(prepared.value(&[]).is_finite(), "{}", metric.name());
            assert_eq!(RESAMPLING.jackknife(&*prepared, 1), None);
        }
    }
}
