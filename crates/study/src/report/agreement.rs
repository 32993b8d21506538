//! How far raters agree, by measure: pooled over systems as the paper does, and within systems.

use serde::Serialize;

use crate::statistics::{
    IccKind, KappaWeights, Level, Undefined, Units, Value, icc, krippendorff_alpha, pearson, spearman, weighted_kappa,
    within_one,
};

use super::{Estimate, Measure, ReportOptions, cube::Cube};

/// Agreement under a measure.
#[derive(Clone, Debug, Serialize)]
pub struct Agreement {
    /// Which.
    pub measure: Measure,
    /// Replies with two judgements or more.
    pub n_replies: usize,
    /// Each statistic.
    pub statistics: Vec<(AgreementStatistic, Estimate)>,
}

/// A statistic of agreement.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
#[expect(missing_docs, reason = "their names say it; the statistics module defines them")]
pub enum AgreementStatistic {
    Pearson,
    PearsonWithinSystem,
    Spearman,
    AlphaOrdinal,
    AlphaInterval,
    AlphaNominal,
    KappaLinear,
    KappaQuadratic,
    IccOneWay,
    IccAgreement,
    IccConsistency,
    IccOneWayAverage,
    IccAgreementAverage,
    IccConsistencyAverage,
    WithinOne,
}

impl AgreementStatistic {
    /// All, in the order of tables.
    pub const ALL: [Self; 15] = [
        Self::Pearson,
        Self::PearsonWithinSystem,
        Self::Spearman,
        Self::AlphaOrdinal,
        Self::AlphaInterval,
        Self::AlphaNominal,
        Self::KappaLinear,
        Self::KappaQuadratic,
        Self::IccOneWay,
        Self::IccAgreement,
        Self::IccConsistency,
        Self::IccOneWayAverage,
        Self::IccAgreementAverage,
        Self::IccConsistencyAverage,
        Self::WithinOne,
    ];

    /// Its name in tables.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Pearson => "Pearson r, systems pooled",
            Self::PearsonWithinSystem => "Pearson r, within systems",
            Self::Spearman => "Spearman ρ, systems pooled",
            Self::AlphaOrdinal => "Krippendorff α, ordinal",
            Self::AlphaInterval => "Krippendorff α, interval",
            Self::AlphaNominal => "Krippendorff α, nominal",
            Self::KappaLinear => "weighted κ, linear",
            Self::KappaQuadratic => "weighted κ, quadratic",
            Self::IccOneWay => "ICC(1)",
            Self::IccAgreement => "ICC(A,1)",
            Self::IccConsistency => "ICC(C,1)",
            Self::IccOneWayAverage => "ICC(k)",
            Self::IccAgreementAverage => "ICC(A,k)",
            Self::IccConsistencyAverage => "ICC(C,k)",
            Self::WithinOne => "share within one point",
        }
    }

    /// Its value. `centred` are the units minus each rater's mean of the system.
    fn of(self, units: &Units, centred: &Units) -> Value {
        let kappa = |weights| units.mean_of_pairs(|x, y| weighted_kappa(x, y, weights));
        let two_way = |kind, average: bool| {
            let complete = units.complete();
            if complete.is_empty() {
                return Err(Undefined::NoOverlap);
            }
            icc(&complete, kind).map(|icc| if average { icc.average.value } else { icc.single.value })
        };
        let one_way = |average: bool| {
            // Whoever they were: units with as many judgements as most units have.
            let rows = units.compact(usual_count(units).ok_or(Undefined::NoOverlap)?);
            icc(&rows, IccKind::OneWay).map(|icc| if average { icc.average.value } else { icc.single.value })
        };
        match self {
            Self::Pearson => units.mean_of_pairs(pearson),
            Self::PearsonWithinSystem => centred.mean_of_pairs(pearson),
            Self::Spearman => units.mean_of_pairs(spearman),
            Self::AlphaOrdinal => krippendorff_alpha(units, Level::Ordinal),
            Self::AlphaInterval => krippendorff_alpha(units, Level::Interval),
            Self::AlphaNominal => krippendorff_alpha(units, Level::Nominal),
            Self::KappaLinear => kappa(KappaWeights::Linear),
            Self::KappaQuadratic => kappa(KappaWeights::Quadratic),
            Self::IccOneWay => one_way(false),
            Self::IccAgreement => two_way(IccKind::Agreement, false),
            Self::IccConsistency => two_way(IccKind::Consistency, false),
            Self::IccOneWayAverage => one_way(true),
            Self::IccAgreementAverage => two_way(IccKind::Agreement, true),
            Self::IccConsistencyAverage => two_way(IccKind::Consistency, true),
            Self::WithinOne => units.mean_of_pairs(within_one),
        }
    }
}

