//! `repartee study`: human evaluations, one file per action and one line in [`Action`].

mod backup;
mod create;
mod datasheet;
mod export;
mod freeze;
mod import;
mod invite;
mod merge;
mod plan;
mod rate;
mod report;
mod serve;
mod simulate;
mod status;
mod verify;

use std::{
    path::{Path, PathBuf},
    process::ExitCode,
    time::{SystemTime, UNIX_EPOCH},
};

use super::{print_json, print_line, shown};
use crate::context::Global;

/// Human evaluation: people score replies without knowing whose they are.
///
/// A study is one file. Create it, import replies of several systems, freeze it, let raters rate, and make the report.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  repartee study create eval.sqlite --name \"Six methods\" --raters-per-item 2 --baseline T-CVAE --reference Reference
  repartee study import eval.sqlite --system T-CVAE=tcvae.jsonl --system Speculative=speculative.jsonl
  repartee study freeze eval.sqlite
  repartee study serve eval.sqlite
  repartee study invite eval.sqlite --rater anna --language ja
  repartee study report eval.sqlite --out report.html --out table3.tex")]
pub(crate) struct Study {
    #[command(subcommand)]
    action: Action,
}

#[derive(Debug, clap::Subcommand)]
enum Action {
    /// Make a study from a design file or options
    Create(create::Create),
    /// Add replies, training and gold items, score sheets; or make a study from an export
    Import(import::Import),
    /// Fix design and items before the first rating; prints their hash
    Freeze(freeze::Freeze),
    /// Serve raters' and administrators' pages
    Serve(serve::Serve),
    /// Invite a rater: prints the personal link
    Invite(invite::Invite),
    /// Rate in the terminal, by keyboard
    Rate(rate::Rate),
    /// Show how far a study is
    Status(status::Status),
    /// Make the report: Table 3 with intervals, agreement, tests and rater checks
    Report(report::Report),
    /// Fill in the Human Evaluation Datasheet with what the study knows
    Datasheet(datasheet::Datasheet),
    /// Write all judgements in long form: CSV, JSON lines or a workbook
    Export(export::Export),
    /// Copy a study while others go on rating
    Backup(backup::Backup),
    /// Check that nothing was changed outside this program
    Verify(verify::Verify),
    /// Merge copies of a study that were rated apart
    Merge(merge::Merge),
    /// Let simulated raters do a study, to try it before people do
    Simulate(simulate::Simulate),
    /// How many items and raters a study needs
    Plan(plan::Plan),
}

impl Study {
    pub(crate) fn run(self, global: &Global) -> anyhow::Result<ExitCode> {
        match self.action {
            Action::Create(action) => action.run(global),
            Action::Import(action) => action.run(global),
            Action::Freeze(action) => action.run(global),
            Action::Serve(action) => action.run(global),
            Action::Invite(action) => action.run(global),
            Action::Rate(action) => action.run(),
            Action::Status(action) => action.run(global),
            Action::Report(action) => action.run(global),
            Action::Datasheet(action) => action.run(global),
            Action::Export(action) => action.run(global),
            Action::Backup(action) => action.run(global),
            Action::Verify(action) => action.run(global),
            Action::Merge(action) => action.run(global),
            Action::Simulate(action) => action.run(global),
            Action::Plan(action) => action.run(global),
        }?;
        Ok(ExitCode::SUCCESS)
    }
}

/// The clock, as the store takes it.
fn now_ms() -> i64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    i64::try_from(since.as_millis()).unwrap_or(i64::MAX)
}

/// `NAME=FILE`.
fn named_file(text: &str) -> Result<(String, PathBuf), String> {
    match text.split_once('=') {
        Some((name, file)) if !name.trim().is_empty() && !file.is_empty() => Ok((name.trim().to_owned(), file.into())),
        _ => Err("write NAME=FILE, for instance T-CVAE=replies.jsonl".to_owned()),
    }
}

/// Writes data to a file, whole or not at all, or to stdout.
fn put(global: &Global, path: Option<&Path>, text: &str) -> anyhow::Result<()> {
    match path {
        None => print_line(text.trim_end_matches('\n')),
        Some(path) => {
            repartee_study::exchange::write_whole(path, text.as_bytes())?;
            global.note(&format!("written: {}", shown(path)));
            Ok(())
        }
    }
}
