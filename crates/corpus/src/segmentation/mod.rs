//! Japanese text to words as MeCab with IPADIC has them.
//!
//! Owns the settings that make Vibrato agree with MeCab, and the treatment of placeholders such as `<mail>`. Where the
//! dictionary comes from is in `dictionary`; the dictionary itself belongs to the user's machine and is not ours.

mod dictionary;

use std::path::{Path, PathBuf};

use vibrato::Tokenizer;
use vibrato::tokenizer::worker::Worker;

/// MeCab groups at most so many characters of one kind into an unknown word.
const MAX_GROUPED_CHARACTERS: usize = 24;

/// What can go wrong with a dictionary.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
#[expect(missing_docs, reason = "each message says what its fields are")]
pub enum SegmentationError {
    /// No dictionary in the usual places.
    #[error("no MeCab dictionary in {searched}; install Debian's mecab-ipadic or pass --mecab-dictionary DIR")]
    NoDictionary { searched: String },
    /// The folder that was named has no dictionary.
    #[error(
        "`{}` has no `{missing}`; give a folder with MeCab's dictionary sources (*.csv, matrix.def, char.def, unk.def)",
        path.display()
    )]
    NotADictionary { path: PathBuf, missing: &'static str },
    /// A source file cannot be read.
    #[error("cannot read `{}`; check that it is a readable file", path.display())]
    Read { path: PathBuf, source: std::io::Error },
    /// The sources do not form a dictionary.
    #[error("cannot compile the dictionary `{}`: {problem}; install it again", path.display())]
    Compile { path: PathBuf, problem: String },
}

/// Cuts Japanese text into words. Shared by threads; each makes its own [`SegmenterWorker`].
pub struct Segmenter {
    tokenizer: Tokenizer,
    dictionary: PathBuf,
}

impl Segmenter {
    /// Opens the dictionary of a folder with MeCab's sources, or of the usual places if none is given. The first time it
    /// is compiled, which takes seconds, and kept in the user's cache folder; later it is there in a moment.
    ///
    /// # Errors
    /// A [`SegmentationError`] that names the remedy if there is no dictionary or it does not compile.
    pub fn open(folder: Option<&Path>) -> Result<Self, SegmentationError> {
        let folder = dictionary::find(folder)?;
        let dictionary = dictionary::load(&folder)?;
        let compile_error =
            |error: vibrato::errors::VibratoError| dictionary::compile_error(&folder, &error.to_string());
        let tokenizer = Tokenizer::new(dictionary).ignore_space(true).map_err(compile_error)?;
        let tokenizer = tokenizer.max_grouping_len(MAX_GROUPED_CHARACTERS);
        Ok(Self { tokenizer, dictionary: folder })
    }

    /// The folder of the dictionary's sources.
    #[must_use]
    pub fn dictionary(&self) -> &Path {
        &self.dictionary
    }

    /// What one thread needs to segment.
    #[must_use]
    pub fn worker(&self) -> SegmenterWorker<'_> {
        SegmenterWorker { worker: self.tokenizer.new_worker() }
    }
}

impl std::fmt::Debug for Segmenter {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.debug_struct("Segmenter").field("dictionary", &self.dictionary).finish_non_exhaustive()
    }
}

/// Segments text after text, keeping its memory.
pub struct SegmenterWorker<'a> {
    worker: Worker<'a>,
}

impl SegmenterWorker<'_> {
    /// The text with one blank between words. Words in angle brackets of ASCII letters, as `<mail>`, stay whole.
    #[must_use]
    pub fn segment(&mut self, text: &str) -> String {
        let mut segmented = String::with_capacity(text.len() * 3 / 2);
        let mut rest = text;
        while let Some((before, placeholder, after)) = split_at_placeholder(rest) {
            self.append(before, &mut segmented);
            append_word(placeholder, &mut segmented);
            rest = after;
        }
        self.append(rest, &mut segmented);
        segmented
    }

    /// Number of words.
    #[must_use]
    pub fn count(&mut self, text: &str) -> usize {
        self.worker.reset_sentence(text);
        self.worker.tokenize();
        self.worker.num_tokens()
    }

    fn append(&mut self, text: &str, segmented: &mut String) {
        self.worker.reset_sentence(text);
        self.worker.tokenize();
        for token in self.worker.token_iter() {
            append_word(token.surface(), segmented);
        }
    }
}

fn append_word(word: &str, segmented: &mut String) {
    if !segmented.is_empty() {
        segmented.push(' ');
    }
    segmented.push_str(word);
}

/// The first `<letters>` with what is before and after it.
fn split_at_placeholder(text: &str) -> Option<(&str, &str, &str)> {
    let mut from = 0;
    while let Some(start) = text[from..].find('<').map(|at| at + from) {
        let letters = text[start + 1..].bytes().take_while(u8::is_ascii_alphabetic).count();
        let end = start + 1 + letters;
        if letters > 0 && text[end..].starts_with('>') {
            return Some((&text[..start], &text[start..=end], &text[end + 1..]));
        }
        from = start + 1;
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn placeholders_are_found() {
        assert_eq!(split_at_placeholder("あ<mail>い<x>"), Some(("あ", "<mail>", "い<x>")));
        for text in ["", "<", "<>", "< mail>", "a<b", "<メール>"] {
            assert_eq!(split_at_placeholder(text), None, "{text}");
        }
    }

    #[test]
    fn a_folder_without_a_dictionary_is_an_error_with_a_remedy() {
        let folder = tempfile::tempdir().unwrap();
        let error = Segmenter::open(Some(folder.path())).unwrap_err().to_string();
        assert!(error.contains("has no `matrix.def`; give a folder with MeCab's dictionary sources"), "{error}");
    }
}