/// The number of judgements that most units have; at least two.
fn usual_count(units: &Units) -> Option<usize> {
    let mut counts = vec![0_usize; units.n_raters() + 1];
    for row in units.rows() {
        counts[row.iter().flatten().count()] += 1;
    }
    (2..counts.len()).filter(|&n| counts[n] > 0).max_by_key(|&n| counts[n])
}

pub(super) fn all(cube: &Cube, options: &ReportOptions) -> Vec<Agreement> {
    let measures = Measure::ALL.into_iter().filter(|measure| *measure != Measure::TooNoisy);
    measures.map(|measure| one(cube, measure, options)).collect()
}

fn one(cube: &Cube, measure: Measure, options: &ReportOptions) -> Agreement {
    let all: Vec<usize> = (0..cube.n_items).collect();
    let statistic = |statistic: AgreementStatistic| {
        let estimate = Estimate::bootstrapped(cube.n_items, options, |sample| {
            let units = units(cube, measure, sample);
            if statistic == AgreementStatistic::PearsonWithinSystem {
                statistic.of(&units, &centred(cube, measure, sample))
            } else {
                statistic.of(&units, &units)
            }
        });
        (statistic, estimate)
    };
    let n_replies = units(cube, measure, &all).rows().filter(|row| row.iter().flatten().count() >= 2).count();
    Agreement { measure, n_replies, statistics: AgreementStatistic::ALL.map(statistic).to_vec() }
}

/// Replies to the items of a sample, by raters.
fn units(cube: &Cube, measure: Measure, sample: &[usize]) -> Units {
    let row = |item, system| (0..cube.n_raters).map(|rater| cube.read(measure, item, system, rater)).collect();
    let rows = (0..cube.systems.len()).flat_map(|system| sample.iter().map(move |&item| (item, system)));
    Units::new(rows.map(|(item, system)| row(item, system)), cube.n_raters)
}

/// The same, minus each rater's mean of each system: what is left is agreement on replies, not on systems.
fn centred(cube: &Cube, measure: Measure, sample: &[usize]) -> Units {
    let mut rows = Vec::new();
    for system in 0..cube.systems.len() {
        let of_system = |item: usize| -> Vec<Option<f64>> {
            (0..cube.n_raters).map(|rater| cube.read(measure, item, system, rater)).collect()
        };
        let of_system: Vec<Vec<Option<f64>>> = sample.iter().map(|&item| of_system(item)).collect();
        let means: Vec<f64> = (0..cube.n_raters)
            .map(|rater| {
                let scores = of_system.iter().filter_map(|row| row[rater]);
                let (sum, n) = scores.fold((0.0, 0.0), |(sum, n), score| (sum + score, n + 1.0));
                if n > 0.0 { sum / n } else { 0.0 }
            })
            .collect();
        let centre = |row: Vec<Option<f64>>| {
            row.into_iter().zip(&means).map(|(score, mean)| score.map(|score| score - mean)).collect::<Vec<_>>()
        };
        rows.extend(of_system.into_iter().map(centre));
    }
    Units::new(rows, cube.n_raters)
}
