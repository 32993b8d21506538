//! `repartee study datasheet`.

use std::path::PathBuf;

use anyhow::bail;
use repartee_study::{
    Store, StudyError,
    datasheet::Datasheet as Sheet,
    report::{Report, ReportOptions},
};

use super::{put, shown};
use crate::context::Global;

/// Fill in the Human Evaluation Datasheet (HEDS 3.0) with what the study knows; what only people know stays open.
#[derive(Debug, clap::Args)]
pub(super) struct Datasheet {
    /// The study
    study: PathBuf,
    /// Where it goes: .md or .json [default: Markdown, or JSON with --json, to stdout]
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,
}

impl Datasheet {
    pub(super) fn run(self, global: &Global) -> anyhow::Result<()> {
        let is_json = match self.out.as_deref().map(|path| path.extension().and_then(|end| end.to_str())) {
            None => global.json,
            Some(Some("json")) => true,
            Some(Some("md")) => false,
            Some(_) => {
                bail!("cannot tell the form of `{}`; name it .md or .json", shown(&self.out.unwrap_or_default()))
            }
        };
        let ratings = Store::open(&self.study)?.ratings()?;
        let options = ReportOptions { seed: global.seed(), ..ReportOptions::default() };
        let report = match Report::of(&ratings, &options) {
            Err(StudyError::NoRatings) => None,
            report => Some(report?),
        };
        let sheet = Sheet::of(&ratings, report.as_ref());
        put(global, self.out.as_deref(), &if is_json { sheet.to_json() } else { sheet.to_markdown() })
    }
}
