//! Do automatic metrics rank systems as people do?

use serde::Serialize;

use crate::{
    exchange::AutomaticScore,
    statistics::{Undefined, pearson, pearson_test, spearman},
};

use super::{Measure, SystemReport};

/// A metric against a human measure, over systems.
#[derive(Clone, Debug, Serialize)]
pub struct AutomaticCorrelation {
    /// The metric.
    pub metric: String,
    /// The human measure.
    pub measure: Measure,
    /// Systems with both; few systems make wide intervals.
    pub n_systems: usize,
    /// Pearson's r over systems.
    pub pearson: Option<f64>,
    /// Lower end of its 95 % interval by Fisher's z; from four systems on.
    pub low: Option<f64>,
    /// Upper end.
    pub high: Option<f64>,
    /// Spearman's ρ over systems.
    pub spearman: Option<f64>,
    /// Why there is no correlation.
    pub undefined: Option<Undefined>,
}

/// People's replies are left out: a metric that tells people from machines need not rank machines.
pub(super) fn all(
    systems: &[SystemReport],
    reference: Option<&str>,
    scores: &[AutomaticScore],
) -> Vec<AutomaticCorrelation> {
    let mut metrics: Vec<&str> = Vec::new();
    for score in scores {
        if !metrics.contains(&&*score.metric) {
            metrics.push(&score.metric);
        }
    }
    let mut correlations = Vec::new();
    for metric in metrics {
        for measure in [Measure::Sensibleness, Measure::SpecificityZeroCounted, Measure::Average] {
            let value = |system: &str| {
                scores.iter().find(|score| score.metric == metric && score.system == system).map(|score| score.value)
            };
            let systems = systems.iter().filter(|system| Some(&*system.system) != reference);
            let (human, automatic): (Vec<f64>, Vec<f64>) =
                systems.filter_map(|system| system.measure(measure).mean.value.zip(value(&system.system))).unzip();
            let r = pearson(&human, &automatic);
            let interval = pearson_test(&human, &automatic).ok();
            correlations.push(AutomaticCorrelation {
                metric: metric.to_owned(),
                measure,
                n_systems: human.len(),
                pearson: r.ok(),
                low: interval.map(|test| test.low),
                high: interval.map(|test| test.high),
                spearman: spearman(&human, &automatic).ok(),
                undefined: r.err(),
            });
        }
    }
    correlations
}
