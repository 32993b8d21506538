//! All metrics of a system with their uncertainty, beside the references and a baseline. Owns the shape of a report; how
//! it is shown is the program's.

use serde::Serialize;

use crate::{
    Direction, Interval, Metric, Prepared, Resampling, Sample, SampleError, Scope, metrics, paired_bootstrap_p,
    percentile_interval,
};

/// One metric of a system.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Row {
    /// Name in JSON.
    pub name: &'static str,
    /// Name in tables.
    pub title: &'static str,
    /// What it says.
    pub summary: &'static str,
    /// Which direction is better.
    pub direction: Direction,
    /// The value; the average over the draws if one value needs one draw only.
    pub value: f64,
    /// The value of each draw, if one value needs one draw only.
    pub draws: Vec<f64>,
    /// Standard deviation over the draws, from two on.
    pub deviation_over_draws: Option<f64>,
    /// 95 % interval over utterances.
    pub interval: Option<[f64; 2]>,
    /// How the interval was found.
    pub interval_by: Interval,
    /// The value of the first references as replies.
    pub references: Option<f64>,
    /// Against the baseline.
    pub baseline: Option<Versus>,
}

/// A system against a baseline in one metric.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Versus {
    /// The value of the baseline.
    pub value: f64,
    /// System minus baseline.
    pub difference: f64,
    /// 95 % bootstrap interval of the difference, if the metric is bootstrapped.
    pub difference_interval: Option<[f64; 2]>,
    /// p of the paired bootstrap test, if the metric is bootstrapped.
    pub bootstrap_p: Option<f64>,
    /// p of the approximate randomisation test.
    pub randomisation_p: Option<f64>,
}

/// Evaluates every metric that is defined for the sample. Without trials there are values only.
///
/// # Errors
/// [`SampleError::Unpaired`] if the baseline has another number of replies or draws.
pub fn report(
    system: &Sample<'_>,
    baseline: Option<&Sample<'_>>,
    resampling: Resampling,
) -> Result<Vec<Row>, SampleError> {
    let pooled = baseline.map(|baseline| system.pooled(baseline)).transpose()?;
    let pair = baseline.zip(pooled.as_ref());
    let references = system.first_references();
    let row = |metric: &&dyn Metric| row(*metric, system, references.as_ref(), pair, resampling);
    Ok(metrics::ALL.iter().filter_map(row).collect())
}

fn row(
    metric: &dyn Metric,
    system: &Sample<'_>,
    references: Option<&Sample<'_>>,
    pair: Option<(&Sample<'_>, &Sample<'_>)>,
    resampling: Resampling,
) -> Option<Row> {
    let prepared = metric.prepare(system)?;
    let n_items = system.n_items() as u32;
    let value = metric.value(system)?;
    let draws: Vec<f64> = match metric.scope() {
        Scope::Draw => (0..system.n_draws()).filter_map(|draw| metric.value(&system.draw(draw))).collect(),
        Scope::AllDraws => Vec::new(),
    };
    let resampled = match metric.interval() {
        Interval::Bootstrap => resampling.bootstrap(&*prepared, n_items),
        Interval::Jackknife => Vec::new(),
    };
    let interval = match metric.interval() {
        Interval::Bootstrap => percentile_interval(&resampled),
        Interval::Jackknife if resampling.n_trials == 0 => None,
        Interval::Jackknife => resampling.jackknife(&*prepared, n_items),
    };
    let versus = |(baseline, pooled): (&Sample<'_>, &Sample<'_>)| {
        let (baseline, pooled) = (metric.prepare(baseline)?, metric.prepare(pooled)?);
        Some(versus(value, &resampled, &*baseline, &*pooled, n_items, resampling))
    };
    Some(Row {
        name: metric.name(),
        title: metric.title(),
        summary: metric.summary(),
        direction: metric.direction(),
        value,
        deviation_over_draws: deviation(&draws),
        draws,
        interval,
        interval_by: metric.interval(),
        references: references.and_then(|references| metric.value(references)),
        baseline: pair.and_then(versus),
    })
}

