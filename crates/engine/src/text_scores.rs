//! Scores of plain text files from any system: one reply a line, the n-th line for the n-th utterance.

use std::{
    path::{Path, PathBuf},
    str::FromStr,
};

use repartee_corpus::segmentation::Segmenter;
use repartee_metrics::{Interner, Resampling, Row, Sample, Segmentation, Text, report};
use serde::Serialize;

use crate::error::EngineError;

/// Which files to score and how.
#[derive(Clone, Debug)]
pub struct TextScoresOptions {
    /// Replies of the system; several files are several draws.
    pub hypotheses: Vec<PathBuf>,
    /// References; an empty line is no reference, unless no file has one for its utterance.
    pub references: Vec<PathBuf>,
    /// Replies of another system, as many files.
    pub baseline: Vec<PathBuf>,
    /// The utterances, to know which lines answer the same one.
    pub contexts: Option<PathBuf>,
    /// How text is cut.
    pub cut: Cut,
    /// Resamples of bootstrap and tests; 0 for neither.
    pub n_trials: u32,
    /// Seed of the resamples.
    pub seed: u64,
}

/// How text is cut into tokens for scoring.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Cut {
    /// By rules alone.
    Rules(Segmentation),
    /// Into MeCab's words, by the dictionary of a folder or that of the usual places.
    Mecab(Option<PathBuf>),
}

impl Cut {
    /// The name in options and reports.
    #[must_use]
    pub fn name(&self) -> &'static str {
        match self {
            Self::Rules(segmentation) => segmentation.name(),
            Self::Mecab(_) => "mecab",
        }
    }

    /// # Errors
    /// When there is no dictionary.
    pub(crate) fn open(&self) -> Result<Cutter, EngineError> {
        Ok(match self {
            Self::Rules(segmentation) => Cutter { segmenter: None, segmentation: *segmentation },
            Self::Mecab(dictionary) => {
                Cutter { segmenter: Some(Segmenter::open(dictionary.as_deref())?), segmentation: Segmentation::None }
            }
        })
    }
}

impl FromStr for Cut {
    type Err = String;

    fn from_str(name: &str) -> Result<Self, String> {
        match name {
            "mecab" => Ok(Self::Mecab(None)),
            rules => rules
                .parse()
                .map(Self::Rules)
                .map_err(|_| format!("unknown segmentation `{rules}`; use moses, 13a, mecab, none or characters")),
        }
    }
}

/// A [`Cut`] with its dictionary.
pub(crate) struct Cutter {
    segmenter: Option<Segmenter>,
    segmentation: Segmentation,
}

impl Cutter {
    /// Cuts texts that are to be compared with each other.
    pub(crate) fn texts(&self) -> impl FnMut(&String) -> Text {
        let mut worker = self.segmenter.as_ref().map(Segmenter::worker);
        let mut interner = Interner::default();
        move |text| match &mut worker {
            Some(worker) => interner.text(&worker.segment(text), self.segmentation),
            None => interner.text(text, self.segmentation),
        }
    }
}

/// The scores of files.
#[derive(Clone, Debug, Serialize)]
pub struct TextScores {
    /// Lines of each file.
    pub n_replies: usize,
    /// Files of hypotheses.
    pub n_draws: usize,
    /// Fewest and most references of a line.
    pub n_references: [usize; 2],
    /// Empty lines in the hypotheses.
    pub n_empty_replies: usize,
    /// Lines for which every reference is empty.
    pub n_empty_references: usize,
    /// How text was cut.
    pub segmentation: &'static str,
    /// Resamples of bootstrap and tests.
    pub n_trials: u32,
    /// Seed of the resamples.
    pub seed: u64,
    /// One row a metric.
    pub metrics: Vec<Row>,
}

