//! `repartee study report`.

use std::path::{Path, PathBuf};

use anyhow::bail;
use repartee_study::{
    Store,
    exchange::automatic_scores,
    report::{Report as StudyReport, ReportOptions},
};

use super::{put, shown};
use crate::context::Global;

/// Make the report of what was rated so far. The name of a file tells its form: .html (with charts), .md, .tex, .json.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  repartee study report eval.sqlite                                  Markdown to stdout
  repartee study report eval.sqlite --out report.html --out table3.tex
  repartee study report eval.sqlite --metrics scores.csv --out report.html     columns system, metric, value")]
pub(super) struct Report {
    /// The study
    study: PathBuf,
    /// Where the report goes; may be given several times [default: Markdown, or JSON with --json, to stdout]
    #[arg(long, value_name = "FILE")]
    out: Vec<PathBuf>,
    /// Scores of automatic metrics to correlate with
    #[arg(long, value_name = "FILE")]
    metrics: Option<PathBuf>,
    /// Bootstrap samples of each interval
    #[arg(long, default_value_t = 2_000, value_name = "N", value_parser = clap::value_parser!(u32).range(100..))]
    draws: u32,
    /// Show raters by name instead of by id
    #[arg(long)]
    names: bool,
}

impl Report {
    pub(super) fn run(self, global: &Global) -> anyhow::Result<()> {
        let forms = self.out.iter().map(|path| Ok((path.as_path(), Form::of(path)?)));
        let forms: Vec<(&Path, Form)> = forms.collect::<anyhow::Result<_>>()?;
        let ratings = Store::open(&self.study)?.ratings()?;
        let automatic = match &self.metrics {
            Some(path) => automatic_scores(path, &ratings.content.systems)?,
            None => Vec::new(),
        };
        let n_draws = self.draws as usize;
        let options =
            ReportOptions { n_draws, seed: global.seed(), names: self.names, automatic, ..ReportOptions::default() };
        let report = StudyReport::of(&ratings, &options)?;
        if forms.is_empty() {
            let form = if global.json { Form::Json } else { Form::Markdown };
            return put(global, None, &form.render(&report));
        }
        forms.into_iter().try_for_each(|(path, form)| put(global, Some(path), &form.render(&report)))
    }
}

#[derive(Clone, Copy)]
enum Form {
    Html,
    Markdown,
    Latex,
    Json,
}

impl Form {
    fn of(path: &Path) -> anyhow::Result<Self> {
        match path.extension().and_then(|extension| extension.to_str()) {
            Some("html") => Ok(Self::Html),
            Some("md") => Ok(Self::Markdown),
            Some("tex") => Ok(Self::Latex),
            Some("json") => Ok(Self::Json),
            _ => bail!("cannot tell the form of `{}`; name it .html, .md, .tex or .json", shown(path)),
        }
    }

    fn render(self, report: &StudyReport) -> String {
        match self {
            Self::Html => report.to_html(),
            Self::Markdown => report.to_markdown(),
            Self::Latex => report.to_latex(),
            Self::Json => report.to_json(),
        }
    }
}
