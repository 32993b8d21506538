//! `repartee study verify`.

use std::path::PathBuf;

use anyhow::bail;
use repartee_study::Store;

use super::{print_json, print_line};
use crate::context::Global;

/// Check that nothing was changed outside this program: the hash chain of the log, the frozen items, and every table
/// against a replay of the log.
///
/// Someone who rewrites the whole file and all hashes cannot be seen from the file alone: note the printed head, and give
/// it later with --head.
#[derive(Debug, clap::Args)]
pub(super) struct Verify {
    /// The study
    study: PathBuf,
    /// The head that was noted earlier; fails unless the log is still the same
    #[arg(long, value_name = "HASH")]
    head: Option<String>,
}

impl Verify {
    pub(super) fn run(self, global: &Global) -> anyhow::Result<()> {
        let verified = Store::open(&self.study)?.verify()?;
        if let Some(head) = self.head.filter(|head| *head != verified.head) {
            bail!("the log ends with {}, not with {head}; it went on since, or is not the same log", verified.head);
        }
        if global.json {
            return print_json(&verified);
        }
        print_line(&format!("in order: {} events, {} judgements", verified.n_events, verified.n_revisions))?;
        print_line(&format!("head: {}", verified.head))
    }
}
