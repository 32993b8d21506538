//! All errors of this crate. Owns the wording: one line, what is wrong and where, then the remedy.

use std::io;
use std::path::PathBuf;

use crate::challenge::ChallengeFault;
use crate::planted::PlantedError;
use crate::{Language, Split};

/// What can go wrong with a corpus or its vocabulary.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
#[expect(missing_docs, reason = "each message says what its fields are")]
pub enum CorpusError {
    /// An input file does not exist.
    #[error("input `{}` does not exist; check the path", path.display())]
    MissingInput { path: PathBuf },
    /// A file cannot be opened or read.
    #[error("cannot read `{}`; check that it is a readable file", path.display())]
    Read { path: PathBuf, source: io::Error },
    /// A file or folder cannot be written.
    #[error("cannot write `{}`; free some space or choose another output folder", path.display())]
    Write { path: PathBuf, source: io::Error },
    /// The format of an input cannot be told from its name.
    #[error("cannot tell the format of `{}` from its name; name it .jsonl, .json or .tsv, or pass --format", path.display())]
    UnknownExtension { path: PathBuf },
    /// An input has no lines.
    #[error("`{}` is empty; leave it out or pass --skip-bad-lines", path.display())]
    EmptyFile { path: PathBuf },
    /// A line cannot be used.
    #[error("`{}` line {line}: {fault}", path.display())]
    Line { path: PathBuf, line: u64, fault: LineFault },
    /// A line of a corpus folder cannot be used.
    #[error("`{}` line {line} was changed after the import ({}); import the corpus again", path.display(), fault.reason())]
    DamagedLine { path: PathBuf, line: u64, fault: LineFault },
    /// Nothing is left for a split.
    #[error("no pairs are left for {split} ({summary}); check the input and the limits")]
    NoPairs { split: Split, summary: String },
    /// The held-out splits would take everything.
    #[error("{asked} pairs are asked for dev and test, the input has {pairs}; ask for fewer with --dev and --test")]
    HoldoutTooLarge { asked: usize, pairs: u64 },
    /// An option has a value that makes no sense.
    #[error("{option} {problem}")]
    Option { option: &'static str, problem: String },
    /// The output folder holds a corpus already.
    #[error("`{}` already holds a corpus; choose another folder or pass --overwrite", path.display())]
    OutputExists { path: PathBuf },
    /// The output folder holds something that is no part of a corpus.
    #[error("`{}` holds `{entry}`, which is no part of a corpus; move it away or choose another folder", path.display())]
    OutputForeign { path: PathBuf, entry: String },
    /// An input would be removed by `--overwrite`.
    #[error("input `{}` lies in the output folder `{}`; choose another folder", path.display(), out.display())]
    InputInsideOutput { path: PathBuf, out: PathBuf },
    /// An input was not the same in both passes.
    #[error("`{}` changed while it was read, or is a pipe; import from a file at rest", path.display())]
    InputChanged { path: PathBuf },
    /// A folder has no manifest.
    #[error("`{}` is not a corpus folder (no manifest.json); make one with `repartee corpus import`", path.display())]
    NotACorpus { path: PathBuf, source: io::Error },
    /// A manifest does not parse.
    #[error("cannot read the manifest `{}`; import the corpus again", path.display())]
    Manifest { path: PathBuf, source: serde_json::Error },
    /// A manifest is of another version.
    #[error("`{}` has format {found}, this version reads format {expected}; import the corpus again", path.display())]
    ManifestFormat { path: PathBuf, found: u32, expected: u32 },
    /// A manifest lacks a split or its file name has a folder in it.
    #[error("`{}` names no usable file for {split}; import the corpus again", path.display())]
    ManifestSplit { path: PathBuf, split: Split },
    /// A split file is not the one that was imported.
    #[error("`{}` was changed: BLAKE3 is {found}, the manifest has {expected}; import the corpus again", path.display())]
    HashMismatch { path: PathBuf, expected: String, found: String },
    /// The manifest of a challenge set does not parse, or does not fit the items.
    #[error("`{}` {place}: {problem}; restore the file, or correct it before the version is published", path.display())]
    ChallengeManifest { path: PathBuf, place: String, problem: String },
    /// The items of a challenge set are not those of its manifest.
    #[error("`{}` was changed: BLAKE3 is {found}, the manifest has {expected}; restore it, a change needs a new version", path.display())]
    ChallengeChanged { path: PathBuf, expected: String, found: String },
    /// A line of a challenge set breaks a rule.
    #[error("`{}` line {line}, {field}: {fault}", path.display())]
    ChallengeItem { path: PathBuf, line: usize, field: String, fault: ChallengeFault },
    /// A name that is in no list.
    #[error("unknown {kind} `{name}`; use {expected}")]
    UnknownName { kind: &'static str, name: String, expected: &'static str },
    /// The planted generator refused.
    #[error("cannot generate a planted corpus in `{language}`; check the number of pairs")]
    Planted { language: Language, source: PlantedError },
    /// A planted corpus has too few contexts to hold some out.
    #[error(
        "{asked} contexts are asked for dev and test, the planted corpus has {contexts}; ask for fewer or more pairs"
    )]
    PlantedHoldout { asked: usize, contexts: usize },
    /// A vocabulary of this size makes no sense.
    #[error("a vocabulary of {size} pieces is too small; ask for at least {least}")]
    VocabularySize { size: usize, least: usize },
    /// There is no text to train a vocabulary on.
    #[error("there is no text to train a vocabulary on; check the corpus")]
    NoTrainingText,
    /// The vocabulary trainer refused.
    #[error("cannot train the vocabulary; try another size")]
    VocabularyTraining { source: tokenizers::Error },
    /// A vocabulary file does not parse.
    #[error("`{}` is not a tokenizer.json; train the vocabulary again with `repartee vocab train`", path.display())]
    VocabularyFile { path: PathBuf, source: tokenizers::Error },
    /// A vocabulary lacks a special piece.
    #[error("`{}` has no piece `{piece}`; add it, or train the vocabulary again", path.display())]
    VocabularySpecial { path: PathBuf, piece: &'static str },
    /// A piece number is not in the vocabulary.
    #[error("piece {id} is not in this vocabulary of {size}; use the vocabulary that the model was trained with")]
    UnknownPiece { id: u32, size: usize },
    /// No piece is frequent enough for a vector.
    #[error("no piece occurs {min_count} times in the lines; check the corpus, or lower --min-count")]
    NoEmbeddedPiece { min_count: u64 },
    /// Embeddings cannot be made of these parts.
    #[error("the embeddings {problem}")]
    Embeddings { problem: String },
    /// An embeddings file cannot be used.
    #[error("`{}` {fault}", path.display())]
    EmbeddingsFile { path: PathBuf, fault: EmbeddingFault },
    /// The system gives no threads.
    #[error("cannot start the threads; ask for fewer with --threads")]
    Threads { source: Box<dyn std::error::Error + Send + Sync> },
    /// The vocabulary cannot encode or decode; does not happen with a vocabulary trained here.
    #[error("the vocabulary cannot handle this text; train the vocabulary again")]
    Tokenize { source: tokenizers::Error },
}

