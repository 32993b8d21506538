//! Import of dialogue pairs from JSON lines and tab-separated files.
//!
//! Owns the options, the two passes over the input and the report. Files are streamed: the first pass keeps hashes only
//! (8 bytes for each distinct context and pair), the second writes. Structural faults stop the import unless they are to
//! be skipped; content that is of no use is dropped and counted.

mod parse;
mod source;
mod survey;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use self::source::{Role, SourceFile};
use self::survey::{Survey, Verdict};
use crate::manifest::InputRecord;
use crate::writer::{CorpusWriter, check_output};
use crate::{CorpusError, Language, MANIFEST_FORMAT, Manifest, Pair, Source, Split, SplitEntry};

pub use self::parse::Format;

/// What to import and how.
#[derive(Clone, Debug, PartialEq)]
pub struct ImportOptions {
    /// Files of pairs: the training set, and dev and test where these are drawn from it.
    pub inputs: Vec<PathBuf>,
    /// Files of dev pairs. Their contexts are dropped from `inputs`.
    pub dev_files: Vec<PathBuf>,
    /// Files of test pairs. Their contexts are dropped from `inputs` and `dev_files`.
    pub test_files: Vec<PathBuf>,
    /// The corpus folder to make.
    pub out: PathBuf,
    /// Format of all files; by extension if `None`.
    pub format: Option<Format>,
    /// Where the utterance is: a JSON field, a column by its name in the header or by its number from 1.
    pub context_field: String,
    /// Where the reply is.
    pub response_field: String,
    /// Pairs, at least, to draw from `inputs` for dev, whole contexts at a time. Excludes `dev_files`.
    pub dev: usize,
    /// Pairs, at least, to draw from `inputs` for test. Excludes `test_files`.
    pub test: usize,
    /// Seed of the choice of held-out contexts.
    pub seed: u64,
    /// Language of the corpus; guessed from the share of kana and kanji if `None`.
    pub language: Option<Language>,
    /// Longest line read, in bytes.
    pub max_line_bytes: usize,
    /// Longest utterance or reply kept, in characters after normalisation.
    pub max_characters: usize,
    /// Count and drop lines that cannot be used instead of stopping at the first.
    pub skip_bad_lines: bool,
    /// Replace a corpus in `out`, vocabulary included.
    pub overwrite: bool,
}

impl Default for ImportOptions {
    fn default() -> Self {
        Self {
            inputs: Vec::new(),
            dev_files: Vec::new(),
            test_files: Vec::new(),
            out: PathBuf::new(),
            format: None,
            context_field: "context".to_owned(),
            response_field: "response".to_owned(),
            dev: 0,
            test: 0,
            seed: 0,
            language: None,
            max_line_bytes: 1 << 20,
            max_characters: 2000,
            skip_bad_lines: false,
            overwrite: false,
        }
    }
}

/// How far an import is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ImportProgress {
    /// 1 while the input is surveyed, 2 while the corpus is written.
    pub pass: u8,
    /// Lines read in this pass.
    pub lines: u64,
    /// Bytes read in this pass.
    pub read_bytes: u64,
    /// Size of all files.
    pub total_bytes: u64,
}

/// What an import did.
#[derive(Clone, Debug, PartialEq)]
pub struct ImportReport {
    /// The corpus folder.
    pub out: PathBuf,
    /// Language of the corpus.
    pub language: Language,
    /// Whether the language was guessed.
    pub language_guessed: bool,
    /// Lines read, all files together.
    pub lines: u64,
    /// Split name to its file.
    pub splits: BTreeMap<String, SplitEntry>,
    /// Reason to number of lines or pairs left out.
    pub dropped: BTreeMap<String, u64>,
    /// Reason to one example of what was left out, with its file and line.
    pub dropped_examples: BTreeMap<String, String>,
}

/// Imports files of pairs into a new corpus folder.
///
/// Text is brought to NFC, white space and control characters collapse to single blanks. Dropped and counted are pairs
/// with an empty side, with a side over `max_characters`, that occurred before, or whose context is in a held-out file,
/// and blank lines. The same input gives the same bytes, and the split of a context depends on its text and the seed
/// alone.
///
/// # Errors
/// A [`CorpusError`] that names file, line and remedy. After any error there is no new folder and an old one is as it was.
pub fn import(options: &ImportOptions, progress: &mut dyn FnMut(ImportProgress)) -> Result<ImportReport, CorpusError> {
    let files = check(options)?;
    let mut survey = Survey::new(options);
    let mut counter = Counter::new(1, &files, progress);
    let mut first_pass = Vec::new();
    // Test before dev before the rest: each drops the contexts of those before it.
    for file in &files {
        first_pass.push(file.read(options, &mut Tally::default(), &mut counter, &mut |_, pair| {
            survey.add(file.role, &pair);
            Ok(())
        })?);
    }
    let mut survey = survey.choose(options)?;

    let mut writer = CorpusWriter::create(&options.out, options.overwrite)?;
    let mut tally = Tally::default();
    let mut counter = Counter::new(2, &files, progress);
    for (file, before) in files.iter().zip(&first_pass) {
        let mut dropped = Tally::default();
        let record = file.read(options, &mut tally, &mut counter, &mut |line, pair| {
            match survey.judge(file.role, &pair) {
                Verdict::Keep { split, context_hash } => {
                    let pair = Pair { context: pair.context, response: pair.response, topic: None, mode: None };
                    writer.write(split, &pair, context_hash)?;
                }
                Verdict::Drop { reason } => dropped.add(reason, &file.path, line, &pair.excerpt()),
            }
            Ok(())
        })?;
        tally.merge(dropped);
        if record != *before {
            return Err(CorpusError::InputChanged { path: file.path.clone() });
        }
    }
    finish(options, survey.language(), writer, tally, first_pass)
}

