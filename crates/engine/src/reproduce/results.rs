//! What a reproduction gives: the numbers of every row and where they come from.

use std::path::PathBuf;

use repartee_corpus::Language;
use repartee_generate::Strategy;
use repartee_metrics::{ModeCoverage, Row};
use serde::Serialize;

use super::{Claim, PaperFigures};

/// The results.
#[derive(Clone, Debug, Serialize)]
pub struct Reproduction {
    /// The language of the corpus.
    pub language: Language,
    /// The corpus folder.
    pub corpus: PathBuf,
    /// The size.
    pub preset: PathBuf,
    /// Single values laid over it.
    pub settings: Vec<String>,
    /// Test utterances scored.
    pub n_utterances: usize,
    /// Decodings of each row.
    pub n_seeds: u64,
    /// Seed of all.
    pub seed: u64,
    /// How tokens were chosen.
    pub strategy: Strategy,
    /// How text was cut for BLEU, dist-n and length.
    pub segmentation: &'static str,
    /// Device, version and commit that decoded and scored.
    pub device: String,
    /// The program's version.
    pub version: String,
    /// The program's commit.
    pub commit: String,
    /// dist-1 and dist-2 of the first references.
    pub reference_distinct: [f64; 2],
    /// The paper's.
    pub paper_reference_distinct: [f64; 2],
    /// The rows, in the paper's order.
    pub rows: Vec<RowResult>,
    /// What the paper says, and whether it holds here.
    pub claims: Vec<Claim>,
    /// Replies of all rows to the same utterances (the paper's Table 4).
    pub examples: Vec<Example>,
}

/// One row.
#[derive(Clone, Debug, Serialize)]
pub struct RowResult {
    /// The row's name.
    pub name: &'static str,
    /// Its name in tables.
    pub title: &'static str,
    /// K of speculative sampling.
    pub k: Option<usize>,
    /// The run.
    pub run: PathBuf,
    /// BLAKE3 of the checkpoint.
    pub checkpoint_blake3: String,
    /// Updates of the checkpoint.
    pub update: u64,
    /// NLL under the posterior on dev, nats per sentence.
    pub dev_nll_nats_per_sentence: f64,
    /// The same under the prior.
    pub dev_nll_prior_nats_per_sentence: f64,
    /// KL(q‖p) on dev, nats per sentence; none where latents are points.
    pub dev_kl_nats_per_sentence: Option<f64>,
    /// Replies cut at the length limit, over all decodings.
    pub n_unfinished: usize,
    /// Every metric, with its spread over the seeds, its interval, and against T-CVAE.
    pub metrics: Vec<Row>,
    /// BLEU, dist-1 and dist-2 against speculative sampling with K = 5.
    pub against_speculative_5: Vec<Row>,
    /// Mode coverage, on planted corpora.
    pub modes: Option<ModeCoverage>,
    /// The paper's figures.
    pub paper: PaperFigures,
}

impl RowResult {
    /// A metric for tables: its value and, over several seeds, ± their standard deviation.
    pub fn shown(&self, name: &str) -> String {
        self.metric(name).map_or_else(
            || "–".to_owned(),
            |row| {
                let deviation =
                    row.deviation_over_draws.map_or_else(String::new, |deviation| format!(" ± {deviation:.2}"));
                format!("{:.2}{deviation}", row.value)
            },
        )
    }

    /// A metric by its name.
    pub fn metric(&self, name: &str) -> Option<&Row> {
        self.metrics.iter().find(|row| row.name == name)
    }
}

/// One utterance with a reply of every row.
#[derive(Clone, Debug, Serialize)]
pub struct Example {
    /// The utterance.
    pub utterance: String,
    /// Its first reference.
    pub reference: String,
    /// Title of the row and its reply under the first seed.
    pub replies: Vec<(&'static str, String)>,
}
