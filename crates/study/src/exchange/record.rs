//! Rows of CSV or JSON lines as texts by column.

use std::path::Path;

use serde_json::Value;

use crate::StudyError;

use super::csv::{self, Table};
use super::long::Format;

/// Longest text of a context or reply, in characters.
const MAX_TEXT: usize = 20_000;

/// A row of a file: texts by the first of a column's names.
pub(super) struct Record<'a> {
    path: &'a Path,
    row: u64,
    /// By the first of a column's names; so few that looking through them is quickest.
    cells: Vec<(&'static str, String)>,
}

impl Record<'_> {
    pub(super) fn refuse(&self, column: &str, reason: impl Into<String>) -> StudyError {
        let (path, column) = (self.path.to_path_buf(), column.to_owned());
        StudyError::Cell { path, row: self.row, column, reason: reason.into() }
    }

    fn cell(&self, column: &str) -> Option<&str> {
        self.cells.iter().find(|(name, _)| *name == column).map(|(_, text)| text.trim())
    }

    pub(super) fn get(&self, column: &str) -> Option<&str> {
        self.cell(column).filter(|text| !text.is_empty())
    }

    /// The text itself, so that it need not be copied.
    pub(super) fn take(&mut self, column: &str) -> Result<String, StudyError> {
        let n_letters = self.text(column)?.len();
        let cell = self.cells.iter_mut().find(|(name, _)| *name == column);
        let text = cell.map(|(_, text)| std::mem::take(text)).unwrap_or_default();
        Ok(if text.len() == n_letters { text } else { text.trim().to_owned() })
    }

    fn text(&self, column: &str) -> Result<&str, StudyError> {
        let text = self.cell(column).ok_or_else(|| self.refuse(column, "is missing"))?;
        // Counting letters takes time; most texts have fewer bytes than are allowed letters.
        if text.len() > MAX_TEXT && text.chars().count() > MAX_TEXT {
            return Err(self.refuse(column, format!("the text has more than {MAX_TEXT} characters; shorten it")));
        }
        Ok(text)
    }

    pub(super) fn filled(&self, column: &str) -> Result<&str, StudyError> {
        match self.text(column)? {
            "" => Err(self.refuse(column, "the cell is empty")),
            text => Ok(text),
        }
    }
}

type Names = [&'static str];

/// The rows of a file with needed and optional columns, each by any of its names.
pub(super) fn records<'a>(
    path: &'a Path,
    bytes: &[u8],
    needed: &[&Names],
    optional: &[&Names],
    nth: usize,
) -> Result<Vec<Record<'a>>, StudyError> {
    let records = match Format::of(path)? {
        Format::Csv => csv_records(path, bytes, needed, optional)?,
        Format::Jsonl => json_records(path, bytes, needed, optional, nth)?,
        Format::Xlsx => {
            let reason = "save the sheet as CSV (UTF-8); workbooks are read only if a study was exported as one";
            return Err(StudyError::ImportFile { path: path.to_path_buf(), reason: reason.to_owned() });
        }
    };
    if records.is_empty() {
        return Err(StudyError::ImportFile { path: path.to_path_buf(), reason: "it has no rows".to_owned() });
    }
    Ok(records)
}

fn csv_records<'a>(
    path: &'a Path,
    bytes: &[u8],
    needed: &[&Names],
    optional: &[&Names],
) -> Result<Vec<Record<'a>>, StudyError> {
    let table = Table::parse(path, bytes)?;
    let mut columns: Vec<(&'static str, usize)> = Vec::new();
    for names in needed {
        columns.push((names[0], table.column(path, names)?));
    }
    columns.extend(optional.iter().filter_map(|names| Some((names[0], table.find(names)?))));
    let record = |(row, mut cells): (u64, Vec<String>)| {
        let cells = columns.iter().map(|&(name, column)| (name, std::mem::take(&mut cells[column]))).collect();
        Record { path, row, cells }
    };
    Ok(table.rows.into_iter().map(record).collect())
}

fn json_records<'a>(
    path: &'a Path,
    bytes: &[u8],
    needed: &[&Names],
    optional: &[&Names],
    nth: usize,
) -> Result<Vec<Record<'a>>, StudyError> {
    let text = csv::text(path, bytes)?;
    let mut records = Vec::new();
    for (line, row) in text.lines().zip(1..).filter(|(line, _)| !line.trim().is_empty()) {
        let value: Value = serde_json::from_str(line).map_err(|error| {
            let message = error.to_string();
            let problem = message.split(" at line ").next().unwrap_or_default().to_owned();
            let column = format!("character {}", error.column());
            StudyError::Cell { path: path.to_path_buf(), row, column, reason: problem }
        })?;
        let mut record = Record { path, row, cells: Vec::new() };
        for names in needed.iter().chain(optional) {
            let found = names.iter().find_map(|name| value.get(*name));
            let found = match found {
                None if names[0] == "reply" && value.get("replies").is_some() => nth_reply(&record, &value, nth)?,
                None if needed.contains(names) => {
                    return Err(record.refuse(names[0], format!("there is no field `{}`", names.join("` or `"))));
                }
                None | Some(Value::Null) => continue,
                Some(found) => found,
            };
            let text = match found {
                Value::String(text) => text.clone(),
                Value::Number(number) => number.to_string(),
                _ => return Err(record.refuse(names[0], "the value is neither a text nor a number")),
            };
            record.cells.push((names[0], text));
        }
        records.push(record);
    }
    Ok(records)
}

/// The text of a reply in a line of `repartee generate`.
fn nth_reply<'v>(record: &Record<'_>, value: &'v Value, nth: usize) -> Result<&'v Value, StudyError> {
    let reply = value.get("replies").and_then(|replies| replies.get(nth));
    let reply =
        reply.ok_or_else(|| record.refuse("replies", format!("there is no reply {nth}; they are counted from 0")))?;
    Ok(reply.get("text").unwrap_or(reply))
}