const SKIP: &str = "pass --skip-bad-lines to count and drop such lines";

/// What is wrong with one line of input.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
#[expect(missing_docs, reason = "each message says what its fields are")]
pub enum LineFault {
    /// Not JSON.
    #[error("malformed JSON at column {column} ({problem}); write one object per line, or {SKIP}")]
    MalformedJson { column: usize, problem: String },
    /// JSON, but not an object.
    #[error("the line is {found}, not an object; write one object per line, or {SKIP}")]
    NotAnObject { found: &'static str },
    /// A field of a JSON line is missing.
    #[error("no field `{field}` (found: {found}); name the field with {option}, or {SKIP}")]
    MissingField { field: String, found: String, option: &'static str },
    /// A field is no string.
    #[error("field `{field}` is {found}, not a string; name the field with {option}, or {SKIP}")]
    WrongType { field: String, found: &'static str, option: &'static str },
    /// The header of a table lacks a column.
    #[error("no column `{column}` in the header (found: {found}); name the column with {option}, or give its number")]
    MissingHeader { column: String, found: String, option: &'static str },
    /// A row of a table is too short.
    #[error("no column {column}, the row has {found}; separate columns by tabs, or {SKIP}")]
    MissingColumn { column: usize, found: usize },
    /// Not UTF-8.
    #[error("invalid UTF-8 at byte {byte}; convert the file to UTF-8, or {SKIP}")]
    InvalidUtf8 { byte: usize },
    /// Longer than the bound.
    #[error("the line is longer than {max_line_bytes} bytes; raise --max-line-bytes, or {SKIP}")]
    TooLong { max_line_bytes: usize },
}

/// What is wrong with an embeddings file.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
#[expect(missing_docs, reason = "each message says what its fields are")]
pub enum EmbeddingFault {
    /// The first line is not two numbers.
    #[error("line 1 is not `PIECES SIZE`; use a file in the text or binary format of word2vec, with its first line")]
    Header,
    /// The first line asks for more than there is.
    #[error(
        "line 1 promises {n_pieces} vectors of {size} numbers, which {n_bytes} bytes cannot hold; get the whole file"
    )]
    Promise { n_pieces: usize, size: usize, n_bytes: usize },
    /// The file ends between two rows.
    #[error("line 1 promises {n_pieces} vectors, there are {found}; get the whole file, or correct line 1")]
    Missing { n_pieces: usize, found: usize },
    /// The file ends in a row of the binary format.
    #[error("ends in vector {row}; get the whole file")]
    Cut { row: usize },
    /// More follows after the last row.
    #[error("goes on after the {n_pieces} vectors that line 1 promises; correct line 1")]
    Rest { n_pieces: usize },
    /// A row starts with a blank.
    #[error("has no piece before the numbers of vector {row}; write the file again")]
    NoPiece { row: usize },
    /// A piece of the binary format is no UTF-8.
    #[error("has a piece before vector {row} that is not UTF-8; check that all vectors have the size that line 1 says")]
    PieceUtf8 { row: usize },
    /// A line of the text format is no UTF-8.
    #[error("line {line} is not UTF-8; convert the file to UTF-8")]
    LineUtf8 { line: usize },
    /// A field is no number.
    #[error("line {line}: number {column} is `{text}`; correct the line, or train the embeddings again")]
    Number { line: usize, column: usize, text: String },
    /// A line has too many or too few numbers.
    #[error("line {line} has {found} numbers, line 1 promises {size}; correct the line, or train the embeddings again")]
    Columns { line: usize, found: usize, size: usize },
    /// A piece has two vectors.
    #[error("has a second vector for `{piece}` at vector {row}; leave one out")]
    Repeated { row: usize, piece: String },
    /// A vector has a number that is NaN or infinite.
    #[error("has a number that is not finite in vector {row}, of `{piece}`; train the embeddings again")]
    NotFinite { row: usize, piece: String },
}

impl LineFault {
    /// The reason under which a dropped line is counted.
    #[must_use]
    pub fn reason(&self) -> &'static str {
        match self {
            Self::MalformedJson { .. } => "malformed-json",
            Self::NotAnObject { .. } | Self::WrongType { .. } => "wrong-type",
            Self::MissingField { .. } => "missing-field",
            Self::MissingHeader { .. } | Self::MissingColumn { .. } => "missing-column",
            Self::InvalidUtf8 { .. } => "invalid-utf-8",
            Self::TooLong { .. } => "line-too-long",
        }
    }

    /// The fault of a line that `serde_json` refuses, without its own "at line 1".
    pub(crate) fn malformed_json(error: &serde_json::Error) -> Self {
        let message = error.to_string();
        let problem = message.rsplit_once(" at line ").map_or(message.as_str(), |(problem, _)| problem).to_owned();
        Self::MalformedJson { column: error.column(), problem }
    }
}
