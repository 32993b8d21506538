//! The vocabulary: text to piece numbers and back.
//!
//! Owns the special pieces and `tokenizer.json`. It wraps a unigram model of the `tokenizers` crate; how that is trained
//! is in `train`, which lines it is trained on in `sample`.

mod sample;
mod train;

use std::path::Path;

use tokenizers::Tokenizer;

pub(crate) use sample::training_lines;

use crate::{Corpus, CorpusError, normalise, writer};

/// Name of the vocabulary in a corpus folder.
pub(crate) const VOCABULARY_FILE: &str = "tokenizer.json";

/// The special pieces of a vocabulary trained here, numbered from 0 as fairseq does.
pub(crate) const SPECIALS: [&str; 4] = ["<s>", "<pad>", "</s>", "<unk>"];

/// How to train a vocabulary.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct VocabularyOptions {
    /// Number of pieces asked for, special pieces included. Little text may give fewer.
    pub size: usize,
    /// Seed of the sample of lines.
    pub seed: u64,
    /// Most lines to train on; a uniform sample if there are more.
    pub max_lines: usize,
}

impl Default for VocabularyOptions {
    /// The sizes of the paper: 16,000 pieces from a million lines.
    fn default() -> Self {
        Self { size: 16_000, seed: 0, max_lines: 1_000_000 }
    }
}

/// How far the training of a vocabulary is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum VocabularyProgress {
    /// Lines are being read.
    Reading {
        /// Lines so far.
        lines: u64,
    },
    /// The lines are read, the pieces are being fitted. This is the long part and reports nothing until it is done.
    Fitting {
        /// Lines read.
        lines: u64,
    },
    /// The vocabulary is on disk.
    Written {
        /// Number of pieces.
        size: usize,
    },
}

/// A vocabulary of subword pieces, for both sides of a pair.
///
/// Deviation: the authors trained SentencePiece, for Japanese on text segmented by MeCab. This is the same kind of model
/// without MeCab, and no character is given up for a coverage of 99.95 %: see `train`.
#[derive(Clone, Debug)]
pub struct Vocabulary {
    tokenizer: Tokenizer,
    json: String,
    specials: [u32; 4],
}

impl Vocabulary {
    /// Trains a vocabulary on lines of text. The same lines, options and seed give the same bytes on any machine.
    ///
    /// # Errors
    /// [`CorpusError::VocabularySize`] if there is no room for any piece, [`CorpusError::NoTrainingText`],
    /// [`CorpusError::VocabularyTraining`] if the trainer refuses.
    pub fn train<S: AsRef<str>>(
        lines: impl IntoIterator<Item = S>,
        options: &VocabularyOptions,
    ) -> Result<Self, CorpusError> {
        train::check_size(options.size)?;
        let lines = sample::sample(lines, options.max_lines, options.seed);
        let json = train::train(&lines, options.size)?;
        Self::from_json(json, Path::new(VOCABULARY_FILE))
    }

    /// Loads a vocabulary: one trained here, or any `tokenizer.json` that has the four special pieces under whatever
    /// numbers.
    ///
    /// # Errors
    /// [`CorpusError::Read`], [`CorpusError::VocabularyFile`] or [`CorpusError::VocabularySpecial`].
    pub fn load(path: &Path) -> Result<Self, CorpusError> {
        let json =
            fs_err::read_to_string(path).map_err(|source| CorpusError::Read { path: path.to_path_buf(), source })?;
        Self::from_json(json, path)
    }

    /// Saves the vocabulary; the file is there as a whole or not at all.
    ///
    /// # Errors
    /// [`CorpusError::Write`].
    pub fn save(&self, path: &Path) -> Result<(), CorpusError> {
        writer::replace(path, self.json.as_bytes())
    }

    /// The pieces of a text, no special pieces added. The text is normalised first.
    ///
    /// Characters not in the vocabulary become `<unk>`, and so does a special piece spelt out in the text: no text can
    /// end a sentence.
    ///
    /// # Errors
    /// [`CorpusError::Tokenize`], which a vocabulary trained here does not give.
    pub fn encode(&self, text: &str) -> Result<Vec<u32>, CorpusError> {
        let encoding = self
            .tokenizer
            .encode_fast(normalise(text).as_ref(), false)
            .map_err(|source| CorpusError::Tokenize { source })?;
        let replace = |&id: &u32| if self.specials.contains(&id) { self.unk() } else { id };
        Ok(encoding.get_ids().iter().map(replace).collect())
    }