/// `resampled` are the bootstrap values of the system, or nothing if the metric is not bootstrapped.
fn versus(
    value: f64,
    resampled: &[f64],
    baseline: &dyn Prepared,
    pooled: &dyn Prepared,
    n_items: u32,
    resampling: Resampling,
) -> Versus {
    let all: Vec<u32> = (0..n_items).collect();
    let baseline_value = baseline.value(&all);
    let difference = value - baseline_value;
    let mut versus = Versus {
        value: baseline_value,
        difference,
        difference_interval: None,
        bootstrap_p: None,
        randomisation_p: (resampling.n_trials > 0).then(|| resampling.randomisation_p(pooled, n_items)),
    };
    if !resampled.is_empty() {
        let of_baseline = resampling.bootstrap(baseline, n_items);
        let differences: Vec<f64> = resampled.iter().zip(&of_baseline).map(|(one, other)| one - other).collect();
        versus.difference_interval = percentile_interval(&differences);
        versus.bootstrap_p = Some(paired_bootstrap_p(resampled, &of_baseline, difference));
    }
    versus
}

/// Sample standard deviation (divisor n − 1); `None` for fewer than two values.
fn deviation(values: &[f64]) -> Option<f64> {
    let centre = metrics::mean(values.iter().copied());
    let squares: f64 = values.iter().map(|value| (value - centre).powi(2)).sum();
    (values.len() > 1).then(|| (squares / (values.len() - 1) as f64).sqrt())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sample::tests::Owned;

    const RESAMPLING: Resampling = Resampling { n_trials: 200, seed: 1 };

    fn replies(word: &str) -> Vec<String> {
        (0..40).map(|idx| format!("{word} saw {} dogs and {word} cats {}", idx % 5, idx % 7)).collect()
    }

    fn references() -> Vec<Vec<String>> {
        (0..40).map(|idx| vec![format!("we saw {} dogs and no cats {}", idx % 5, idx % 7)]).collect()
    }

    fn find<'a>(rows: &'a [Row], name: &str) -> &'a Row {
        rows.iter().find(|row| row.name == name).unwrap()
    }

    #[test]
    fn a_report_has_values_intervals_and_tests() {
        let (system, baseline) = (
            Owned::new(&[replies("we"), replies("i")], &references()),
            Owned::new(&[replies("x"), replies("y")], &references()),
        );
        let rows = report(&system.sample(), Some(&baseline.sample()), RESAMPLING).unwrap();
        let bleu = find(&rows, "bleu");
        let [low, high] = bleu.interval.unwrap();
        assert!(low <= bleu.value && bleu.value <= high, "{bleu:?}");
        assert_eq!(bleu.draws.len(), 2);
        assert_eq!((bleu.draws[0] + bleu.draws[1]) / 2.0, bleu.value);
        assert!(bleu.deviation_over_draws.unwrap() > 0.0 && bleu.references.is_none());
        let versus = bleu.baseline.unwrap();
        assert!(versus.difference > 0.0 && versus.difference == bleu.value - versus.value);
        assert!(versus.bootstrap_p.unwrap() < 0.05 && versus.randomisation_p.unwrap() < 0.05, "{versus:?}");
        let distinct = find(&rows, "distinct-1");
        assert!(distinct.references.unwrap() > 0.0 && distinct.baseline.unwrap().bootstrap_p.is_none());
        assert!(rows.iter().any(|row| row.name == "coverage-bleu-recall" && row.draws.is_empty()));
    }

    #[test]
    fn without_references_or_trials_there_are_fewer_numbers() {
        let owned = Owned::new(&[replies("we")], &[]);
        let rows = report(&owned.sample(), None, Resampling { n_trials: 0, seed: 1 }).unwrap();
        assert!(rows.iter().all(|row| row.interval.is_none() && row.baseline.is_none() && row.name != "bleu"));
        assert!(rows.iter().any(|row| row.name == "distinct-2"));
    }

    #[test]
    fn a_copy_does_not_differ() {
        let owned = Owned::new(&[replies("we")], &references());
        for row in report(&owned.sample(), Some(&owned.sample()), RESAMPLING).unwrap() {
            let versus = row.baseline.unwrap();
            assert_eq!((versus.difference, versus.randomisation_p), (0.0, Some(1.0)), "{}", row.name);
            assert!(versus.bootstrap_p.is_none_or(|p| p == 1.0), "{}", row.name);
        }
    }
}
