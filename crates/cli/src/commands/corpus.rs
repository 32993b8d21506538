//! `repartee corpus`.

use std::{path::PathBuf, process::ExitCode};

use anyhow::Context as _;
use repartee_engine::corpus::{Format, ImportOptions, ImportReport, Language, import, write_planted};

use super::{print_json, print_line, shown};
use crate::{context::Global, progress::Progress};

/// Make a corpus.
#[derive(Debug, clap::Args)]
pub(crate) struct Corpus {
    #[command(subcommand)]
    action: Action,
}

#[derive(Debug, clap::Subcommand)]
enum Action {
    /// Import JSONL or TSV files of utterances and replies
    Import(Import),
    /// Build pairs from an archive of posts and replies: Twitter, Reddit, Mastodon
    Build(Box<super::corpus_build::Build>),
    /// Write the embedded corpus: generated pairs with known topics and reply modes
    Planted(Planted),
}

/// Import files into a corpus folder: text is normalised, useless pairs are dropped and counted, dev and test are held
/// out by utterance.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  repartee corpus import pairs.jsonl --out corpus --dev 2000 --test 2000
  repartee corpus import train.jsonl --dev-file dev.jsonl --test-file test.jsonl --out corpus
  repartee corpus import chat.tsv --context-field 1 --response-field 3 --out corpus --dev 500 --test 500")]
struct Import {
    /// Files of pairs
    #[arg(required = true, value_name = "FILE")]
    files: Vec<PathBuf>,
    /// The corpus folder to make
    #[arg(long, value_name = "DIR")]
    out: PathBuf,
    /// Hold out at least so many pairs for dev
    #[arg(long, default_value_t = 0, value_name = "N")]
    dev: usize,
    /// Hold out at least so many pairs for test
    #[arg(long, default_value_t = 0, value_name = "N")]
    test: usize,
    /// A file of dev pairs, instead of --dev
    #[arg(long, value_name = "FILE")]
    dev_file: Vec<PathBuf>,
    /// A file of test pairs, instead of --test
    #[arg(long, value_name = "FILE")]
    test_file: Vec<PathBuf>,
    /// jsonl or tsv [default: by extension]
    #[arg(long)]
    format: Option<Format>,
    /// JSON field, column name or column number of the utterance
    #[arg(long, default_value = "context", value_name = "NAME")]
    context_field: String,
    /// JSON field, column name or column number of the reply
    #[arg(long, default_value = "response", value_name = "NAME")]
    response_field: String,
    /// en or ja [default: guessed from the text]
    #[arg(long)]
    language: Option<Language>,
    /// Drop utterances or replies of more characters
    #[arg(long, default_value_t = 2000, value_name = "N")]
    max_characters: usize,
    /// Count and drop lines that cannot be used instead of stopping at the first
    #[arg(long)]
    skip_bad_lines: bool,
    /// Replace a corpus in the folder
    #[arg(long)]
    overwrite: bool,
}

/// Write the embedded corpus as a corpus folder.
#[derive(Debug, clap::Args)]
struct Planted {
    /// The corpus folder to make
    #[arg(long, value_name = "DIR")]
    out: PathBuf,
    /// en or ja
    #[arg(long, default_value = "en")]
    language: Language,
    /// Pairs to generate
    #[arg(long, default_value_t = 12_000, value_name = "N")]
    pairs: usize,
    /// Utterances held out for dev, with all their pairs
    #[arg(long, default_value_t = 60, value_name = "N")]
    dev: usize,
    /// Utterances held out for test, with all their pairs
    #[arg(long, default_value_t = 120, value_name = "N")]
    test: usize,
}

impl Corpus {
    pub(crate) fn run(self, global: &Global) -> anyhow::Result<ExitCode> {
        match self.action {
            Action::Import(action) => action.run(global),
            Action::Build(action) => action.run(global),
            Action::Planted(Planted { out, language, pairs, dev, test }) => {
                let corpus = write_planted(language, global.seed(), pairs, dev, test, &out)?;
                if global.json {
                    print_json(corpus.manifest())?;
                } else {
                    print_line(&format!("{pairs} planted pairs in {}", shown(&out)))?;
                }
                Ok(ExitCode::SUCCESS)
            }
        }
    }
}

impl Import {
    fn run(self, global: &Global) -> anyhow::Result<ExitCode> {
        let options = ImportOptions {
            inputs: self.files,
            dev_files: self.dev_file,
            test_files: self.test_file,
            out: self.out,
            format: self.format,
            context_field: self.context_field,
            response_field: self.response_field,
            dev: self.dev,
            test: self.test,
            seed: global.seed(),
            language: self.language,
            max_characters: self.max_characters,
            skip_bad_lines: self.skip_bad_lines,
            overwrite: self.overwrite,
            ..ImportOptions::default()
        };
        let mut progress = Progress::new(global, "importing", None);
        let report = import(&options, &mut |at| {
            progress.set_total(Some(2 * at.total_bytes));
            let done = at.read_bytes + u64::from(at.pass - 1) * at.total_bytes;
            progress.set(done, &format!("bytes, {} lines in pass {}", at.lines, at.pass));
        });
        progress.finish();
        let report = report?;
        if global.json {
            let manifest = repartee_engine::corpus::Corpus::open(&report.out).context("the corpus was just written")?;
            print_json(manifest.manifest())?;
        } else {
            print_report(&report)?;
        }
        Ok(ExitCode::SUCCESS)
    }
}

fn print_report(report: &ImportReport) -> anyhow::Result<()> {
    let guessed = if report.language_guessed { " (guessed)" } else { "" };
    print_line(&format!("{}: {} lines read, language {}{guessed}", shown(&report.out), report.lines, report.language))?;
    for (split, entry) in &report.splits {
        print_line(&format!("  {split:5} {:>9} pairs, {:>9} utterances", entry.pairs, entry.contexts))?;
    }
    for (reason, n) in &report.dropped {
        print_line(&format!("  dropped {n:>7} {reason}"))?;
        if let Some(example) = report.dropped_examples.get(reason) {
            print_line(&format!("          for instance {example}"))?;
        }
    }
    Ok(())
}
