//! The long format: one row for each revision of each judgement, and one for each judgement or reply that has none. As
//! CSV (the design in a file beside it), as JSON lines (the design in the first line) or as a workbook (the design on a
//! second sheet); each re-imports to the same study.
//!
//! Flags and comments are rows, too, whose `criterion` is `flag` or `comment`.
//! The columns are a file format. Times are Unix milliseconds. `score` is empty unless the state is `points` (1 to 5) or
//! `too-noisy` (0). Raters appear under ids that tell nothing of them, unless their names are asked for.

use std::path::{Path, PathBuf};

use serde_json::{Map, Value};

use crate::{
    Criterion, Design, StudyError,
    store::{Note, RatedCard, Ratings},
};

use super::{csv, workbook};

mod read;

/// Form of an export.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// Comma-separated values.
    Csv,
    /// One JSON object a line.
    Jsonl,
    /// A workbook.
    Xlsx,
}

impl Format {
    /// By the name of a file.
    ///
    /// # Errors
    /// [`StudyError::ImportFile`] if it ends in none of .csv, .jsonl and .xlsx.
    pub fn of(path: &Path) -> Result<Self, StudyError> {
        match path.extension().and_then(|extension| extension.to_str()) {
            Some("csv") => Ok(Self::Csv),
            Some("jsonl") => Ok(Self::Jsonl),
            Some("xlsx") => Ok(Self::Xlsx),
            _ => Err(StudyError::ImportFile {
                path: path.to_path_buf(),
                reason: "the name ends neither in .csv nor in .jsonl nor in .xlsx; rename it".to_owned(),
            }),
        }
    }
}

/// What a column holds.
#[derive(Clone, Copy, PartialEq)]
enum Kind {
    Text,
    Number,
}

/// The columns in order.
const COLUMNS: [(&str, Kind); 34] = [
    ("study", Kind::Text),
    ("design_hash", Kind::Text),
    ("item", Kind::Text),
    ("item_kind", Kind::Text),
    ("context", Kind::Text),
    ("reply_number", Kind::Number),
    ("system_number", Kind::Number),
    ("system", Kind::Text),
    ("reply", Kind::Text),
    ("sensibleness_expected", Kind::Text),
    ("specificity_expected", Kind::Text),
    ("explanation", Kind::Text),
    ("rater", Kind::Text),
    ("rater_name", Kind::Text),
    ("page", Kind::Text),
    ("page_kind", Kind::Text),
    ("page_state", Kind::Text),
    ("page_slot", Kind::Number),
    ("page_position", Kind::Number),
    ("taken_ms", Kind::Number),
    ("closed_ms", Kind::Number),
    ("card", Kind::Text),
    ("card_position", Kind::Number),
    ("degraded", Kind::Number),
    ("reply_shown", Kind::Text),
    ("criterion", Kind::Text),
    ("revision", Kind::Text),
    ("revision_number", Kind::Number),
    ("state", Kind::Text),
    ("score", Kind::Number),
    ("reason", Kind::Text),
    ("comment", Kind::Text),
    ("active_ms", Kind::Number),
    ("saved_ms", Kind::Number),
];

/// What stands in the column `criterion` for a flag and a comment.
const NOTES: [&str; 2] = ["flag", "comment"];

const FORMAT: &str = "repartee study ratings v1";

/// Cells by column; what is not there is empty.
type Row = Map<String, Value>;

/// The study in the long format, and for CSV the text of the design file that belongs beside it.
///
/// Raters' names are personal data: they are left out unless `names`.
///
/// # Errors
/// [`StudyError::Workbook`] if the study does not fit into a workbook.
pub fn export(ratings: &Ratings, format: Format, names: bool) -> Result<(Vec<u8>, Option<String>), StudyError> {
    let rows = rows(ratings, names);
    Ok(match format {
        Format::Csv => {
            let mut text = csv::line(COLUMNS.map(|(column, _)| column));
            for row in rows {
                text += &csv::line(COLUMNS.map(|(column, _)| cell(row.get(column))));
            }
            (text.into_bytes(), Some(ratings.design.to_toml()))
        }
        Format::Jsonl => {
            let header = serde_json::json!({ "format": FORMAT, "design": ratings.design });
            let lines = rows.into_iter().map(Value::Object);
            let lines: Vec<String> = std::iter::once(header).chain(lines).map(|line| line.to_string() + "\n").collect();
            (lines.concat().into_bytes(), None)
        }
        Format::Xlsx => {
            let cell = |value: Option<&Value>| match value {
                Some(Value::String(text)) => workbook::Cell::Text(text.clone()),
                Some(Value::Number(number)) => number.as_f64().map_or(workbook::Cell::Empty, workbook::Cell::Number),
                _ => workbook::Cell::Empty,
            };
            let cells: Vec<Vec<workbook::Cell>> =
                rows.iter().map(|row| COLUMNS.iter().map(|(column, _)| cell(row.get(*column))).collect()).collect();
            let header = COLUMNS.map(|(column, _)| column);
            (workbook::write(&header, &cells, &ratings.design.to_toml())?, None)
        }
    })
}

