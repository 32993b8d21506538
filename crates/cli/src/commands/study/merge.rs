//! `repartee study merge`.

use std::path::PathBuf;

use repartee_study::{Store, merge};

use super::{print_line, shown};
use crate::context::Global;

/// Merge two copies of a study that were rated apart into a new file. Nothing is lost, and the order does not matter.
#[derive(Debug, clap::Args)]
pub(super) struct Merge {
    /// A study
    one: PathBuf,
    /// Another one of the same frozen design
    other: PathBuf,
    /// The study to make
    #[arg(long, value_name = "FILE")]
    out: PathBuf,
}

impl Merge {
    pub(super) fn run(self, global: &Global) -> anyhow::Result<()> {
        let (mut one, mut other) = (Store::open(&self.one)?, Store::open(&self.other)?);
        let progress = merge(&mut one, &mut other, &self.out)?.ratings()?.progress();
        if progress.n_items_over > 0 {
            global.note(&format!("{} items have more raters than the design asks for", progress.n_items_over));
        }
        print_line(&format!(
            "{}: {} of {} pages done by {} raters",
            shown(&self.out),
            progress.n_pages_done,
            progress.n_pages_wanted,
            progress.raters.len()
        ))
    }
}