/// Scores files.
///
/// # Errors
/// A file that cannot be read, is empty, is not UTF-8 or has another number of lines than the first.
pub fn score_texts(options: &TextScoresOptions) -> Result<TextScores, EngineError> {
    let (n_files, n_baselines) = (options.hypotheses.len(), options.baseline.len());
    if n_baselines > 0 && n_baselines != n_files {
        return Err(EngineError::BaselineDraws { hypotheses: n_files, baselines: n_baselines });
    }
    let mut files = Files { first: None };
    let hypotheses = files.read_all(&options.hypotheses)?;
    let references = files.read_all(&options.references)?;
    let baseline = files.read_all(&options.baseline)?;
    let contexts = options.contexts.as_deref().map(|path| files.read(path)).transpose()?;

    let cutter = options.cut.open()?;
    let mut text = cutter.texts();
    let mut texts = |lines: &[String]| -> Vec<Text> { lines.iter().map(&mut text).collect() };
    let draws: Vec<Vec<Text>> = hypotheses.iter().map(|lines| texts(lines)).collect();
    let baseline_draws: Vec<Vec<Text>> = baseline.iter().map(|lines| texts(lines)).collect();
    let (reference_lines, n_empty_references) = by_line(&references);
    let references: Vec<Vec<Text>> = reference_lines.iter().map(|lines| texts(lines)).collect();
    let utterances = contexts.map(|contexts| numbered(&contexts));

    let sample = |draws| {
        let sample = Sample::new(draws, &references)?;
        utterances.clone().map_or(Ok(sample.clone()), |utterances| sample.with_utterances(utterances))
    };
    let system = sample(&draws)?;
    let baseline = if baseline_draws.is_empty() { None } else { Some(sample(&baseline_draws)?) };
    let resampling = Resampling { n_trials: options.n_trials, seed: options.seed };
    let counts = || references.iter().map(Vec::len);
    Ok(TextScores {
        n_replies: system.n_items(),
        n_draws: system.n_draws(),
        n_references: [counts().min().unwrap_or(0), counts().max().unwrap_or(0)],
        n_empty_replies: hypotheses.iter().flatten().filter(|line| line.trim().is_empty()).count(),
        n_empty_references,
        segmentation: options.cut.name(),
        n_trials: options.n_trials,
        seed: options.seed,
        metrics: report(&system, baseline.as_ref(), resampling)?,
    })
}

/// Reads files that must all have as many lines as the first.
struct Files {
    first: Option<(PathBuf, usize)>,
}

impl Files {
    fn read_all(&mut self, paths: &[PathBuf]) -> Result<Vec<Vec<String>>, EngineError> {
        paths.iter().map(|path| self.read(path)).collect()
    }

    fn read(&mut self, path: &Path) -> Result<Vec<String>, EngineError> {
        let lines = lines(path)?;
        let (first, expected) = self.first.get_or_insert_with(|| (path.to_owned(), lines.len()));
        if lines.len() != *expected {
            let (first, expected) = (first.clone(), *expected);
            return Err(EngineError::LineCount { path: path.to_owned(), found: lines.len(), first, expected });
        }
        Ok(lines)
    }
}

/// The lines of a file without their ends, of Unix or Windows, and without a byte-order mark.
fn lines(path: &Path) -> Result<Vec<String>, EngineError> {
    let bytes = fs_err::read(path).map_err(|source| EngineError::ReadText { path: path.to_owned(), source })?;
    let bytes = bytes.strip_prefix("\u{feff}".as_bytes()).unwrap_or(&bytes);
    if bytes.is_empty() {
        return Err(EngineError::EmptyText { path: path.to_owned() });
    }
    let bytes = bytes.strip_suffix(b"\n").unwrap_or(bytes);
    let read = |(line, bytes): (usize, &[u8])| match std::str::from_utf8(bytes) {
        Ok(text) => Ok(text.strip_suffix('\r').unwrap_or(text).to_owned()),
        Err(error) => Err(EngineError::TextNotUtf8 { path: path.to_owned(), line, byte: error.valid_up_to() + 1 }),
    };
    (1..).zip(bytes.split(|&byte| byte == b'\n')).map(read).collect()
}

/// For each line the references that are there, and for how many lines there is only an empty one.
fn by_line(files: &[Vec<String>]) -> (Vec<Vec<String>>, usize) {
    let n_lines = files.first().map_or(0, Vec::len);
    let mut n_empty = 0;
    let lines = (0..n_lines).map(|line| {
        let mut texts: Vec<String> = files.iter().map(|file| file[line].clone()).collect();
        texts.retain(|text| !text.trim().is_empty());
        if texts.is_empty() {
            n_empty += 1;
            texts.push(String::new());
        }
        texts
    });
    (lines.collect(), n_empty)
}

/// Equal texts have equal numbers.
fn numbered(texts: &[String]) -> Vec<u32> {
    let mut numbers = std::collections::BTreeMap::new();
    texts
        .iter()
        .map(|text| {
            let next = numbers.len() as u32;
            *numbers.entry(text.as_str()).or_insert(next)
        })
        .collect()
}
