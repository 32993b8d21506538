//! `repartee`: arguments, progress and tables around the use cases of `repartee-engine`. Data go to stdout, progress
//! and logs to stderr.

mod commands;
mod context;
mod decoding;
mod plan;
mod progress;
mod ranks;
mod scores;

use std::process::ExitCode;

use clap::Parser;
use repartee_engine::CountingAllocator;

use crate::{commands::Command, context::Global};

/// Train, run and evaluate response generators that give many different replies to one utterance.
#[derive(Debug, Parser)]
#[command(
    name = "repartee",
    version,
    arg_required_else_help = true,
    after_help = "\
Examples:
  repartee demo                                      the whole job on the embedded corpus
  repartee corpus import pairs.jsonl --out corpus --dev 2000 --test 2000
  repartee vocab train corpus
  repartee train --config small --corpus corpus --run runs/first
  repartee chat --run runs/first                     talk to it
  repartee generate --run runs/first --input utterances.txt --samples 6
  repartee evaluate --run runs/first --corpus corpus"
)]
struct CommandLine {
    #[command(flatten)]
    global: Global,
    #[command(subcommand)]
    command: Command,
}

/// Counts for `repartee bench`; two additions an allocation cost nothing beside it.
#[global_allocator]
static ALLOCATOR: CountingAllocator = CountingAllocator;

fn main() -> ExitCode {
    let CommandLine { global, command } = CommandLine::parse();
    match command.run(&global) {
        Ok(code) => code,
        // The reader of our output has gone: nothing is wrong on this side.
        Err(error) if is_broken_pipe(&error) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {}", chain(&error));
            ExitCode::FAILURE
        }
    }
}

/// The error and its causes on one line; causes that repeat what was said are left out.
pub(crate) fn chain(error: &anyhow::Error) -> String {
    let mut said: Vec<String> = Vec::new();
    for cause in error.chain() {
        let text = cause.to_string().split_whitespace().collect::<Vec<_>>().join(" ");
        if !said.iter().any(|earlier| earlier.contains(&text)) {
            said.push(text);
        }
    }
    said.join(": ")
}

fn is_broken_pipe(error: &anyhow::Error) -> bool {
    let is_pipe = |cause: &std::io::Error| cause.kind() == std::io::ErrorKind::BrokenPipe;
    error.chain().filter_map(|cause| cause.downcast_ref()).any(is_pipe)
}
