//! All errors of this crate. Owns the wording: one line, what is wrong and where, then the remedy.

use std::io;
use std::path::{Path, PathBuf};

use repartee_corpus::CorpusError;
use repartee_corpus::segmentation::SegmentationError;

/// What can go wrong while a corpus is built from an archive.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
#[expect(missing_docs, reason = "each message says what its fields are")]
pub enum ArchiveError {
    /// An input does not exist.
    #[error("input `{}` does not exist; check the path", path.display())]
    MissingInput { path: PathBuf },
    /// The inputs have no file.
    #[error("no .json, .jsonl, .ndjson or .js file (also .gz, .bz2, .zst) in the input; check the path")]
    NoInput,
    /// A file or folder cannot be read.
    #[error("cannot read `{}`; check that it is readable", path.display())]
    Read { path: PathBuf, source: io::Error },
    /// A file or folder cannot be written.
    #[error("cannot write `{}`; free some space or choose another folder with --work", path.display())]
    Write { path: PathBuf, source: io::Error },
    /// A file of the work folder is not as it was written.
    #[error("`{}` is damaged; pass --restart to begin anew", path.display())]
    DamagedWork { path: PathBuf },
    /// The work folder belongs to a build with other options or inputs.
    #[error("`{}` holds the work of a build with other options or inputs; pass --restart or another --work", path.display())]
    OtherWork { path: PathBuf },
    /// The work folder holds something else.
    #[error("`{}` is not a work folder; choose another with --work", path.display())]
    ForeignWork { path: PathBuf },
    /// Another program works in the work folder.
    #[error("another build works in `{}`; wait for it or choose another --work", path.display())]
    WorkInUse { path: PathBuf },
    /// Something in the input is wrong, and the build is strict.
    #[error("`{}` line {line}: {fault}; leave out --strict to count and skip it", path.display())]
    Fault { path: PathBuf, line: u64, fault: Fault },
    /// An option has a value that makes no sense.
    #[error("{option} {problem}")]
    Option { option: &'static str, problem: String },
    /// Nothing is left.
    #[error("no pairs are left for {split} ({summary}); check the input, the years, the filters and --max-depth")]
    NoPairs { split: repartee_corpus::Split, summary: String },
    /// The threads cannot be started.
    #[error("cannot start {threads} threads; ask for fewer with --threads")]
    Threads { threads: usize },
    /// The dictionary for Japanese cannot be used.
    #[error(transparent)]
    Segmentation(#[from] SegmentationError),
    /// The corpus folder cannot be written.
    #[error(transparent)]
    Corpus(#[from] CorpusError),
}

impl ArchiveError {
    pub(crate) fn read(path: &Path) -> impl FnOnce(io::Error) -> Self + use<> {
        let path = path.to_path_buf();
        move |source| Self::Read { path, source }
    }

    pub(crate) fn write(path: &Path) -> impl FnOnce(io::Error) -> Self + use<> {
        let path = path.to_path_buf();
        move |source| Self::Write { path, source }
    }
}

/// What is wrong with one piece of the input. Its text is never quoted: it may name people.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
#[expect(missing_docs, reason = "each message says what its fields are")]
pub enum Fault {
    /// The compressed data end early or are damaged.
    #[error("the file cannot be decoded further ({problem})")]
    Undecodable { problem: String },
    /// Not UTF-8.
    #[error("invalid UTF-8 at byte {byte}")]
    InvalidUtf8 { byte: usize },
    /// Not JSON.
    #[error("malformed JSON at column {column}")]
    MalformedJson { column: usize },
    /// The file ends within a value.
    #[error("the file ends before this value does")]
    Unfinished,
    /// Longer than the bound.
    #[error("the value is longer than {max_bytes} bytes; raise --max-line-bytes to read it")]
    TooLong { max_bytes: usize },
    /// No post of a known form.
    #[error("no field `{field}`, which a post of this form has")]
    MissingField { field: &'static str },
    /// A time that cannot be understood.
    #[error("the time is neither ISO 8601, Twitter's form nor seconds")]
    UnknownTime,
    /// A time outside of the years of social media.
    #[error("the time is out of range, 1990 to 2099")]
    TimeOutOfRange,
    /// Two posts of different texts have one id; the first stays.
    #[error("the id occurred before, with another text")]
    ConflictingId,
    /// The reply links lead in a circle.
    #[error("the reply links of this post lead in a circle")]
    Cycle,
}

impl Fault {
    /// The name under which it is counted.
    #[must_use]
    pub fn name(&self) -> &'static str {
        match self {
            Self::Undecodable { .. } => "undecodable-file",
            Self::InvalidUtf8 { .. } => "invalid-utf-8",
            Self::MalformedJson { .. } => "malformed-json",
            Self::Unfinished => "unfinished-value",
            Self::TooLong { .. } => "value-too-long",
            Self::MissingField { .. } => "missing-field",
            Self::UnknownTime => "unknown-time",
            Self::TimeOutOfRange => "time-out-of-range",
            Self::ConflictingId => "conflicting-id",
            Self::Cycle => "reply-cycle",
        }
    }
}
