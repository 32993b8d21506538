//! `repartee study export`.

use std::path::PathBuf;

use repartee_study::{
    Store,
    exchange::{Format, design_path, export, write_whole},
};

use super::{put, shown};
use crate::context::Global;

/// Write all judgements in long form: one row for each revision. `repartee study import NEW --export FILE` makes the same
/// study of it.
///
/// A CSV has the design in a second file beside it, a workbook on a second sheet. Cells of a CSV that a spreadsheet could take for a formula begin with an
/// apostrophe. `score` is empty for what is skipped or not rated, and 0 only for "too noisy".
#[derive(Debug, clap::Args)]
pub(super) struct Export {
    /// The study
    study: PathBuf,
    /// Where it goes: .csv, .jsonl or .xlsx
    #[arg(long, value_name = "FILE")]
    out: PathBuf,
    /// Write raters' names, too; they are personal data
    #[arg(long)]
    names: bool,
}

impl Export {
    pub(super) fn run(self, global: &Global) -> anyhow::Result<()> {
        let format = Format::of(&self.out)?;
        let ratings = Store::open(&self.study)?.ratings()?;
        let (bytes, design) = export(&ratings, format, self.names)?;
        if let Some(design) = design {
            put(global, Some(&design_path(&self.out)), &design)?;
        }
        write_whole(&self.out, &bytes)?;
        global.note(&format!("written: {}", shown(&self.out)));
        Ok(())
    }
}
