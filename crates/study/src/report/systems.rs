//! What each system got.

use serde::Serialize;

use crate::{
    Criterion, Judgement,
    statistics::{Histogram, Summary, Undefined, summary},
};

use super::{Estimate, Measure, ReportOptions, cube::Cube};

/// One system.
#[derive(Clone, Debug, Serialize)]
pub struct SystemReport {
    /// Its name.
    pub system: String,
    /// Each measure.
    pub measures: Vec<MeasureSummary>,
    /// Sensibleness: how often each score was given.
    pub sensibleness: Histogram,
    /// Specificity: how often each score was given, 0 for too noisy.
    pub specificity: Histogram,
    /// Judgements skipped, of both criteria.
    pub n_skipped: usize,
    /// Judgements not made though the reply was shown, of both criteria.
    pub n_unrated: usize,
}

/// A measure of a system.
#[derive(Clone, Debug, Serialize)]
pub struct MeasureSummary {
    /// Which.
    pub measure: Measure,
    /// Mean over all judgements with its interval.
    pub mean: Estimate,
    /// Number, spread and median; none without judgements.
    pub summary: Option<Summary>,
}

impl SystemReport {
    /// A measure's summary.
    #[must_use]
    pub fn measure(&self, measure: Measure) -> &MeasureSummary {
        self.measures.iter().find(|summary| summary.measure == measure).expect("every measure is reported")
    }
}

pub(super) fn all(cube: &Cube, options: &ReportOptions) -> Vec<SystemReport> {
    (0..cube.systems.len()).map(|system| one(cube, system, options)).collect()
}

fn one(cube: &Cube, system: usize, options: &ReportOptions) -> SystemReport {
    let mut report = SystemReport {
        system: cube.systems[system].clone(),
        measures: Vec::new(),
        sensibleness: Histogram::default(),
        specificity: Histogram::default(),
        n_skipped: 0,
        n_unrated: 0,
    };
    for measure in Measure::ALL {
        let of_items: Vec<Vec<f64>> =
            (0..cube.n_items).map(|item| cube.of_reply(measure, item, system).collect()).collect();
        let sums: Vec<(f64, f64)> = of_items.iter().map(|scores| (scores.iter().sum(), scores.len() as f64)).collect();
        let mean = Estimate::bootstrapped(cube.n_items, options, |sample| {
            let (sum, n) = sample.iter().fold((0.0, 0.0), |(sum, n), &item| (sum + sums[item].0, n + sums[item].1));
            if n > 0.0 { Ok(sum / n) } else { Err(Undefined::TooFew) }
        });
        report.measures.push(MeasureSummary { measure, mean, summary: summary(&of_items.concat()).ok() });
    }
    let judged =
        (0..cube.n_items).flat_map(|item| (0..cube.n_raters).filter_map(move |rater| cube.judged(item, system, rater)));
    for judged in judged {
        for criterion in Criterion::ALL {
            let judgement = judged.get(criterion);
            let histogram = match criterion {
                Criterion::Sensibleness => &mut report.sensibleness,
                Criterion::Specificity => &mut report.specificity,
            };
            match (judgement, judgement.digit()) {
                (_, Some(digit)) => histogram[usize::from(digit)] += 1,
                (Judgement::Skipped { .. }, _) => report.n_skipped += 1,
                _ => report.n_unrated += 1,
            }
        }
    }
    report
}
