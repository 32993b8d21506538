//! One file of an import: from its bytes to normalised pairs. Owns the treatment of bad lines.

use std::io::BufReader;
use std::path::{Path, PathBuf};

use fs_err::File;

use super::parse::{Format, Parsed, Parser};
use super::{Counter, ImportOptions, Tally};
use crate::lines::{Hashing, Lines};
use crate::manifest::InputRecord;
use crate::{CorpusError, LineFault, Split, normalise};

/// What a file is given for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Role {
    /// The test split.
    Test,
    /// The dev split.
    Dev,
    /// The training split, and the held-out splits drawn from it.
    Input,
}

impl Role {
    /// The split, or the training split where others are drawn from it.
    pub(super) fn split(self) -> Split {
        match self {
            Self::Test => Split::Test,
            Self::Dev => Split::Dev,
            Self::Input => Split::Train,
        }
    }
}

/// A pair after normalisation.
#[derive(Debug)]
pub(super) struct CleanPair {
    pub(super) context: String,
    pub(super) response: String,
}

impl CleanPair {
    /// The beginning of both sides, for an example.
    pub(super) fn excerpt(&self) -> String {
        format!("{} | {}", excerpt(&self.context), excerpt(&self.response))
    }
}

/// A file to import.
#[derive(Debug)]
pub(super) struct SourceFile {
    pub(super) path: PathBuf,
    pub(super) role: Role,
    pub(super) size_bytes: u64,
    format: Format,
}

impl SourceFile {
    /// Looks at a file without reading it.
    pub(super) fn new(path: &Path, role: Role, format: Option<Format>) -> Result<Self, CorpusError> {
        let metadata = fs_err::metadata(path).map_err(|source| match source.kind() {
            std::io::ErrorKind::NotFound => CorpusError::MissingInput { path: path.to_path_buf() },
            _ => CorpusError::Read { path: path.to_path_buf(), source },
        })?;
        let format = match format {
            Some(format) => format,
            None => Format::of(path)?,
        };
        Ok(Self { path: path.to_path_buf(), role, size_bytes: metadata.len(), format })
    }

    /// Reads the file and hands each pair with its line number to `visit`.
    /// Bad lines are counted in `tally` if they are to be skipped.
    pub(super) fn read(
        &self,
        options: &ImportOptions,
        tally: &mut Tally,
        counter: &mut Counter<'_>,
        visit: &mut dyn FnMut(u64, CleanPair) -> Result<(), CorpusError>,
    ) -> Result<InputRecord, CorpusError> {
        let read_error = |source| CorpusError::Read { path: self.path.clone(), source };
        let before_bytes = counter.state.read_bytes;
        let file = File::open(&self.path).map_err(read_error)?;
        let mut lines = Lines::new(BufReader::with_capacity(1 << 16, Hashing::new(file)), options.max_line_bytes);
        let mut parser = Parser::new(self.format, &options.context_field, &options.response_field);
        while let Some(line) = lines.next_line().map_err(read_error)? {
            counter.line(line.bytes.map_or(options.max_line_bytes, <[u8]>::len));
            let parsed = match line.bytes {
                Some(bytes) => parser.parse(bytes),
                None => Err(LineFault::TooLong { max_line_bytes: options.max_line_bytes }),
            };
            match parsed {
                Ok(Parsed::Pair { context, response }) => {
                    let pair = CleanPair {
                        context: normalise(&context).into_owned(),
                        response: normalise(&response).into_owned(),
                    };
                    visit(line.number, pair)?;
                }
                Ok(Parsed::Header) => {}
                Ok(Parsed::Blank) => tally.add("blank-line", &self.path, line.number, ""),
                Err(fault) if options.skip_bad_lines && !matches!(fault, LineFault::MissingHeader { .. }) => {
                    let text = String::from_utf8_lossy(line.bytes.unwrap_or_default());
                    tally.add(fault.reason(), &self.path, line.number, &excerpt(&text));
                }
                Err(fault) => {
                    return Err(CorpusError::Line { path: self.path.clone(), line: line.number, fault });
                }
            }
        }
        let n_lines = lines.number();
        let hashing = lines.into_inner().into_inner();
        counter.end_of_file(before_bytes + hashing.bytes());
        if n_lines == 0 {
            if !options.skip_bad_lines {
                return Err(CorpusError::EmptyFile { path: self.path.clone() });
            }
            tally.add("empty-file", &self.path, 0, "");
        }
        Ok(InputRecord {
            file: file_name(&self.path),
            split: self.role.split(),
            bytes: hashing.bytes(),
            lines: n_lines,
            blake3: hashing.hash(),
        })
    }
}

/// The name of a file without its folder.
pub(super) fn file_name(path: &Path) -> String {
    path.file_name().map_or_else(|| path.display().to_string(), |name| name.to_string_lossy().into_owned())
}

/// The beginning of a text, fit for one line.
fn excerpt(text: &str) -> String {
    const MAX_CHARACTERS: usize = 60;
    let text = normalise(text);
    match text.char_indices().nth(MAX_CHARACTERS) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text.into_owned(),
    }
}
