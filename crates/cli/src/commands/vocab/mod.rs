//! `repartee vocab`.

mod embed;

use std::{path::PathBuf, process::ExitCode};

use repartee_engine::corpus::{Corpus, Vocabulary, VocabularyOptions, VocabularyProgress, train_vocabulary};
use serde::Serialize;

use super::{print_json, print_line, shown};
use crate::{context::Global, progress::Progress};

/// Make a vocabulary and embeddings of its pieces.
#[derive(Debug, clap::Args)]
pub(crate) struct Vocab {
    #[command(subcommand)]
    action: Action,
}

#[derive(Debug, clap::Subcommand)]
enum Action {
    /// Train a unigram vocabulary on a corpus' training pairs
    Train(Train),
    /// Use an existing tokenizer.json for a corpus
    Use(Use),
    /// Train embeddings of a vocabulary's pieces
    Embed(embed::Embed),
}

/// Train one vocabulary for utterances and replies, on at most a million lines, into the corpus folder.
#[derive(Debug, clap::Args)]
#[command(after_help = "Example:\n  repartee vocab train corpus --size 8000")]
struct Train {
    /// The corpus folder
    corpus: PathBuf,
    /// Pieces, specials included
    #[arg(long, default_value_t = 16_000, value_name = "N")]
    size: usize,
    /// Lines to train on at most, sampled
    #[arg(long, default_value_t = 1_000_000, value_name = "N")]
    max_lines: usize,
}

/// Copy a tokenizer.json into the corpus folder after checking that it has the pieces `<s>`, `<pad>`, `</s>`, `<unk>`.
#[derive(Debug, clap::Args)]
struct Use {
    /// The corpus folder
    corpus: PathBuf,
    /// The tokenizer.json
    file: PathBuf,
}

#[derive(Serialize)]
struct Report {
    path: PathBuf,
    size: usize,
    blake3: String,
}

impl Vocab {
    pub(crate) fn run(self, global: &Global) -> anyhow::Result<ExitCode> {
        let (path, vocabulary) = match self.action {
            Action::Train(action) => action.run(global)?,
            Action::Use(Use { corpus, file }) => {
                let (corpus, vocabulary) = (Corpus::open(&corpus)?, Vocabulary::load(&file)?);
                vocabulary.save(&corpus.vocabulary_path())?;
                (corpus.vocabulary_path(), vocabulary)
            }
            Action::Embed(action) => return action.run(global),
        };
        let report = Report { size: vocabulary.size(), blake3: vocabulary.hash(), path };
        if global.json {
            print_json(&report)?;
        } else {
            print_line(&format!("{} pieces in {}", report.size, shown(&report.path)))?;
        }
        Ok(ExitCode::SUCCESS)
    }
}

impl Train {
    fn run(self, global: &Global) -> anyhow::Result<(PathBuf, Vocabulary)> {
        let corpus = Corpus::open(&self.corpus)?;
        let options = VocabularyOptions { size: self.size, seed: global.seed(), max_lines: self.max_lines };
        let vocabulary = fit(global, &corpus, &options)?;
        Ok((corpus.vocabulary_path(), vocabulary))
    }
}

/// Trains the vocabulary of a corpus with progress.
pub(super) fn fit(global: &Global, corpus: &Corpus, options: &VocabularyOptions) -> anyhow::Result<Vocabulary> {
    let mut progress = progress(global);
    let vocabulary = train_vocabulary(corpus, options, &mut |at| show(&mut progress, at));
    progress.finish();
    Ok(vocabulary?)
}

/// Of a vocabulary's training.
pub(super) fn progress(global: &Global) -> Progress {
    Progress::new(global, "vocabulary", None)
}

/// Shows how far it is.
pub(super) fn show(progress: &mut Progress, at: VocabularyProgress) {
    match at {
        VocabularyProgress::Reading { lines } => progress.set(lines, "lines read"),
        VocabularyProgress::Fitting { lines } => progress.set(lines, "lines, fitting pieces"),
        VocabularyProgress::Written { size } => progress.set(size as u64, "pieces written"),
    }
}