    /// The text of pieces; special pieces are left out.
    ///
    /// # Errors
    /// [`CorpusError::UnknownPiece`] for a number that is not in the vocabulary, [`CorpusError::Tokenize`].
    pub fn decode(&self, ids: &[u32]) -> Result<String, CorpusError> {
        let mut pieces = Vec::with_capacity(ids.len());
        for &id in ids.iter().filter(|id| !self.specials.contains(id)) {
            if self.tokenizer.id_to_token(id).is_none() {
                return Err(CorpusError::UnknownPiece { id, size: self.size() });
            }
            pieces.push(id);
        }
        self.tokenizer.decode(&pieces, true).map_err(|source| CorpusError::Tokenize { source })
    }

    /// Number of pieces, special pieces included.
    #[must_use]
    pub fn size(&self) -> usize {
        self.tokenizer.get_vocab_size(true)
    }

    /// Number of `<s>`.
    #[must_use]
    pub fn bos(&self) -> u32 {
        self.specials[0]
    }

    /// Number of `<pad>`.
    #[must_use]
    pub fn pad(&self) -> u32 {
        self.specials[1]
    }

    /// Number of `</s>`.
    #[must_use]
    pub fn eos(&self) -> u32 {
        self.specials[2]
    }

    /// Number of `<unk>`.
    #[must_use]
    pub fn unk(&self) -> u32 {
        self.specials[3]
    }

    /// The piece with a number, with `▁` for a blank.
    #[must_use]
    pub fn piece(&self, id: u32) -> Option<String> {
        self.tokenizer.id_to_token(id)
    }

    /// BLAKE3 of the JSON, in hexadecimal: the file's, byte for byte, once saved.
    #[must_use]
    pub fn hash(&self) -> String {
        blake3::hash(self.json.as_bytes()).to_hex().to_string()
    }

    /// A vocabulary from the text of its `tokenizer.json`; `path` names it in errors.
    ///
    /// # Errors
    /// As [`Vocabulary::load`], but for reading.
    pub fn from_json(json: String, path: &Path) -> Result<Self, CorpusError> {
        let mut tokenizer = Tokenizer::from_bytes(&json)
            .map_err(|source| CorpusError::VocabularyFile { path: path.to_path_buf(), source })?;
        // Otherwise a text with `</s>` in it would be taken for the end of a sentence.
        tokenizer.set_encode_special_tokens(true);
        let mut specials = [0; 4];
        for (id, piece) in specials.iter_mut().zip(SPECIALS) {
            *id = tokenizer
                .token_to_id(piece)
                .ok_or(CorpusError::VocabularySpecial { path: path.to_path_buf(), piece })?;
        }
        Ok(Self { tokenizer, json, specials })
    }
}

/// Trains the vocabulary of a corpus on the contexts and responses of its training split, both sides together, and
/// writes it to [`Corpus::vocabulary_path`]. Repeated lines count once.
///
/// # Errors
/// As [`Corpus::pairs`], [`Vocabulary::train`] and [`Vocabulary::save`].
pub fn train_vocabulary(
    corpus: &Corpus,
    options: &VocabularyOptions,
    progress: &mut dyn FnMut(VocabularyProgress),
) -> Result<Vocabulary, CorpusError> {
    train::check_size(options.size)?;
    let (lines, n_lines) = training_lines(corpus, options.max_lines, options.seed, &mut |lines| {
        progress(VocabularyProgress::Reading { lines });
    })?;
    let lines = sample::distinct(lines);
    progress(VocabularyProgress::Fitting { lines: n_lines });
    let path = corpus.vocabulary_path();
    let vocabulary = Vocabulary::from_json(train::train(&lines, options.size)?, &path)?;
    vocabulary.save(&path)?;
    progress(VocabularyProgress::Written { size: vocabulary.size() });
    Ok(vocabulary)
}
