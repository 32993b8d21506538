//! Training of the unigram model (Kudo 2018) through the `tokenizers` crate.
//!
//! Owns what the trainer is fed and how its result is made reproducible. The trainer of the crate is right but leaves
//! four things to its caller: whole words among the candidates, sentences in a fixed order, sums in a fixed order, and
//! the scores of characters that it dropped and puts back in the order of a randomly seeded hash set.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use tokenizers::decoders::metaspace::Metaspace;
use tokenizers::models::unigram::{Unigram, UnigramTrainer};
use tokenizers::normalizers::NFC;
use tokenizers::pre_tokenizers::metaspace::PrependScheme;
use tokenizers::pre_tokenizers::unicode_scripts::UnicodeScripts;
use tokenizers::{AddedToken, OffsetReferential, OffsetType, PreTokenizedString, PreTokenizer, Tokenizer};

use super::SPECIALS;
use crate::{CorpusError, normalise};

/// Stands for a blank at the beginning of a word.
const BLANK: char = '\u{2581}';

/// Number of `<unk>` among the special pieces.
const UNK_IDX: usize = 3;

/// Candidates per piece at the start of the training.
///
/// Deviation: SentencePiece starts from a million, 62 per piece at a size of 16,000, most of which the first round drops.
const SEEDS_PER_PIECE: usize = 16;

/// A character of no text, since control characters are taken out. It ends the copies of a segment that [`with_ends`] makes.
const END: char = '\u{1}';

/// The least size with room for special pieces and any text.
const LEAST_SIZE: usize = 16;

/// Checks the size asked for.
pub(super) fn check_size(size: usize) -> Result<(), CorpusError> {
    if size < LEAST_SIZE || u32::try_from(size).is_err() {
        return Err(CorpusError::VocabularySize { size, least: LEAST_SIZE });
    }
    Ok(())
}

/// Trains on distinct lines and returns the text of `tokenizer.json`.
pub(super) fn train(lines: &[String], size: usize) -> Result<String, CorpusError> {
    let words = words(lines);
    let kept = kept_characters(&words, (size - SPECIALS.len()) * 3 / 4);
    let segments = segments(&words, &kept)?;
    if segments.is_empty() {
        return Err(CorpusError::NoTrainingText);
    }
    let pieces = fit(segments, size).map_err(|source| CorpusError::VocabularyTraining { source })?;
    to_json(pieces).map_err(|source| CorpusError::VocabularyTraining { source })
}

/// Counts the words of the lines, each with the mark of its blank. A Japanese sentence is one word or a few.
fn words(lines: &[String]) -> BTreeMap<String, u32> {
    let mut counts: HashMap<String, u32> = HashMap::new();
    for line in lines {
        for word in normalise(line).split([' ', BLANK]).filter(|word| !word.is_empty()) {
            *counts.entry(format!("{BLANK}{word}")).or_default() += 1;
        }
    }
    counts.into_iter().collect()
}

/// The characters that get a piece: the most frequent ones, at most three quarters of the vocabulary, so that pieces of several
/// characters have room and the trainer an end. The rest becomes `<unk>`.
///
/// Deviation: SentencePiece by default gives up the rarest 0.05 % of all characters. A reply without `<unk>` is worth
/// some hundred pieces to us.
fn kept_characters(words: &BTreeMap<String, u32>, most: usize) -> BTreeSet<char> {
    let mut counts: BTreeMap<char, u64> = BTreeMap::new();
    for (word, &count) in words {
        for character in word.chars() {
            *counts.entry(character).or_default() += u64::from(count);
        }
    }
    let mut ranked: Vec<(char, u64)> = counts.into_iter().collect();
    // A stable sort: equally frequent characters stay in code point order.
    ranked.sort_by_key(|&(_, count)| std::cmp::Reverse(count));
    ranked.into_iter().take(most).map(|(character, _)| character).collect()
}

/// Splits words where no piece may cross: between scripts (kana and kanji count as one), as SentencePiece does, and at
/// characters that get no piece. Since letters and brackets are of two scripts, `</s>` in a text is never one segment and
/// cannot become a second piece of that name.
fn segments(words: &BTreeMap<String, u32>, kept: &BTreeSet<char>) -> Result<Vec<(String, u32)>, CorpusError> {
    let mut counts: BTreeMap<String, u32> = BTreeMap::new();
    for (word, &count) in words {
        let Some(body) = word.strip_prefix(BLANK) else { continue };
        let mut scripts = PreTokenizedString::from(body);
        UnicodeScripts::new()
            .pre_tokenize(&mut scripts)
            .map_err(|source| CorpusError::VocabularyTraining { source })?;
        for (script_idx, (part, ..)) in
            scripts.get_splits(OffsetReferential::Normalized, OffsetType::None).into_iter().enumerate()
        {
            let part = if script_idx == 0 { format!("{BLANK}{part}") } else { part.to_owned() };
            for segment in part.split(|character| !kept.contains(&character)) {
                if !segment.is_empty() {
                    let total = counts.entry(segment.to_owned()).or_default();
                    *total = total.saturating_add(count);
                }
            }
        }
    }
    Ok(counts.into_iter().collect())
}