fn finish(
    options: &ImportOptions,
    guess: Language,
    mut writer: CorpusWriter,
    tally: Tally,
    inputs: Vec<InputRecord>,
) -> Result<ImportReport, CorpusError> {
    let lines = inputs.iter().map(|input| input.lines).sum();
    for split in Split::ALL {
        let wanted = match split {
            Split::Train => true,
            Split::Dev => options.dev > 0 || !options.dev_files.is_empty(),
            Split::Test => options.test > 0 || !options.test_files.is_empty(),
        };
        if wanted && writer.n_pairs(split) == 0 {
            return Err(CorpusError::NoPairs { split, summary: tally.summary(lines) });
        }
    }
    let manifest = writer.finish(|splits| Manifest {
        format: MANIFEST_FORMAT,
        language: options.language.unwrap_or(guess),
        splits,
        source: Source::Import {
            seed: options.seed,
            dev: options.dev,
            test: options.test,
            max_characters: options.max_characters,
            language_guessed: options.language.is_none(),
            inputs,
        },
        dropped: tally.counts,
        dropped_examples: tally.examples,
    })?;
    Ok(ImportReport {
        out: options.out.clone(),
        language: manifest.language,
        language_guessed: options.language.is_none(),
        lines,
        splits: manifest.splits,
        dropped: manifest.dropped,
        dropped_examples: manifest.dropped_examples,
    })
}

/// Checks all that can be checked before anything is read.
fn check(options: &ImportOptions) -> Result<Vec<SourceFile>, CorpusError> {
    let problem = |option, problem: &str| Err(CorpusError::Option { option, problem: problem.to_owned() });
    if options.inputs.is_empty() {
        return problem("--input", "names no file; give at least one");
    }
    if options.dev > 0 && !options.dev_files.is_empty() {
        return problem("--dev", "and --dev-file exclude each other; give one of them");
    }
    if options.test > 0 && !options.test_files.is_empty() {
        return problem("--test", "and --test-file exclude each other; give one of them");
    }
    if options.context_field == options.response_field {
        return problem("--context-field", "and --response-field name the same field; give two");
    }
    if options.context_field == "0" || options.response_field == "0" {
        return problem("--context-field", "and --response-field count columns from 1; give 1 for the first column");
    }
    if options.max_characters == 0 {
        return problem("--max-characters", "is 0, which drops everything; give at least 1");
    }
    check_output(&options.out, options.overwrite)?;
    let roles = [(Role::Test, &options.test_files), (Role::Dev, &options.dev_files), (Role::Input, &options.inputs)];
    let mut files = Vec::new();
    for (role, paths) in roles {
        for path in paths {
            check_outside(path, &options.out)?;
            files.push(SourceFile::new(path, role, options.format)?);
        }
    }
    Ok(files)
}

/// An input in the output folder would vanish with it when that is replaced.
fn check_outside(path: &Path, out: &Path) -> Result<(), CorpusError> {
    if let (Ok(input), Ok(folder)) = (path.canonicalize(), out.canonicalize())
        && input.starts_with(folder)
    {
        return Err(CorpusError::InputInsideOutput { path: path.to_path_buf(), out: out.to_path_buf() });
    }
    Ok(())
}

/// Counts what was dropped, with the first example of each reason.
#[derive(Debug, Default)]
struct Tally {
    counts: BTreeMap<String, u64>,
    examples: BTreeMap<String, String>,
}

impl Tally {
    fn add(&mut self, reason: &str, path: &Path, line: u64, excerpt: &str) {
        if let Some(count) = self.counts.get_mut(reason) {
            *count += 1;
            return;
        }
        let name = source::file_name(path);
        self.counts.insert(reason.to_owned(), 1);
        self.examples.insert(reason.to_owned(), format!("{name} line {line}: {excerpt}"));
    }

    /// Adds another tally; the examples already here stay.
    fn merge(&mut self, other: Self) {
        for (reason, count) in other.counts {
            *self.counts.entry(reason).or_default() += count;
        }
        for (reason, example) in other.examples {
            self.examples.entry(reason).or_insert(example);
        }
    }

    fn summary(&self, lines: u64) -> String {
        let mut summary = format!("{lines} lines read");
        for (reason, count) in &self.counts {
            summary.push_str(&format!(", {count} {reason}"));
        }
        summary
    }
}

/// Counts lines and bytes, and reports them now and then.
struct Counter<'a> {
    state: ImportProgress,
    progress: &'a mut dyn FnMut(ImportProgress),
}

impl<'a> Counter<'a> {
    /// Often enough for a smooth bar, seldom enough to cost nothing.
    const LINES_PER_REPORT: u64 = 1 << 14;

    fn new(pass: u8, files: &[SourceFile], progress: &'a mut dyn FnMut(ImportProgress)) -> Self {
        let total_bytes = files.iter().map(|file| file.size_bytes).sum();
        Self { state: ImportProgress { pass, lines: 0, read_bytes: 0, total_bytes }, progress }
    }

    fn line(&mut self, line_bytes: usize) {
        self.state.lines += 1;
        self.state.read_bytes += line_bytes as u64 + 1;
        if self.state.lines.is_multiple_of(Self::LINES_PER_REPORT) {
            (self.progress)(self.state);
        }
    }

    /// At the end of a file the exact size is known.
    fn end_of_file(&mut self, read_bytes: u64) {
        self.state.read_bytes = read_bytes;
        (self.progress)(self.state);
    }
}
