//! What the pages read of a report's JSON; its documents have the rest.

use serde::Deserialize;

use crate::words::report as w;

/// A value with its interval, or why it has none.
#[derive(Clone, Debug, Default, Deserialize)]
pub(crate) struct Estimate {
    pub(crate) value: Option<f64>,
    pub(crate) low: Option<f64>,
    pub(crate) high: Option<f64>,
    undefined: Option<String>,
}

impl Estimate {
    /// As in a table.
    pub(crate) fn shown(&self) -> String {
        let why = || match self.undefined.as_deref() {
            Some("no-variance") => w::no_variance(),
            Some("no-overlap") => w::no_overlap(),
            Some("unstable") => w::unstable(),
            _ => w::too_few(),
        };
        match (self.value, self.low, self.high) {
            (Some(value), Some(low), Some(high)) => format!("{value:.2} [{low:.2}, {high:.2}]"),
            (Some(value), ..) => format!("{value:.2}"),
            (None, ..) => format!("– ({})", why()),
        }
    }
}

#[derive(Clone, Debug, Deserialize)]
pub(crate) struct Measured {
    pub(crate) measure: String,
    pub(crate) mean: Estimate,
}

/// What a system got.
#[derive(Clone, Debug, Deserialize)]
pub(crate) struct System {
    pub(crate) system: String,
    measures: Vec<Measured>,
    pub(crate) sensibleness: [u64; 6],
    pub(crate) specificity: [u64; 6],
}

impl System {
    /// The mean under a measure.
    pub(crate) fn mean(&self, measure: &str) -> Option<Estimate> {
        self.measures.iter().find(|measured| measured.measure == measure).map(|measured| measured.mean.clone())
    }
}

/// A system against the baseline.
#[derive(Clone, Debug, Deserialize)]
pub(crate) struct Contrast {
    pub(crate) system: String,
    pub(crate) measure: String,
    pub(crate) difference: Estimate,
    pub(crate) p: Option<f64>,
    pub(crate) p_holm: Option<f64>,
    pub(crate) cliffs_delta: Option<f64>,
}

/// Agreement under a measure.
#[derive(Clone, Debug, Deserialize)]
pub(crate) struct Agreement {
    pub(crate) measure: String,
    pub(crate) statistics: Vec<(String, Estimate)>,
}

/// Table 3 as the authors compute it.
#[derive(Clone, Debug, Deserialize)]
pub(crate) struct Paper {
    pub(crate) rows: Vec<PaperRow>,
    pub(crate) pearson_of_script: Option<f64>,
    pub(crate) notes: Vec<String>,
}

#[derive(Clone, Debug, Deserialize)]
pub(crate) struct PaperRow {
    pub(crate) system: String,
    pub(crate) sensibleness: f64,
    pub(crate) specificity: f64,
    pub(crate) average: f64,
}

/// The report.
#[derive(Clone, Debug, Deserialize)]
pub(crate) struct Report {
    pub(crate) n_items: u64,
    pub(crate) n_raters: u64,
    pub(crate) n_judged_replies: u64,
    pub(crate) n_pages_wanted: u64,
    pub(crate) n_pages_done: u64,
    pub(crate) n_draws: u64,
    pub(crate) baseline: Option<String>,
    pub(crate) systems: Vec<System>,
    pub(crate) contrasts: Vec<Contrast>,
    pub(crate) agreement: Vec<Agreement>,
    pub(crate) paper: Result<Paper, String>,
}