/// Runs the trainer and returns the special pieces and then the others by falling score.
fn fit(segments: Vec<(String, u32)>, size: usize) -> tokenizers::Result<Vec<(String, f64)>> {
    let mut segments = with_ends(segments);
    let trainer = UnigramTrainer::builder()
        .show_progress(false)
        // One more for END, which is left out of the result.
        .vocab_size(u32::try_from(size + 1)?)
        .seed_size(size * SEEDS_PER_PIECE)
        .special_tokens(SPECIALS.map(|special| AddedToken::from(special, true)).to_vec())
        .unk_token(Some(SPECIALS[UNK_IDX].to_owned()))
        .build()?;
    // The trainer sums floating-point numbers in as many parts as there are threads, and one more for what is left over.
    // Two parts have one sum in whatever order they come; three have not. Hence two threads on any machine, and an even
    // number of segments.
    if !segments.len().is_multiple_of(2) {
        segments.push((String::new(), 0));
    }
    let pool = rayon::ThreadPoolBuilder::new().num_threads(2).build()?;
    let mut model = Unigram::default();
    pool.install(|| trainer.do_train(segments, &mut model))?;
    let mut pieces: Vec<(String, f64)> =
        model.iter().skip(SPECIALS.len()).filter(|(piece, _)| !piece.contains(END)).cloned().collect();
    level_restored_characters(&mut pieces);
    pieces.sort_by(|(left, left_score), (right, right_score)| {
        right_score.total_cmp(left_score).then_with(|| left.cmp(right))
    });
    Ok(SPECIALS.into_iter().map(|special| (special.to_owned(), 0.0)).chain(pieces).collect())
}

/// Adds ⌊log₂ c⌋ copies of weight 0 of every segment that was counted c times, each with [`END`] behind it.
///
/// The trainer's candidates are the substrings after which the text goes on in more than one way. Segments are all
/// different, and behind each stands the trainer's own mark, so that a frequent word would not be among them if no longer
/// word began with it (`▁mor` would be, `▁more` not). The copies go on in another way; in likelihoods they do not count.
/// There are more of them for frequent words, because candidates are ranked by how often they are seen.
fn with_ends(mut segments: Vec<(String, u32)>) -> Vec<(String, u32)> {
    let copies: Vec<(String, u32)> = segments
        .iter()
        .flat_map(|(segment, count)| (0..count.max(&1).ilog2()).map(move |_| (format!("{segment}{END}"), 0)))
        .collect();
    segments.extend(copies);
    // The start value of a character is the logarithm of its count.
    segments.push((END.to_string(), 1));
    segments
}

/// Gives the least score to every character that the trainer dropped and put back.
///
/// It gives those least + 0, least + 0.0001, least + 0.0002, and so on, in random order. Here the rungs of that ladder
/// are recognised by their exact values.
fn level_restored_characters(pieces: &mut [(String, f64)]) {
    /// `min_score_penalty_delta` of `tokenizers` 0.23, `UnigramTrainer::finalize`.
    const RUNG: f64 = 0.0001;
    let least = pieces.iter().map(|&(_, score)| score).fold(f64::INFINITY, f64::min);
    let mut penalty = 0.0;
    let mut rungs = BTreeSet::new();
    for _ in 0..=pieces.len() {
        rungs.insert((least + penalty).to_bits());
        penalty += RUNG;
    }
    for (piece, score) in pieces {
        if piece.chars().count() == 1 && rungs.contains(&score.to_bits()) {
            *score = least;
        }
    }
}

fn to_json(pieces: Vec<(String, f64)>) -> tokenizers::Result<String> {
    let mut tokenizer = Tokenizer::new(Unigram::from(pieces, Some(UNK_IDX), false)?);
    let blanks = Metaspace::new(BLANK, PrependScheme::Always, true);
    tokenizer.with_normalizer(Some(NFC))?;
    tokenizer.with_pre_tokenizer(Some(blanks.clone()));
    tokenizer.with_decoder(Some(blanks));
    tokenizer.add_special_tokens(SPECIALS.map(|special| AddedToken::from(special, true)))?;
    tokenizer.to_string(true)
}