fn cell(value: Option<&Value>) -> String {
    match value {
        Some(Value::String(text)) => csv::neutral(text),
        Some(Value::Number(number)) => number.to_string(),
        _ => String::new(),
    }
}

/// Where the design of a CSV export lies: `ratings.csv` has `ratings.design.toml`.
#[must_use]
pub fn design_path(csv: &Path) -> PathBuf {
    csv.with_extension("design.toml")
}

/// Reads an export. `now_ms` is only needed by a study in which nothing has happened.
///
/// # Errors
/// [`StudyError::Cell`] names row and column, [`StudyError::ImportFile`] and [`StudyError::Reimport`] the rest.
pub fn reimport(path: &Path) -> Result<Ratings, StudyError> {
    let bytes = csv::read(path)?;
    let refuse = |reason: String| StudyError::ImportFile { path: path.to_path_buf(), reason };
    match Format::of(path)? {
        Format::Csv => {
            let design = csv::read(&design_path(path))?;
            let design = Design::from_toml(csv::text(&design_path(path), &design)?)?;
            let table = csv::Table::parse(path, &bytes)?;
            let columns: Vec<usize> =
                COLUMNS.iter().map(|(column, _)| table.column(path, &[column])).collect::<Result<_, _>>()?;
            let rows = table.rows.iter().map(|(number, cells)| {
                let cells = columns.iter().map(|&column| csv::original(&cells[column]).to_owned()).collect();
                read::Cells { path, row: *number, cells }
            });
            read::ratings(design, rows)
        }
        Format::Jsonl => {
            let mut lines = csv::text(path, &bytes)?.lines().zip(1u64..);
            let header: Value = lines
                .next()
                .and_then(|(line, _)| serde_json::from_str(line).ok())
                .filter(|header: &Value| header["format"] == FORMAT)
                .ok_or_else(|| refuse(format!("line 1 is not `{{\"format\":\"{FORMAT}\",…}}`")))?;
            let design: Design = serde_json::from_value(header["design"].clone())
                .map_err(|error| refuse(format!("line 1, field `design`: {error}")))?;
            design.check()?;
            let mut rows = Vec::new();
            for (line, number) in lines {
                let row: Row = serde_json::from_str(line).map_err(|error| refuse(format!("line {number}: {error}")))?;
                let cells = COLUMNS.map(|(column, _)| match row.get(column) {
                    Some(Value::String(text)) => text.clone(),
                    Some(Value::Number(value)) => value.to_string(),
                    _ => String::new(),
                });
                rows.push(read::Cells { path, row: number, cells: cells.to_vec() });
            }
            read::ratings(design, rows.into_iter())
        }
        Format::Xlsx => {
            let mut sheets = workbook::read(path, &bytes)?;
            let mut sheet = |name: &str| {
                sheets
                    .remove(name)
                    .ok_or_else(|| refuse(format!("it has no sheet `{name}`; give an export of a study")))
            };
            let lines = sheet(workbook::DESIGN)?;
            let lines = lines.iter().map(|(_, cells)| cells.first().map_or("", String::as_str));
            let design = Design::from_toml(&lines.collect::<Vec<_>>().join("\n"))?;
            let table = csv::Table::of_rows(path, sheet(workbook::RATINGS)?)?;
            let columns: Vec<usize> =
                COLUMNS.iter().map(|(column, _)| table.column(path, &[column])).collect::<Result<_, _>>()?;
            let rows = table.rows.iter().map(|(number, cells)| {
                let cells = columns.iter().map(|&column| cells[column].clone()).collect();
                read::Cells { path, row: *number, cells }
            });
            read::ratings(design, rows)
        }
    }
}

