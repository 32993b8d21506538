//! Utterances from a file or a pipe, one after the other.

use std::{
    fs::File,
    io::{BufRead as _, BufReader, Read, Seek as _},
    path::Path,
};

use anyhow::{Context as _, bail};
use serde::Deserialize;

use super::super::shown;

/// One line of JSON input; other fields are ignored.
#[derive(Deserialize)]
struct Request {
    #[serde(alias = "utterance")]
    context: String,
}

/// See the module.
pub(super) struct Utterances {
    reader: BufReader<Box<dyn Read>>,
    /// What to call it in messages.
    pub(super) name: String,
    jsonl: bool,
    /// Lines read.
    pub(super) line: u64,
    /// Lines in all, where it is known.
    pub(super) total: Option<u64>,
}

impl Utterances {
    /// A file. All of it is read and checked once, so that a bad line at its end does not cost hours.
    pub(super) fn open(path: &Path) -> anyhow::Result<Self> {
        let name = shown(path);
        let cannot = || format!("cannot open `{name}`; check the path");
        let mut file = File::open(path).with_context(cannot)?;
        let jsonl = path.extension().is_some_and(|extension| extension == "jsonl");
        let checked = file.try_clone().with_context(cannot)?;
        let mut check =
            Self { reader: BufReader::new(Box::new(checked)), name: name.clone(), jsonl, line: 0, total: None };
        while check.next()?.is_some() {}
        if check.line == 0 {
            bail!("`{name}` is empty; give at least one utterance");
        }
        file.rewind().with_context(cannot)?;
        Ok(Self { reader: BufReader::new(Box::new(file)), name, jsonl, line: 0, total: Some(check.line) })
    }

    /// A pipe, of which each line is an utterance.
    pub(super) fn stdin() -> Self {
        let reader: Box<dyn Read> = Box::new(std::io::stdin());
        Self { reader: BufReader::new(reader), name: "stdin".to_owned(), jsonl: false, line: 0, total: None }
    }

    /// The next utterance.
    pub(super) fn next(&mut self) -> anyhow::Result<Option<String>> {
        let number = self.line + 1;
        let name = &self.name;
        let mut bytes = Vec::new();
        self.reader.read_until(b'\n', &mut bytes).with_context(|| format!("cannot read `{name}` line {number}"))?;
        if bytes.is_empty() {
            return Ok(None);
        }
        let line = String::from_utf8(bytes)
            .map_err(|_| anyhow::anyhow!("`{name}` line {number} is not UTF-8; convert the file"))?;
        let line = line.strip_suffix('\n').unwrap_or(&line);
        let line = line.strip_suffix('\r').unwrap_or(line);
        if line.trim().is_empty() {
            bail!("`{name}` line {number} is empty; give every line an utterance");
        }
        self.line = number;
        if !self.jsonl {
            return Ok(Some(line.to_owned()));
        }
        let request: Request = serde_json::from_str(line).map_err(|error| {
            anyhow::anyhow!(
                "`{name}` line {number}: {error}; give JSON lines with a text field `context` or `utterance`"
            )
        })?;
        if request.context.trim().is_empty() {
            bail!("`{name}` line {number} has an empty utterance; give every line some text");
        }
        Ok(Some(request.context))
    }

    /// Up to `n` utterances; of a pipe only those that are there already, but at least one.
    pub(super) fn window(&mut self, n: usize) -> anyhow::Result<Vec<String>> {
        let mut window = Vec::new();
        while window.len() < n {
            match self.next()? {
                Some(utterance) => window.push(utterance),
                None => break,
            }
            if self.total.is_none() && !self.reader.buffer().contains(&b'\n') {
                break;
            }
        }
        Ok(window)
    }
}
