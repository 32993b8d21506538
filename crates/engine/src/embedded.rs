//! The embedded corpus as a folder, ready to train on.

use std::path::Path;

use repartee_corpus::{Corpus, Language, VocabularyOptions, VocabularyProgress, train_vocabulary, write_planted};

use crate::error::EngineError;

/// Pairs of the embedded corpus, and utterances held out of it.
const N_PAIRS: usize = 12_000;
const N_DEV_UTTERANCES: usize = 60;
const N_TEST_UTTERANCES: usize = 120;
const VOCABULARY_SIZE: usize = 2_000;

/// The embedded corpus with its vocabulary in a folder; what is there already stays. `on_writing` is called with the number
/// of pairs before they are written.
///
/// # Errors
/// When the folder holds something else, or cannot be written.
pub fn embedded_corpus(
    language: Language,
    seed: u64,
    folder: &Path,
    on_writing: &mut dyn FnMut(usize),
    on_vocabulary: &mut dyn FnMut(VocabularyProgress),
) -> Result<Corpus, EngineError> {
    let corpus = if folder.join("manifest.json").is_file() {
        Corpus::open(folder)?
    } else {
        on_writing(N_PAIRS);
        write_planted(language, seed, N_PAIRS, N_DEV_UTTERANCES, N_TEST_UTTERANCES, folder)?
    };
    if !corpus.vocabulary_path().is_file() {
        let options = VocabularyOptions { size: VOCABULARY_SIZE, seed, ..Default::default() };
        train_vocabulary(&corpus, &options, on_vocabulary)?;
    }
    Ok(corpus)
}
