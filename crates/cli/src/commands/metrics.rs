//! `repartee metrics`.

use std::{path::PathBuf, process::ExitCode};

use anyhow::bail;
use comfy_table::{CellAlignment, ContentArrangement, Table, presets::UTF8_HORIZONTAL_ONLY};
use repartee_engine::{
    Cut, Direction, Interval, Row, TextScores, TextScoresOptions, Versus, corpus::Language, default_segmentation,
    score_texts,
};

use super::{print_json, print_line};
use crate::context::Global;

/// Score plain text files.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Files have one reply a line; line n of every file belongs to utterance n.
Several files of references are several references of each line; an empty line in one of them is none. Several files of
hypotheses are draws of one system: metrics of one draw are averaged, with their standard deviation, and coverage looks
at all draws of an utterance together. Without --references only the metrics of the replies themselves are computed.

Examples:
  repartee metrics --hypotheses replies.txt --references references.txt
  repartee metrics --hypotheses ours.txt --baseline theirs.txt --references references.txt
  repartee metrics --hypotheses draw1.txt draw2.txt --references first.txt second.txt --json
  repartee metrics --language ja --tokenize mecab --hypotheses replies.txt --references references.txt")]
pub(crate) struct Metrics {
    /// Replies of the system, a file for each draw
    #[arg(long, required = true, num_args = 1.., value_name = "FILE")]
    hypotheses: Vec<PathBuf>,
    /// References, as many files as there are references of a line
    #[arg(long, num_args = 1.., value_name = "FILE")]
    references: Vec<PathBuf>,
    /// Replies of another system, to test the difference; as many files as of hypotheses
    #[arg(long, num_args = 1.., value_name = "FILE")]
    baseline: Vec<PathBuf>,
    /// The utterances, so that lines with the same one count once for dull replies
    #[arg(long, value_name = "FILE")]
    contexts: Option<PathBuf>,
    /// en or ja; decides how text is cut unless --tokenize does
    #[arg(long, default_value = "en", value_name = "LANGUAGE")]
    language: Language,
    /// moses, 13a, mecab, none (at white space, for text that is segmented already) or characters [default: moses for
    /// en, characters for ja]
    #[arg(long, value_name = "NAME")]
    tokenize: Option<Cut>,
    /// Folder with the sources of a MeCab dictionary [default: IPADIC, where distributions have it]
    #[arg(long, value_name = "DIR")]
    mecab_dictionary: Option<PathBuf>,
    /// Resamples for intervals and tests, 0 for neither
    #[arg(long, default_value_t = 1000, value_name = "N")]
    bootstrap: u32,
}

impl Metrics {
    pub(crate) fn run(self, global: &Global) -> anyhow::Result<ExitCode> {
        let cut = match (self.tokenize, self.mecab_dictionary) {
            (Some(Cut::Mecab(_)), dictionary) => Cut::Mecab(dictionary),
            (_, Some(_)) => bail!("`--mecab-dictionary` belongs to --tokenize mecab; add that or leave it out"),
            (cut, None) => cut.unwrap_or_else(|| Cut::Rules(default_segmentation(self.language))),
        };
        let scores = score_texts(&TextScoresOptions {
            hypotheses: self.hypotheses,
            references: self.references,
            baseline: self.baseline,
            contexts: self.contexts,
            cut,
            n_trials: self.bootstrap,
            seed: global.seed(),
        })?;
        for (n, what) in [(scores.n_empty_replies, "replies"), (scores.n_empty_references, "lines of references")] {
            if n > 0 {
                global.note(&format!("{n} {what} are empty and are scored so"));
            }
        }
        if global.json {
            print_json(&scores)?;
        } else {
            print_line(&table(&scores))?;
        }
        Ok(ExitCode::SUCCESS)
    }
}

/// One column of the table: its header and its cell for a metric.
type Column = (&'static str, fn(&Row) -> String);

/// All columns; those without any cell are left out.
const COLUMNS: [Column; 9] = [
    ("score", |row| number(row.value)),
    ("95 % interval", |row| row.interval.map_or_else(String::new, interval)),
    ("sd of draws", |row| row.deviation_over_draws.map_or_else(String::new, number)),
    ("references", |row| row.references.map_or_else(String::new, number)),
    ("baseline", |row| versus(row, |versus| Some(number(versus.value)))),
    ("difference", |row| versus(row, |versus| Some(format!("{:+.2}", versus.difference)))),
    ("its interval", |row| versus(row, |versus| versus.difference_interval.map(interval))),
    ("p boot", |row| versus(row, |versus| versus.bootstrap_p.map(p))),
    ("p rand", |row| versus(row, |versus| versus.randomisation_p.map(p))),
];

fn table(scores: &TextScores) -> String {
    let filled = |(_, cell): &&Column| scores.metrics.iter().any(|row| !cell(row).is_empty());
    let columns: Vec<&Column> = COLUMNS.iter().filter(filled).collect();
    let mut table = Table::new();
    table.load_style(UTF8_HORIZONTAL_ONLY).set_content_arrangement(ContentArrangement::Disabled);
    table.set_header(std::iter::once("").chain(columns.iter().map(|(header, _)| *header)));
    for row in &scores.metrics {
        let arrow = match row.direction {
            Direction::Up => " ↑",
            Direction::Down => " ↓",
            Direction::Neither => "",
        };
        let cells =
            columns.iter().map(|(_, cell)| cell(row)).map(|text| if text.is_empty() { "–".into() } else { text });
        table.add_row(std::iter::once(format!("{}{arrow}", row.title)).chain(cells));
    }
    for column in table.column_iter_mut().skip(1) {
        column.set_cell_alignment(CellAlignment::Right);
    }
    format!("{table}\n{}", legend(scores))
}

fn legend(scores: &TextScores) -> String {
    let references = match scores.n_references {
        [fewest, most] if fewest == most => format!("{most}"),
        [fewest, most] => format!("{fewest} to {most}"),
    };
    let mut legend = format!(
        "{} replies, {} of each line, {references} of references; tokens: {}",
        scores.n_replies, scores.n_draws, scores.segmentation
    );
    if scores.n_trials > 0 {
        let by = |interval| scores.metrics.iter().filter(move |row| row.interval_by == interval).map(|row| row.title);
        let jackknifed: Vec<_> = by(Interval::Jackknife).collect();
        legend += &format!(
            "; intervals over utterances from {} resamples with seed {}, by jackknife for {}",
            scores.n_trials,
            scores.seed,
            jackknifed.join(", ")
        );
    }
    legend
}

fn number(value: f64) -> String {
    format!("{value:.2}")
}

fn interval([low, high]: [f64; 2]) -> String {
    format!("{low:.2} to {high:.2}")
}

fn p(value: f64) -> String {
    format!("{value:.3}")
}

fn versus(row: &Row, cell: impl FnOnce(&Versus) -> Option<String>) -> String {
    row.baseline.as_ref().and_then(cell).unwrap_or_default()
}
