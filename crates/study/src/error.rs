//! All errors of this crate. Owns the wording: one line, what is wrong and where, then the remedy.

use std::{io, path::PathBuf};

/// What can go wrong with a study.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
#[expect(missing_docs, reason = "each message says what its fields are")]
pub enum StudyError {
    /// The file is there already.
    #[error("`{}` exists already; choose another file or remove it", path.display())]
    Exists { path: PathBuf },
    /// There is no such study.
    #[error("there is no study `{}`; make one with `repartee study create`", path.display())]
    Missing { path: PathBuf },
    /// The file is no study.
    #[error("`{}` is not a study ({reason}); give a file made by `repartee study create`", path.display())]
    NotAStudy { path: PathBuf, reason: String },
    /// The study was made by a newer program.
    #[error("`{}` has format {found}, this program knows up to {known}; use a newer repartee", path.display())]
    TooNew { path: PathBuf, found: u32, known: u32 },
    /// The database is damaged.
    #[error("`{}` is damaged ({detail}); restore a copy made with `repartee study backup`", path.display())]
    Damaged { path: PathBuf, detail: String },
    /// SQLite refuses.
    #[error("the study file cannot be used ({source}); check free space and that no other program locks it")]
    Database {
        #[from]
        source: rusqlite::Error,
    },
    /// The operating system gives no random numbers.
    #[error("the operating system gives no random numbers ({reason}); try again")]
    Randomness { reason: String },
    /// A file cannot be read.
    #[error("cannot read `{}`; check the path", path.display())]
    Read { path: PathBuf, source: io::Error },
    /// A file cannot be written.
    #[error("cannot write `{}`; free some space or choose another file", path.display())]
    Write { path: PathBuf, source: io::Error },
    /// A value of the design makes no sense.
    #[error("design: `{field}` {problem}")]
    Design { field: &'static str, problem: String },
    /// The design does not parse.
    #[error("the design is not valid: {problem}; see `repartee study create --help`")]
    DesignSyntax { problem: String },
    /// Content cannot change after the freeze.
    #[error("the study is frozen, its items cannot change; create a new study for other items")]
    Frozen,
    /// Rating needs a frozen study.
    #[error("the study is not frozen yet; run `repartee study freeze` before the first rating")]
    NotFrozen,
    /// The study lacks something that a freeze needs.
    #[error("the study cannot be frozen: {problem}")]
    Incomplete { problem: String },
    /// A cell of an import cannot be used.
    #[error("`{}` row {row}, column `{column}`: {reason}; nothing was imported", path.display())]
    Cell { path: PathBuf, row: u64, column: String, reason: String },
    /// A file of an import cannot be used as a whole.
    #[error("`{}`: {reason}; nothing was imported", path.display())]
    ImportFile { path: PathBuf, reason: String },
    /// A name is taken or empty.
    #[error("rater name `{name}` {problem}")]
    RaterName { name: String, problem: &'static str },
    /// No such rater.
    #[error("there is no rater `{rater}` in this study; see `repartee study status`")]
    UnknownRater { rater: String },
    /// No such invitation.
    #[error("there is no invitation `{invite}` in this study; list them with `repartee study invite --list`")]
    UnknownInvite { invite: String },
    /// A page or card is not this rater's, or does not exist: one answer for both.
    #[error("there is no such {what} for this rater; load the next page")]
    NotYours { what: &'static str },
    /// The page was handed on.
    #[error("this page was handed to another rater after its lease ended; load the next page")]
    Abandoned,
    /// A judgement that the criterion does not allow.
    #[error("{criterion} cannot be `{judgement}`; {remedy}")]
    Judgement { criterion: &'static str, judgement: String, remedy: &'static str },
    /// The same revision id with other contents.
    #[error("revision `{id}` was saved before with other contents; give every change an id of its own")]
    RevisionClash { id: String },
    /// A request holds something out of bounds.
    #[error("`{field}` {problem}")]
    Field { field: &'static str, problem: String },
    /// The audit log and the tables disagree.
    #[error("the study was changed outside this program: {what}; use an untouched copy")]
    Tampered { what: String },
    /// Two files that are not of one study.
    #[error("the files cannot be merged: {reason}")]
    Merge { reason: String },
    /// An export that does not fit the study.
    #[error("the export does not fit this study: {reason}; nothing was imported")]
    Reimport { reason: String },
    /// A workbook cannot hold the study.
    #[error("the study cannot be written as a workbook ({reason}); export it as .csv or .jsonl")]
    Workbook { reason: String },
    /// There is nothing to report on.
    #[error("there are no ratings to report on yet; see `repartee study status`")]
    NoRatings,
}

impl StudyError {
    /// Whether there is no space left where the study lies. Nothing of what was to be written is there then.
    #[must_use]
    pub fn is_full(&self) -> bool {
        let code = match self {
            Self::Database { source } => source.sqlite_error_code(),
            Self::Write { source, .. } => return source.kind() == io::ErrorKind::StorageFull,
            _ => None,
        };
        code == Some(rusqlite::ErrorCode::DiskFull)
    }

    /// A problem with a field of the design.
    pub(crate) fn design(field: &'static str, problem: impl Into<String>) -> Self {
        Self::Design { field, problem: problem.into() }
    }
}
