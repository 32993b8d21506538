//! The rows of the paper's Tables 1 and 2: one entry each, with the paper's own figures.

use repartee_corpus::Language;
use serde::Serialize;

/// One system.
#[derive(Debug)]
pub struct RowSpec {
    /// Its name in folders, JSON and on the command line.
    pub name: &'static str,
    /// Its name in tables.
    pub title: &'static str,
    /// The built-in run file.
    pub config: &'static str,
    /// K of speculative sampling, which the run file leaves open.
    pub k: Option<usize>,
    english: PaperFigures,
    japanese: PaperFigures,
}

/// What the paper reports of a system.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct PaperFigures {
    /// Corpus BLEU-4 in percent.
    pub bleu: f64,
    /// dist-1 in percent.
    pub distinct_1: f64,
    /// dist-2 in percent.
    pub distinct_2: f64,
    /// KL(q‖p) in nats per sentence.
    pub kl_nats_per_sentence: Option<f64>,
}

impl RowSpec {
    /// What it changes in its run file.
    pub(super) fn setting(&self) -> Option<String> {
        self.k.map(|k| format!("method.k={k}"))
    }

    /// The paper's figures: Table 1 for English, Table 2 for Japanese.
    #[must_use]
    pub fn paper(&self, language: Language) -> PaperFigures {
        match language {
            Language::English => self.english,
            Language::Japanese => self.japanese,
        }
    }
}

/// The paper's dist-1 and dist-2 of the references.
#[must_use]
pub(super) fn paper_references(language: Language) -> [f64; 2] {
    match language {
        Language::English => [6.20, 41.25],
        Language::Japanese => [4.11, 30.60],
    }
}

const fn figures(bleu: f64, distinct_1: f64, distinct_2: f64, kl: Option<f64>) -> PaperFigures {
    PaperFigures { bleu, distinct_1, distinct_2, kl_nats_per_sentence: kl }
}

const fn row(
    name: &'static str,
    title: &'static str,
    config: &'static str,
    english: PaperFigures,
    japanese: PaperFigures,
) -> RowSpec {
    RowSpec { name, title, config, k: None, english, japanese }
}

const fn speculative(k: usize, names: [&'static str; 2], english: PaperFigures, japanese: PaperFigures) -> RowSpec {
    RowSpec { name: names[0], title: names[1], config: "speculative", k: Some(k), english, japanese }
}

/// Every row that is trained, in the paper's order.
pub const ROWS: [RowSpec; 10] = [
    row("vanilla", "T-CVAE", "vanilla", figures(0.71, 0.71, 3.55, Some(0.00)), figures(2.48, 1.14, 4.24, Some(0.00))),
    row(
        "cyclical",
        "Cyclical annealing",
        "cyclical",
        figures(0.68, 0.72, 3.68, Some(0.09)),
        figures(2.73, 1.19, 4.24, Some(0.09)),
    ),
    row("spacefusion", "SpaceFusion", "spacefusion", figures(0.76, 0.60, 2.87, None), figures(2.86, 1.50, 4.74, None)),
    row("bow", "BoW loss", "bow", figures(0.30, 1.58, 10.99, Some(24.04)), figures(1.97, 1.56, 8.74, Some(24.07))),
    row(
        "monte-carlo",
        "Monte Carlo (5)",
        "monte-carlo",
        figures(0.09, 3.02, 21.54, Some(9.81)),
        figures(0.53, 1.79, 18.25, Some(11.83)),
    ),
    speculative(
        2,
        ["speculative-2", "Speculative (2)"],
        figures(0.62, 0.76, 4.31, Some(0.75)),
        figures(2.69, 1.28, 4.95, Some(0.62)),
    ),
    speculative(
        5,
        ["speculative-5", "Speculative (5)"],
        figures(0.51, 0.89, 5.48, Some(1.96)),
        figures(2.91, 1.57, 6.48, Some(1.57)),
    ),
    speculative(
        10,
        ["speculative-10", "Speculative (10)"],
        figures(0.47, 0.90, 6.06, Some(2.77)),
        figures(2.70, 1.54, 7.00, Some(2.19)),
    ),
    speculative(
        20,
        ["speculative-20", "Speculative (20)"],
        figures(0.43, 0.96, 6.74, Some(3.53)),
        figures(2.40, 1.51, 7.28, Some(2.91)),
    ),
    speculative(
        40,
        ["speculative-40", "Speculative (40)"],
        figures(0.41, 0.98, 7.03, Some(3.98)),
        figures(2.38, 1.55, 7.75, Some(3.24)),
    ),
];

/// The row of a name.
#[must_use]
pub fn row_named(name: &str) -> Option<&'static RowSpec> {
    ROWS.iter().find(|row| row.name == name)
}
