//! What curves are drawn of what is logged.

use repartee_wire::engine::{MetricsKind, MetricsLine};

use crate::words::{Words, train as w};

/// Most points of a line: more cannot be told apart.
const MOST_POINTS: usize = 240;

/// A curve of training, and what belongs to it on dev.
#[derive(Clone, Copy)]
pub(crate) struct Spec {
    pub(crate) title: Words,
    pub(crate) unit: Words,
    /// Its name in lines of updates.
    pub(crate) train: Option<&'static str>,
    /// Its name in lines of evaluations.
    pub(crate) dev: Option<&'static str>,
}

const fn spec(title: Words, unit: Words, train: Option<&'static str>, dev: Option<&'static str>) -> Spec {
    Spec { title, unit, train, dev }
}

/// β in lines of updates.
pub(crate) const KL_WEIGHT: &str = "kl_weight";

/// The charts, in their order. One without points is not shown.
pub(crate) const SPECS: [Spec; 11] = [
    spec(w::chart_nll, w::unit_nats, Some("nll_nats_per_sentence"), Some("nll_nats_per_sentence")),
    spec(w::chart_kl, w::unit_nats, Some("kl_nats_per_sentence"), Some("kl_nats_per_sentence")),
    spec(w::chart_objective, w::unit_nats, Some("objective_nats_per_sentence"), Some("loss_nats_per_sentence")),
    spec(w::chart_bow, w::unit_nats, Some("bow_nats_per_sentence"), Some("bow_nats_per_sentence")),
    spec(w::chart_gain, w::unit_nats, Some("score_gain_nats_per_sentence"), None),
    spec(w::chart_weight, w::unit_none, Some(KL_WEIGHT), None),
    spec(w::chart_rate, w::unit_none, Some("learning_rate"), None),
    spec(w::chart_speed, w::unit_none, Some("tokens_per_second"), None),
    spec(w::chart_norm, w::unit_none, Some("gradient_norm"), None),
    spec(w::chart_units, w::unit_none, None, Some("n_active_units")),
    spec(w::chart_information, w::unit_nats_alone, None, Some("mutual_information_nats")),
];

/// The curves of one run in one chart.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Curves {
    pub(crate) run: String,
    pub(crate) colour: usize,
    /// Updates and values.
    pub(crate) train: Vec<(f64, f64)>,
    pub(crate) dev: Vec<(f64, f64)>,
}

impl Curves {
    /// Of a run's lines.
    pub(crate) fn new(run: &str, colour: usize, lines: &[MetricsLine], spec: Spec) -> Self {
        let points = |kind: MetricsKind, name: Option<&str>| -> Vec<(f64, f64)> {
            let Some(name) = name else { return Vec::new() };
            let of_kind = lines.iter().filter(|line| line.kind == kind);
            of_kind.filter_map(|line| Some((line.update as f64, *line.values.get(name)?))).collect()
        };
        Self {
            run: run.to_owned(),
            colour,
            train: thinned(&points(MetricsKind::Update, spec.train)),
            dev: points(MetricsKind::Evaluation, spec.dev),
        }
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.train.is_empty() && self.dev.is_empty()
    }

    /// The last value of training, else of dev.
    pub(crate) fn last(&self) -> Option<f64> {
        self.train.last().or(self.dev.last()).map(|(_, value)| *value)
    }

    pub(crate) fn all(&self) -> impl Iterator<Item = &(f64, f64)> {
        self.train.iter().chain(&self.dev)
    }
}

/// Averages of neighbours where there are too many points.
fn thinned(points: &[(f64, f64)]) -> Vec<(f64, f64)> {
    let width = points.len().div_ceil(MOST_POINTS).max(1);
    let average = |part: &[(f64, f64)]| {
        let n = part.len() as f64;
        (part.iter().map(|point| point.0).sum::<f64>() / n, part.iter().map(|point| point.1).sum::<f64>() / n)
    };
    points.chunks(width).map(average).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn many_points_become_few_with_the_same_average() {
        let points: Vec<(f64, f64)> = (0..1000).map(|n| (f64::from(n), f64::from(n % 7))).collect();
        let few = thinned(&points);
        assert!(few.len() <= MOST_POINTS && few.len() > MOST_POINTS / 2, "{}", few.len());
        assert_eq!(thinned(&points[..10]), points[..10]);
    }
}