fn rows(ratings: &Ratings, names: bool) -> Vec<Row> {
    let mut rows = Vec::new();
    for (item_index, item) in ratings.content.items.iter().enumerate() {
        for (number, reply) in item.replies.iter().enumerate() {
            let mut base = Row::new();
            put(&mut base, "study", &*ratings.uid);
            put(&mut base, "design_hash", &*ratings.design_hash);
            put(&mut base, "item", &*item.key);
            put(&mut base, "item_kind", item.kind.name());
            put(&mut base, "context", &*item.context);
            put(&mut base, "reply_number", number);
            put(&mut base, "reply", &*reply.text);
            if let Some(system) = &reply.system {
                put(&mut base, "system_number", ratings.content.systems.iter().position(|name| name == system));
                put(&mut base, "system", &**system);
            }
            let range = |range: Option<(u8, u8)>| range.map(|(least, most)| format!("{least}..{most}"));
            put(&mut base, "sensibleness_expected", range(reply.expectation.sensibleness));
            put(&mut base, "specificity_expected", range(reply.expectation.specificity));
            put(&mut base, "explanation", reply.expectation.explanation.clone());
            let n_before = rows.len();
            add_cards(&mut rows, ratings, names, (item_index, number), &base);
            if rows.len() == n_before {
                rows.push(base);
            }
        }
    }
    rows
}

/// The rows of all cards that showed a reply.
fn add_cards(rows: &mut Vec<Row>, ratings: &Ratings, names: bool, reply: (usize, usize), base: &Row) {
    for page in ratings.pages.iter().filter(|page| page.item == reply.0) {
        for (position, card) in page.cards.iter().enumerate().filter(|(_, card)| card.reply == reply.1) {
            let mut row = base.clone();
            let (rater, name) = &ratings.raters[page.rater];
            put(&mut row, "rater", &**rater);
            put(&mut row, "rater_name", names.then(|| name.clone()));
            put(&mut row, "page", &*page.id);
            put(&mut row, "page_kind", page.kind.name());
            put(&mut row, "page_state", page.state.name());
            put(&mut row, "page_slot", page.slot);
            put(&mut row, "page_position", page.position);
            put(&mut row, "taken_ms", page.taken_ms);
            put(&mut row, "closed_ms", page.closed_ms);
            put(&mut row, "card", &*card.id);
            put(&mut row, "card_position", position);
            put(&mut row, "degraded", u8::from(card.degraded.is_some()));
            put(&mut row, "reply_shown", card.degraded.clone());
            for criterion in Criterion::ALL {
                let mut row = row.clone();
                put(&mut row, "criterion", criterion.name());
                let of_criterion = card.revisions.iter().filter(|(revision, _)| revision.criterion == criterion);
                let mut number = 0;
                for (revision, saved_ms) in of_criterion {
                    number += 1;
                    let mut row = row.clone();
                    put(&mut row, "revision", &*revision.id);
                    put(&mut row, "revision_number", number);
                    put(&mut row, "state", revision.judgement.state());
                    put(&mut row, "score", revision.judgement.digit());
                    put(&mut row, "reason", revision.judgement.reason().map(str::to_owned));
                    put(&mut row, "active_ms", revision.active_ms);
                    put(&mut row, "saved_ms", *saved_ms);
                    rows.push(row);
                }
                if number == 0 {
                    put(&mut row, "state", "unrated");
                    rows.push(row);
                }
            }
            add_notes(rows, card, &row);
        }
    }
}

/// The rows of a card's flags and comments.
fn add_notes(rows: &mut Vec<Row>, card: &RatedCard, base: &Row) {
    for kind in NOTES {
        let of_kind = card.notes.iter().filter(|(noted, _)| noted.note.kind() == kind);
        for ((noted, saved_ms), number) in of_kind.zip(1u32..) {
            let mut row = base.clone();
            put(&mut row, "criterion", kind);
            put(&mut row, "revision", &*noted.id);
            put(&mut row, "revision_number", number);
            match &noted.note {
                Note::Flag { flagged } => put(&mut row, "state", if *flagged { "flagged" } else { "unflagged" }),
                Note::Comment { text } => {
                    put(&mut row, "state", if text.is_empty() { "uncommented" } else { "commented" });
                    put(&mut row, "comment", &**text);
                }
            }
            put(&mut row, "active_ms", noted.active_ms);
            put(&mut row, "saved_ms", *saved_ms);
            rows.push(row);
        }
    }
}

fn put(row: &mut Row, column: &str, value: impl Into<Value>) {
    row.insert(column.to_owned(), value.into());
}
