//! The report of a study: Table 3 with what reviewers ask for.
//!
//! [`Report::of`] computes everything once; the files beside it only print it. Intervals are 95 % BCa bootstrap intervals
//! over items: they speak of other items judged by these raters.

mod agreement;
mod automatic;
mod charts;
mod contrasts;
mod cube;
mod html;
mod latex;
mod markdown;
mod paper;
mod raters;
mod systems;
mod tables;

use serde::Serialize;

use crate::{
    StudyError,
    exchange::AutomaticScore,
    statistics::{Undefined, Value, bootstrap},
    store::Ratings,
};

pub use agreement::{Agreement, AgreementStatistic};
pub use automatic::AutomaticCorrelation;
pub use contrasts::Contrast;
pub use cube::Measure;
pub use paper::{PaperRow, PaperTable};
pub use raters::RaterReport;
pub use systems::{MeasureSummary, SystemReport};

use cube::Cube;

/// How a report is computed.
#[derive(Clone, Debug)]
pub struct ReportOptions {
    /// Bootstrap samples of each interval.
    pub n_draws: usize,
    /// Sign patterns of each permutation test.
    pub n_permutations: u64,
    /// Seed of both.
    pub seed: u64,
    /// Whether raters appear by name.
    pub names: bool,
    /// Scores of automatic metrics, if they are to be compared.
    pub automatic: Vec<AutomaticScore>,
}

impl Default for ReportOptions {
    fn default() -> Self {
        Self { n_draws: 2_000, n_permutations: 10_000, seed: 0, names: false, automatic: Vec::new() }
    }
}

/// A value with its interval, or why it has none.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Estimate {
    /// The value.
    pub value: Option<f64>,
    /// Lower end of the 95 % interval.
    pub low: Option<f64>,
    /// Upper end.
    pub high: Option<f64>,
    /// Why there is no value or no interval.
    pub undefined: Option<Undefined>,
}

impl Estimate {
    /// A statistic over items with its bootstrap interval.
    pub(crate) fn bootstrapped(n_items: usize, options: &ReportOptions, statistic: impl Fn(&[usize]) -> Value) -> Self {
        let all: Vec<usize> = (0..n_items).collect();
        match statistic(&all) {
            Err(undefined) => Self { value: None, low: None, high: None, undefined: Some(undefined) },
            Ok(value) => match bootstrap(n_items, options.n_draws, options.seed, statistic) {
                Ok(interval) => {
                    Self { value: Some(value), low: Some(interval.low), high: Some(interval.high), undefined: None }
                }
                Err(undefined) => Self { value: Some(value), low: None, high: None, undefined: Some(undefined) },
            },
        }
    }
}

/// A report. Its JSON is a file format.
#[derive(Clone, Debug, Serialize)]
pub struct Report {
    /// Title of the study.
    pub study: String,
    /// Hash of design and items.
    pub design_hash: String,
    /// Language of the replies.
    pub language: String,
    /// Items with at least one judgement.
    pub n_items: usize,
    /// Raters with at least one judgement.
    pub n_raters: usize,
    /// Raters of each item by the design.
    pub raters_per_item: u32,
    /// Replies judged, each rater's counted.
    pub n_judged_replies: usize,
    /// Pages that the design asks for and those that are done.
    pub n_pages_wanted: usize,
    /// See there.
    pub n_pages_done: usize,
    /// Bootstrap samples of each interval.
    pub n_draws: usize,
    /// Seed of the resampling.
    pub seed: u64,
    /// The system that the others were tested against.
    pub baseline: Option<String>,
    /// The system that is people's replies.
    pub reference: Option<String>,
    /// Each system.
    pub systems: Vec<SystemReport>,
    /// Each test against the baseline.
    pub contrasts: Vec<Contrast>,
    /// Agreement of raters, by measure.
    pub agreement: Vec<Agreement>,
    /// Each rater.
    pub raters: Vec<RaterReport>,
    /// Mean of the average score at each position of a page: what the order did.
    pub mean_by_position: Vec<Option<f64>>,
    /// Correlation with automatic metrics.
    pub automatic: Vec<AutomaticCorrelation>,
    /// Table 3 as the paper's authors compute it, or why it cannot be computed so.
    pub paper: Result<PaperTable, String>,
}

/// Each rater, without the rest of the report: quick enough to look at while others rate.
#[must_use]
pub fn rater_reports(ratings: &Ratings, options: &ReportOptions) -> Vec<RaterReport> {
    raters::all(ratings, &Cube::of(ratings), options)
}

impl Report {
    /// Computes the report of what was rated so far.
    ///
    /// # Errors
    /// [`StudyError::NoRatings`] if there is nothing yet.
    pub fn of(ratings: &Ratings, options: &ReportOptions) -> Result<Self, StudyError> {
        let cube = Cube::of(ratings);
        if cube.n_judged() == 0 {
            return Err(StudyError::NoRatings);
        }
        let progress = ratings.progress();
        let systems = systems::all(&cube, options);
        Ok(Self {
            study: ratings.design.name.clone(),
            design_hash: ratings.design_hash.clone(),
            language: ratings.design.language.clone(),
            n_items: cube.items_judged(),
            n_raters: cube.raters_judging(),
            raters_per_item: ratings.design.raters_per_item,
            n_judged_replies: cube.n_judged(),
            n_pages_wanted: progress.n_pages_wanted,
            n_pages_done: progress.n_pages_done,
            n_draws: options.n_draws,
            seed: options.seed,
            baseline: ratings.design.baseline.clone(),
            reference: ratings.design.reference.clone(),
            contrasts: contrasts::all(&cube, &ratings.design, options),
            agreement: agreement::all(&cube, options),
            raters: raters::all(ratings, &cube, options),
            mean_by_position: cube::mean_by_position(ratings),
            automatic: automatic::all(&systems, ratings.design.reference.as_deref(), &options.automatic),
            paper: paper::table(&cube),
            systems,
        })
    }

    /// As JSON.
    #[must_use]
    pub fn to_json(&self) -> String {
        serde_json::to_string_pretty(self).expect("a report is plain data") + "\n"
    }

    /// As Markdown.
    #[must_use]
    pub fn to_markdown(&self) -> String {
        markdown::render(self)
    }

    /// As a LaTeX table in the layout of the paper's Table 3, with intervals and tests.
    #[must_use]
    pub fn to_latex(&self) -> String {
        latex::render(self)
    }

    /// As one HTML file that loads nothing, with charts.
    #[must_use]
    pub fn to_html(&self) -> String {
        html::render(self)
    }
}

/// A number with two decimals, or a dash.
fn shown(value: Option<f64>) -> String {
    value.map_or_else(|| "–".to_owned(), |value| format!("{value:.2}"))
}

/// A value with its interval, or why it has none.
pub(crate) fn shown_estimate(estimate: &Estimate) -> String {
    match (estimate.value, estimate.low, estimate.high, estimate.undefined) {
        (Some(value), Some(low), Some(high), _) => format!("{value:.2} [{low:.2}, {high:.2}]"),
        (Some(value), .., Some(why)) => format!("{value:.2} (no interval: {why})"),
        (Some(value), ..) => format!("{value:.2}"),
        (None, .., why) => why.map_or_else(|| "–".to_owned(), |why| format!("– ({why})")),
    }
}

/// A p value with three decimals; never 0.
fn shown_p(p: f64) -> String {
    if p < 0.001 { "< 0.001".to_owned() } else { format!("{p:.3}") }
}
