//! `repartee vocab embed`.

use std::{path::PathBuf, process::ExitCode, time::Instant};

use anyhow::Context as _;
use repartee_engine::corpus::{
    Corpus, EmbeddingFormat, EmbeddingOptions, EmbeddingProgress, Vocabulary, train_embeddings,
};
use serde::Serialize;

use super::super::{print_json, print_line, shown};
use crate::{context::Global, progress::Progress};

/// Train CBOW embeddings (word2vec) of the vocabulary's pieces on the utterances and replies of the training pairs. Pieces
/// that are rarer than --min-count get no vector. The same seed gives the same file, whatever the number of threads.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  repartee vocab embed corpus
  repartee vocab embed corpus --size 256 --epochs 10
  repartee vocab embed corpus --format text --out embeddings.txt")]
pub(super) struct Embed {
    /// The corpus folder, with a vocabulary
    corpus: PathBuf,
    /// Numbers per piece; must be the model's
    #[arg(long, default_value_t = 512, value_name = "N")]
    size: usize,
    /// Pieces to each side that count as context at most
    #[arg(long, default_value_t = 5, value_name = "N")]
    window: usize,
    /// Least number of times that a piece must occur
    #[arg(long, default_value_t = 5, value_name = "N")]
    min_count: u64,
    /// Noise pieces per position
    #[arg(long, default_value_t = 5, value_name = "N")]
    negatives: usize,
    /// Passes over the lines
    #[arg(long, default_value_t = 5, value_name = "N")]
    epochs: usize,
    /// Lines to train on at most, sampled
    #[arg(long, default_value_t = 1_000_000, value_name = "N")]
    max_lines: usize,
    /// Threads to use [default: all]
    #[arg(long, value_name = "N")]
    threads: Option<usize>,
    /// Format of the file: binary or text, as word2vec has them
    #[arg(long, default_value = "binary", value_name = "FORMAT")]
    format: EmbeddingFormat,
    /// The file to write [default: embeddings.bin in the corpus folder]
    #[arg(long, value_name = "FILE", required_if_eq("format", "text"))]
    out: Option<PathBuf>,
}

#[derive(Serialize)]
struct Report {
    path: PathBuf,
    pieces: usize,
    without_vector: usize,
    size: usize,
    words: u64,
    words_per_second: f64,
    loss_nats_per_position: Option<f64>,
    blake3: String,
}

impl Embed {
    pub(super) fn run(self, global: &Global) -> anyhow::Result<ExitCode> {
        let corpus = Corpus::open(&self.corpus)?;
        let vocabulary = Vocabulary::load(&corpus.vocabulary_path())
            .context("the corpus has no usable vocabulary; make one with `repartee vocab train`")?;
        let options = EmbeddingOptions {
            size: self.size,
            window: self.window,
            min_count: self.min_count,
            negatives: self.negatives,
            epochs: self.epochs,
            max_lines: self.max_lines,
            seed: global.seed(),
            threads: self.threads.unwrap_or(0),
            ..EmbeddingOptions::default()
        };
        let path = self.out.unwrap_or_else(|| corpus.embeddings_path());
        let mut shown_progress = Shown::new(global);
        let embeddings = train_embeddings(&corpus, &vocabulary, &options, (&path, self.format), &mut |at| {
            shown_progress.show(at);
        });
        shown_progress.progress.finish();
        let embeddings = embeddings?;
        let pieces = embeddings.pieces().len();
        let report = Report {
            pieces,
            without_vector: vocabulary.size() - pieces,
            size: embeddings.size(),
            words: shown_progress.words,
            words_per_second: shown_progress.words_per_second,
            loss_nats_per_position: shown_progress.loss_nats_per_position,
            blake3: embeddings.hash(),
            path,
        };
        if global.json {
            print_json(&report)?;
        } else {
            print_line(&format!(
                "{} vectors of {} numbers in {}; {} pieces are too rare for one ({:.0} words/s)",
                report.pieces,
                report.size,
                shown(&report.path),
                report.without_vector,
                report.words_per_second
            ))?;
        }
        Ok(ExitCode::SUCCESS)
    }
}

/// The progress and what the report needs of it.
struct Shown<'a> {
    global: &'a Global,
    progress: Progress,
    /// When the first pass began.
    started: Option<Instant>,
    words: u64,
    words_per_second: f64,
    loss_nats_per_position: Option<f64>,
}

impl<'a> Shown<'a> {
    fn new(global: &'a Global) -> Self {
        let progress = Progress::new(global, "embeddings", None);
        Self { global, progress, started: None, words: 0, words_per_second: 0.0, loss_nats_per_position: None }
    }

    fn show(&mut self, at: EmbeddingProgress) {
        match at {
            EmbeddingProgress::Reading { lines } => self.progress.set(lines, "lines read"),
            EmbeddingProgress::Encoding { lines, total_lines } => {
                self.progress.set_total(Some(total_lines));
                self.progress.set(lines, "lines, cut into pieces");
            }
            EmbeddingProgress::Training { words, total_words, loss_nats_per_position } => {
                let Some(started) = self.started else {
                    // Rates and the ETA are those of the training alone.
                    self.progress.finish();
                    self.progress = Progress::new(self.global, "embeddings", Some(total_words));
                    self.started = Some(Instant::now());
                    return;
                };
                self.words = words;
                self.words_per_second = words as f64 / started.elapsed().as_secs_f64();
                self.loss_nats_per_position = loss_nats_per_position.or(self.loss_nats_per_position);
                let loss = loss_nats_per_position.map_or_else(String::new, |loss| format!(", loss {loss:.3}"));
                self.progress.set(words, &format!("words, {:.0} words/s{loss}", self.words_per_second));
            }
            EmbeddingProgress::Written { pieces } => self.progress.set(pieces as u64, "vectors written"),
        }
    }
}
