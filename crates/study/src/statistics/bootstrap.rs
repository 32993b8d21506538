//! Bootstrap intervals over clusters: items are drawn with all their replies and judgements, because judgements of one
//! item are not independent.

use rand::RngExt as _;
use serde::Serialize;
use statrs::distribution::{ContinuousCDF, Normal};

use super::{Undefined, Value};
use crate::random::stream;

/// A 95 % interval.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Interval {
    /// Lower end.
    pub low: f64,
    /// Upper end.
    pub high: f64,
}

/// Shares of the ends.
const ENDS: [f64; 2] = [0.025, 0.975];

/// At most so many values of the jackknife; more clusters are left out in groups, which estimates the same acceleration.
const MAX_JACKKNIFE: usize = 200;

/// The bias-corrected and accelerated 95 % interval (Efron 1987) of a statistic over `n_clusters` clusters.
///
/// `statistic` gets the drawn clusters, some of them more than once. The raters stay as they are: the interval speaks of
/// other items judged by these raters.
///
/// # Errors
/// The reason of the statistic itself; [`Undefined::TooFew`] below two clusters, [`Undefined::Unstable`] if more than 5 %
/// of the samples have no value.
pub fn bootstrap(
    n_clusters: usize,
    n_draws: usize,
    seed: u64,
    statistic: impl Fn(&[usize]) -> Value,
) -> Result<Interval, Undefined> {
    let all: Vec<usize> = (0..n_clusters).collect();
    let estimate = statistic(&all)?;
    if n_clusters < 2 {
        return Err(Undefined::TooFew);
    }
    let mut random = stream(seed, "bootstrap", &[]);
    let mut sample = vec![0; n_clusters];
    let mut draws = Vec::with_capacity(n_draws);
    for _ in 0..n_draws {
        sample.fill_with(|| random.random_range(0..n_clusters));
        draws.extend(statistic(&sample).ok());
    }
    if draws.len() * 20 < n_draws * 19 {
        return Err(Undefined::Unstable);
    }
    let n_groups = n_clusters.min(MAX_JACKKNIFE);
    let without = |group: usize| {
        let rest: Vec<usize> = (0..n_clusters).filter(|&cluster| cluster % n_groups != group).collect();
        statistic(&rest)
    };
    let jackknife: Vec<f64> = (0..n_groups).filter_map(|group| without(group).ok()).collect();
    Ok(bca(estimate, &mut draws, &jackknife))
}

/// The BCa interval from the estimate, its bootstrap draws (sorted here) and its jackknife values. Without spread the
/// interval is the estimate itself.
pub fn bca(estimate: f64, draws: &mut [f64], jackknife: &[f64]) -> Interval {
    draws.sort_by(f64::total_cmp);
    let (below, not_above) =
        (draws.partition_point(|draw| *draw < estimate), draws.partition_point(|draw| *draw <= estimate));
    let normal = Normal::standard();
    let share = f64::midpoint(below as f64, not_above as f64) / draws.len() as f64;
    if below == 0 && not_above == draws.len() {
        return Interval { low: estimate, high: estimate };
    }
    // All draws on one side of the estimate: as far as this number of draws can tell.
    let least = 0.5 / draws.len() as f64;
    let bias = normal.inverse_cdf(share.clamp(least, 1.0 - least));
    let mean = jackknife.iter().sum::<f64>() / jackknife.len() as f64;
    let (mut squares, mut cubes) = (0.0, 0.0);
    for value in jackknife {
        squares += (mean - value).powi(2);
        cubes += (mean - value).powi(3);
    }
    let acceleration = if squares > 0.0 { cubes / (6.0 * squares.powf(1.5)) } else { 0.0 };
    let end = |share: f64| {
        let z = bias + normal.inverse_cdf(share);
        quantile(draws, normal.cdf(bias + z / (1.0 - acceleration * z)))
    };
    let [low, high] = ENDS.map(end);
    Interval { low, high }
}

/// The quantile of sorted values, linear between them.
fn quantile(sorted: &[f64], share: f64) -> f64 {
    let place = share.clamp(0.0, 1.0) * (sorted.len() - 1) as f64;
    let index = (place.floor() as usize).min(sorted.len() - 1);
    let next = (index + 1).min(sorted.len() - 1);
    sorted[index] + (place - index as f64) * (sorted[next] - sorted[index])
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::statistics::mean;

    #[test]
    fn seeded_and_sensible() {
        let values: Vec<f64> = (0..200).map(|index| f64::from(index % 7)).collect();
        let of = |sample: &[usize]| mean(&sample.iter().map(|&index| values[index]).collect::<Vec<_>>());
        let interval = bootstrap(200, 2_000, 3, of).unwrap();
        assert_eq!(interval, bootstrap(200, 2_000, 3, of).unwrap());
        // 1.96 standard errors of a mean with standard deviation 2 over 200 values are 0.28.
        let (mean, half) = (mean(&values).unwrap(), 0.28);
        assert!((interval.low - (mean - half)).abs() < 0.03, "{interval:?}");
        assert!((interval.high - (mean + half)).abs() < 0.03, "{interval:?}");
    }

    #[test]
    fn no_spread_and_no_value_are_told() {
        assert_eq!(bootstrap(9, 100, 0, |_| Ok(2.0)), Ok(Interval { low: 2.0, high: 2.0 }));
        assert_eq!(bootstrap(9, 100, 0, |_| Err(Undefined::NoVariance)), Err(Undefined::NoVariance));
        assert_eq!(bootstrap(1, 100, 0, |_| Ok(1.0)), Err(Undefined::TooFew));
        let rarely = |sample: &[usize]| if sample[0] == 0 { Ok(1.0) } else { Err(Undefined::NoVariance) };
        assert_eq!(bootstrap(9, 100, 0, rarely), Err(Undefined::Unstable));
    }
}
