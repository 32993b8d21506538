//! The commands: one file each, one line in [`Command`].

mod bench;
#[cfg(feature = "mpi")]
mod bench_sum;
mod chat;
mod corpus;
mod corpus_build;
mod demo;
mod devices;
mod evaluate;
mod export;
mod generate;
mod latent;
mod metrics;
mod reproduce;
mod studio;
mod study;
mod train;
mod vocab;

use std::{io::Write as _, path::Path, process::ExitCode};

use anyhow::Context as _;

use crate::context::Global;

/// What to do.
#[derive(Debug, clap::Subcommand)]
pub(crate) enum Command {
    /// Run the main job end to end on the embedded corpus: train, score, reply
    Demo(demo::Demo),
    /// Make a corpus from files of utterances and replies
    Corpus(corpus::Corpus),
    /// Make a subword vocabulary
    Vocab(vocab::Vocab),
    /// Train a model
    Train(train::Train),
    // Without a line here, so that their own, longer texts are shown.
    Generate(generate::Generate),
    Chat(chat::ChatCommand),
    /// Score a trained model on a split
    Evaluate(evaluate::Evaluate),
    /// Write a run's model to give away, smaller if wanted
    Export(export::Export),
    /// Score plain text files from any system
    Metrics(metrics::Metrics),
    /// Reproduce the paper's automatic evaluation: all rows of its Tables 1 and 2
    Reproduce(reproduce::ReproduceCommand),
    /// Look at latent spaces: the paper's Figure 2
    Latent(latent::Latent),
    Studio(studio::StudioCommand),
    /// Evaluate with people: design, blinding, statistics and the report
    Study(study::Study),
    /// Measure speed and memory of the output layer and of training steps
    Bench(bench::Bench),
    /// List the devices of this machine
    Devices(devices::Devices),
}

impl Command {
    /// Runs it.
    pub(crate) fn run(self, global: &Global) -> anyhow::Result<ExitCode> {
        match self {
            Self::Demo(command) => command.run(global),
            Self::Corpus(command) => command.run(global),
            Self::Vocab(command) => command.run(global),
            Self::Train(command) => command.run(global),
            Self::Generate(command) => command.run(global),
            Self::Chat(command) => command.run(global),
            Self::Evaluate(command) => command.run(global),
            Self::Export(command) => command.run(global),
            Self::Metrics(command) => command.run(global),
            Self::Reproduce(command) => command.run(global),
            Self::Latent(command) => command.run(global),
            Self::Studio(command) => command.run(global),
            Self::Study(command) => command.run(global),
            Self::Bench(command) => command.run(global),
            Self::Devices(command) => command.run(global),
        }
    }
}

/// Writes a line of data to stdout; a closed pipe is the caller's to ignore.
fn print_line(line: &str) -> anyhow::Result<()> {
    writeln!(std::io::stdout().lock(), "{line}").context("cannot write to stdout")
}

/// Writes a value as one line of JSON to stdout.
fn print_json(value: &impl serde::Serialize) -> anyhow::Result<()> {
    print_line(&serde_json::to_string(value).context("cannot write JSON")?)
}

/// A path for messages.
fn shown(path: &Path) -> String {
    path.display().to_string()
}
