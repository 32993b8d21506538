//! One line of input to the two sides of a pair. Owns the formats; knows nothing of files or of what is kept.

use std::borrow::Cow;
use std::fmt;
use std::path::Path;
use std::str::FromStr;

use serde_json::Value;

use crate::{CorpusError, LineFault};

const CONTEXT_OPTION: &str = "--context-field";
const RESPONSE_OPTION: &str = "--response-field";

/// Format of an input file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// One JSON object a line.
    Jsonl,
    /// One pair a line, columns separated by tabs, no quoting; the first line may be a header.
    Tsv,
}

impl Format {
    /// The format by the extension of a file: `.jsonl`, `.json` or `.tsv`, upper or lower case.
    ///
    /// # Errors
    /// [`CorpusError::UnknownExtension`] for any other.
    pub fn of(path: &Path) -> Result<Self, CorpusError> {
        let extension = path.extension().map(|extension| extension.to_string_lossy().to_lowercase());
        match extension.as_deref() {
            Some("jsonl" | "json") => Ok(Self::Jsonl),
            Some("tsv") => Ok(Self::Tsv),
            _ => Err(CorpusError::UnknownExtension { path: path.to_path_buf() }),
        }
    }
}

impl fmt::Display for Format {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.pad(match self {
            Self::Jsonl => "jsonl",
            Self::Tsv => "tsv",
        })
    }
}

impl FromStr for Format {
    type Err = CorpusError;

    fn from_str(name: &str) -> Result<Self, Self::Err> {
        match name {
            "jsonl" => Ok(Self::Jsonl),
            "tsv" => Ok(Self::Tsv),
            _ => Err(CorpusError::UnknownName { kind: "format", name: name.to_owned(), expected: "`jsonl` or `tsv`" }),
        }
    }
}

/// A line that is in order.
#[derive(Debug, PartialEq)]
pub(super) enum Parsed<'a> {
    /// A pair, not yet normalised.
    Pair { context: Cow<'a, str>, response: Cow<'a, str> },
    /// The header of a table.
    Header,
    /// Nothing but white space.
    Blank,
}

/// Parses the lines of one file, in order.
pub(super) struct Parser<'a> {
    format: Format,
    fields: [(&'a str, &'static str); 2],
    /// Indices of the two columns, known from the first line of a table on.
    columns: Option<[usize; 2]>,
}

impl<'a> Parser<'a> {
    /// A parser at the first line of a file.
    pub(super) fn new(format: Format, context_field: &'a str, response_field: &'a str) -> Self {
        let fields = [(context_field, CONTEXT_OPTION), (response_field, RESPONSE_OPTION)];
        Self { format, fields, columns: None }
    }

    /// The next line.
    pub(super) fn parse<'l>(&mut self, line: &'l [u8]) -> Result<Parsed<'l>, LineFault> {
        let line =
            std::str::from_utf8(line).map_err(|error| LineFault::InvalidUtf8 { byte: error.valid_up_to() + 1 })?;
        if line.trim().is_empty() {
            return Ok(Parsed::Blank);
        }
        match self.format {
            Format::Jsonl => self.parse_json(line),
            Format::Tsv => self.parse_row(line),
        }
    }

    fn parse_json<'l>(&self, line: &str) -> Result<Parsed<'l>, LineFault> {
        let value = serde_json::from_str(line).map_err(|error| LineFault::malformed_json(&error))?;
        let mut object = match value {
            Value::Object(object) => object,
            other => return Err(LineFault::NotAnObject { found: kind(&other) }),
        };
        let mut take = |(field, option): (&str, &'static str)| match object.get_mut(field).map(Value::take) {
            Some(Value::String(text)) => Ok(Cow::Owned(text)),
            Some(other) => Err(LineFault::WrongType { field: field.to_owned(), found: kind(&other), option }),
            None => {
                let found = list(object.keys().map(String::as_str));
                Err(LineFault::MissingField { field: field.to_owned(), found, option })
            }
        };
        Ok(Parsed::Pair { context: take(self.fields[0])?, response: take(self.fields[1])? })
    }

    fn parse_row<'l>(&mut self, line: &'l str) -> Result<Parsed<'l>, LineFault> {
        let cells: Vec<&str> = line.split('\t').collect();
        let columns = match self.columns {
            Some(columns) => columns,
            None => {
                let (columns, is_header) = self.find_columns(&cells)?;
                self.columns = Some(columns);
                if is_header {
                    return Ok(Parsed::Header);
                }
                columns
            }
        };
        let cell = |column: usize| match cells.get(column) {
            Some(cell) => Ok(Cow::Borrowed(*cell)),
            None => Err(LineFault::MissingColumn { column: column + 1, found: cells.len() }),
        };
        Ok(Parsed::Pair { context: cell(columns[0])?, response: cell(columns[1])? })
    }

    /// The two columns by the first line, and whether that is a header. Numbers need no header. The default names need
    /// none either: without one, the first two columns are meant.
    fn find_columns(&self, first: &[&str]) -> Result<([usize; 2], bool), LineFault> {
        let mut columns = [0; 2];
        let mut is_header = false;
        for (side_idx, (field, option)) in self.fields.into_iter().enumerate() {
            columns[side_idx] = if let Ok(number) = field.parse::<usize>() {
                number.saturating_sub(1)
            } else if let Some(column) = first.iter().position(|cell| cell.trim() == field) {
                is_header = true;
                column
            } else if self.fields.map(|(field, _)| field) == ["context", "response"] {
                return Ok(([0, 1], false));
            } else {
                let found = list(first.iter().copied());
                return Err(LineFault::MissingHeader { column: field.to_owned(), found, option });
            };
        }
        Ok((columns, is_header))
    }
}

/// Names what a JSON value is, with its article.
fn kind(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "a boolean",
        Value::Number(_) => "a number",
        Value::String(_) => "a string",
        Value::Array(_) => "an array",
        Value::Object(_) => "an object",
    }
}

/// The first few names, for an error message; control characters would break its one line.
fn list<'a>(names: impl Iterator<Item = &'a str>) -> String {
    const MAX_NAMES: usize = 8;
    const MAX_CHARACTERS: usize = 40;
    let names: Vec<String> = names
        .take(MAX_NAMES)
        .map(|name| format!("`{}`", crate::normalise(&name.chars().take(MAX_CHARACTERS).collect::<String>())))
        .collect();
    if names.is_empty() { "nothing".to_owned() } else { names.join(", ") }
}
