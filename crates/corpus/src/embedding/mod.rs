//! Embeddings: a vector for every piece of a vocabulary that the text has often enough.
//!
//! Owns the type, which lines it is trained on and `embeddings.bin`. The training is in `cbow`, what it draws in
//! `sampler`, how far it goes in `step`, its arithmetic in `panel`, the file formats in `word2vec`.

mod cbow;
mod panel;
mod sampler;
mod step;
mod word2vec;

use std::collections::HashMap;
use std::path::Path;

use rayon::prelude::*;

pub use word2vec::EmbeddingFormat;

use crate::vocabulary::training_lines;
use crate::{Corpus, CorpusError, Vocabulary, writer};

/// Name of the embeddings in a corpus folder.
pub(crate) const EMBEDDINGS_FILE: &str = "embeddings.bin";

/// How to train embeddings. The defaults are the paper's, which are those of the word2vec program but for the size.
#[derive(Clone, Debug, PartialEq)]
pub struct EmbeddingOptions {
    /// Numbers per piece.
    pub size: usize,
    /// Most pieces to each side that count as context; each position draws its own width from 1 to this.
    pub window: usize,
    /// Pieces that the lines have less often than this get no vector and are left out of the text.
    pub min_count: u64,
    /// Noise pieces per position.
    pub negatives: usize,
    /// Passes over the lines.
    pub epochs: usize,
    /// Learning rate at the start; it falls linearly to a ten-thousandth.
    pub learning_rate: f32,
    /// Pieces of a higher relative frequency are left out at random (Mikolov et al. 2013b, Section 2.3); 0 leaves out none.
    pub sample: f64,
    /// Most lines to train on; a uniform sample if there are more.
    pub max_lines: usize,
    /// Seed of the sample, the start values and every draw of the training.
    pub seed: u64,
    /// Threads to use; 0 for all. The result does not depend on it.
    pub threads: usize,
}

impl Default for EmbeddingOptions {
    fn default() -> Self {
        Self {
            size: 512,
            window: 5,
            min_count: 5,
            negatives: 5,
            epochs: 5,
            learning_rate: 0.05,
            sample: 1e-3,
            max_lines: 1_000_000,
            seed: 0,
            threads: 0,
        }
    }
}

impl EmbeddingOptions {
    fn check(&self) -> Result<(), CorpusError> {
        let least = |option, value: usize| match value {
            0 => Err(CorpusError::Option { option, problem: "is 0; ask for at least 1".to_owned() }),
            _ => Ok(()),
        };
        least("--size", self.size)?;
        least("--window", self.window)?;
        least("--negatives", self.negatives)?;
        least("--epochs", self.epochs)?;
        least("--max-lines", self.max_lines)?;
        if self.learning_rate > 0.0 && self.learning_rate.is_finite() && self.sample >= 0.0 && self.sample.is_finite() {
            return Ok(());
        }
        let problem = "or the subsampling threshold is negative or not finite; use the defaults".to_owned();
        Err(CorpusError::Option { option: "the learning rate", problem })
    }
}

/// How far the training of embeddings is.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum EmbeddingProgress {
    /// Lines are being read.
    Reading {
        /// Lines so far.
        lines: u64,
    },
    /// Lines become pieces.
    Encoding {
        /// Lines so far.
        lines: u64,
        /// Lines in all.
        total_lines: u64,
    },
    /// The vectors are being fitted.
    Training {
        /// Pieces of the text so far, over all passes. As in the word2vec program, what is left out at random counts,
        /// what is too rare does not.
        words: u64,
        /// Their number at the end.
        total_words: u64,
        /// −log σ(score of the right piece) − Σ log σ(−score of a noise piece), mean over some positions since the last
        /// report, if there were any.
        loss_nats_per_position: Option<f64>,
    },
    /// The embeddings are on disk.
    Written {
        /// Number of vectors.
        pieces: usize,
    },
}

/// Vectors of pieces. A piece that was too rare to be trained is not in here: nothing stands for what was not learnt.
#[derive(Clone, Debug, PartialEq)]
pub struct Embeddings {
    size: usize,
    pieces: Vec<String>,
    values: Vec<f32>,
}

impl Embeddings {
    /// Embeddings from their parts, `values` row by row.
    ///
    /// # Errors
    /// [`CorpusError::Embeddings`] if the numbers do not fit together, a value is not finite, or a piece occurs twice,
    /// is empty or has a blank or line end in it, which the formats cannot hold.
    pub fn new(size: usize, pieces: Vec<String>, values: Vec<f32>) -> Result<Self, CorpusError> {
        word2vec::check(size, &pieces, &values).map_err(|problem| CorpusError::Embeddings { problem })?;
        Ok(Self { size, pieces, values })
    }

    /// Trains embeddings of a vocabulary's pieces on lines of text. The same lines, options and vocabulary give the same
    /// bytes on any machine, whatever the number of threads.
    ///
    /// The lines are taken as they are: [`train_embeddings`] takes a sample.
    ///
    /// # Errors
    /// [`CorpusError::Option`], [`CorpusError::NoEmbeddedPiece`] if no piece is frequent enough, as [`Vocabulary::encode`],
    /// as [`Embeddings::new`] if the vocabulary has such a piece.
    pub fn train<S: AsRef<str> + Sync>(
        lines: &[S],
        vocabulary: &Vocabulary,
        options: &EmbeddingOptions,
        progress: &mut dyn FnMut(EmbeddingProgress),
    ) -> Result<Self, CorpusError> {
        options.check()?;
        let pool = rayon::ThreadPoolBuilder::new()
            .num_threads(options.threads)
            .build()
            .map_err(|source| CorpusError::Threads { source: Box::new(source) })?;
        let text = encode(&pool, lines, vocabulary, progress)?;
        let trained = cbow::train(&pool, text, vocabulary.size(), options, progress)?;
        let pieces = trained.ids.iter().map(|&id| vocabulary.piece(id).unwrap_or_default()).collect();
        Self::new(options.size, pieces, trained.values)
    }

    /// Loads embeddings in the text or the binary format of word2vec, whichever the file has.
    ///
    /// # Errors
    /// [`CorpusError::Read`] or [`CorpusError::EmbeddingsFile`].
    pub fn load(path: &Path) -> Result<Self, CorpusError> {
        let bytes = fs_err::read(path).map_err(|source| CorpusError::Read { path: path.to_path_buf(), source })?;
        word2vec::read(&bytes).map_err(|fault| CorpusError::EmbeddingsFile { path: path.to_path_buf(), fault })
    }

    /// Saves the embeddings; the file is there as a whole or not at all.
    ///
    /// # Errors
    /// [`CorpusError::Write`].
    pub fn save(&self, path: &Path, format: EmbeddingFormat) -> Result<(), CorpusError> {
        let mut bytes = Vec::new();
        word2vec::write(self, format, |part| bytes.extend_from_slice(part));
        writer::replace(path, &bytes)
    }

    /// Numbers per piece.
    #[must_use]
    pub fn size(&self) -> usize {
        self.size
    }

    /// The pieces, by falling frequency if trained here.
    #[must_use]
    pub fn pieces(&self) -> &[String] {
        &self.pieces
    }

    /// The vectors in the order of the pieces, row by row, `[pieces, size]`.
    #[must_use]
    pub fn values(&self) -> &[f32] {
        &self.values
    }

    /// The vectors of a vocabulary's pieces, matched by their text, with rising piece numbers.
    ///
    /// A piece without a vector is not in it: whoever loads these leaves his own start values there. Neither is `<pad>`,
    /// whose vector stays zero.
    pub fn rows_for(&self, vocabulary: &Vocabulary) -> impl Iterator<Item = (u32, &[f32])> + use<'_> {
        let rows: HashMap<&str, &[f32]> =
            self.pieces.iter().map(String::as_str).zip(self.values.chunks_exact(self.size)).collect();
        let (n_pieces, pad) = (vocabulary.size() as u32, vocabulary.pad());
        let named = (0..n_pieces).filter(|&id| id != pad).filter_map(|id| Some((id, vocabulary.piece(id)?)));
        let rows: Vec<_> = named.filter_map(|(id, piece)| Some((id, *rows.get(piece.as_str())?))).collect();
        rows.into_iter()
    }

    /// BLAKE3 of the binary form, in hexadecimal: the file's, byte for byte, once saved so.
    #[must_use]
    pub fn hash(&self) -> String {
        let mut hasher = blake3::Hasher::new();
        word2vec::write(self, EmbeddingFormat::Binary, |part| {
            hasher.update(part);
        });
        hasher.finalize().to_hex().to_string()
    }
}

/// Trains embeddings on the contexts and responses of a corpus' training split, repeated lines as often as they occur, and
/// writes them to `path`.
///
/// # Errors
/// As [`Corpus::pairs`], [`Embeddings::train`] and [`Embeddings::save`].
pub fn train_embeddings(
    corpus: &Corpus,
    vocabulary: &Vocabulary,
    options: &EmbeddingOptions,
    (path, format): (&Path, EmbeddingFormat),
    progress: &mut dyn FnMut(EmbeddingProgress),
) -> Result<Embeddings, CorpusError> {
    options.check()?;
    let (lines, _) = training_lines(corpus, options.max_lines, options.seed, &mut |lines| {
        progress(EmbeddingProgress::Reading { lines });
    })?;
    let embeddings = Embeddings::train(&lines, vocabulary, options, progress)?;
    embeddings.save(path, format)?;
    progress(EmbeddingProgress::Written { pieces: embeddings.pieces.len() });
    Ok(embeddings)
}

/// The pieces of every line, in order.
fn encode<S: AsRef<str> + Sync>(
    pool: &rayon::ThreadPool,
    lines: &[S],
    vocabulary: &Vocabulary,
    progress: &mut dyn FnMut(EmbeddingProgress),
) -> Result<Vec<Vec<u32>>, CorpusError> {
    const LINES_PER_REPORT: usize = 1 << 14;
    let total_lines = lines.len() as u64;
    let mut text = Vec::with_capacity(lines.len());
    for some in lines.chunks(LINES_PER_REPORT) {
        let encode = || some.par_iter().map(|line| vocabulary.encode(line.as_ref())).collect::<Result<Vec<_>, _>>();
        text.extend(pool.install(encode)?);
        progress(EmbeddingProgress::Encoding { lines: text.len() as u64, total_lines });
    }
    Ok(text)
}
