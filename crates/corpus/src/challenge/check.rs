//! The rules of a challenge set, applied line by line in file order.
//!
//! Owns the bounds of lengths and what counts as the script of a language.

use std::collections::BTreeSet;
use std::ops::RangeInclusive;
use std::path::Path;

use super::near_copy::{NearCopy, first_near_copy};
use super::{ChallengeFault, ChallengeItem, ChallengeManifest, ChallengeSet};
use crate::language::ScriptCount;
use crate::{CorpusError, Language, normalise};

/// An utterance has to say enough to be understood alone and be short enough for a post.
const UTTERANCE_CHARACTERS: RangeInclusive<usize> = 8..=200;

/// A reply can be a word or two.
const REPLY_CHARACTERS: RangeInclusive<usize> = 3..=200;

/// Checks every item, then all texts against each other.
pub(super) fn items(path: &Path, manifest: &ChallengeManifest, items: &[ChallengeItem]) -> Result<(), CorpusError> {
    let at = |line_idx: usize, field: String, fault| CorpusError::ChallengeItem {
        path: path.to_path_buf(),
        line: line_idx + 1,
        field,
        fault,
    };
    for (line_idx, item) in items.iter().enumerate() {
        check_item(manifest, line_idx, item).map_err(|(field, fault)| at(line_idx, field, fault))?;
    }
    match first_near_copy(&texts(items)) {
        None => Ok(()),
        Some(NearCopy { earlier, later, percent }) => {
            let fault = ChallengeFault::NearCopy { percent, line: earlier.line_idx + 1, field: earlier.field.clone() };
            Err(at(later.line_idx, later.field.clone(), fault))
        }
    }
}

/// Checks the numbers of the manifest.
pub(super) fn counts(path: &Path, manifest: &ChallengeManifest, items: &[ChallengeItem]) -> Result<(), CorpusError> {
    let replies = || items.iter().flat_map(|item| &item.replies);
    let topics: BTreeSet<_> = items.iter().map(|item| &item.topic).collect();
    let modes: BTreeSet<_> = replies().map(|reply| &reply.mode).collect();
    for (field, stated, found) in [
        ("items", manifest.items, items.len()),
        ("replies", manifest.replies, replies().count()),
        ("topics", manifest.topics, topics.len()),
        ("modes", manifest.modes.len(), modes.len()),
    ] {
        if stated != found {
            return Err(CorpusError::ChallengeManifest {
                path: path.to_path_buf(),
                place: format!("field `{field}`"),
                problem: format!("says {stated}, the items have {found}"),
            });
        }
    }
    Ok(())
}

/// A text of a set and where it stands.
pub(super) struct Text<'a> {
    pub(super) line_idx: usize,
    pub(super) field: String,
    pub(super) text: &'a str,
}

/// All utterances and replies in file order.
fn texts(items: &[ChallengeItem]) -> Vec<Text<'_>> {
    let mut all = Vec::new();
    for (line_idx, item) in items.iter().enumerate() {
        all.push(Text { line_idx, field: "utterance".to_owned(), text: &item.utterance });
        for (reply_idx, reply) in item.replies.iter().enumerate() {
            all.push(Text { line_idx, field: reply_field(reply_idx, "text"), text: &reply.text });
        }
    }
    all
}

/// The name of a field of a reply, counted from 0 as in JSON paths.
fn reply_field(reply_idx: usize, field: &str) -> String {
    format!("replies[{reply_idx}].{field}")
}

fn check_item(
    manifest: &ChallengeManifest,
    line_idx: usize,
    item: &ChallengeItem,
) -> Result<(), (String, ChallengeFault)> {
    let expected = format!("{}-{:03}", manifest.language, line_idx + 1);
    if item.id != expected {
        return Err(("id".to_owned(), ChallengeFault::Id { found: item.id.clone(), expected }));
    }
    if !is_label(&item.topic) {
        return Err(("topic".to_owned(), ChallengeFault::Label { found: item.topic.clone() }));
    }
    check_text(manifest.language, &item.utterance, UTTERANCE_CHARACTERS)
        .map_err(|fault| ("utterance".to_owned(), fault))?;
    if item.replies.len() < ChallengeSet::MIN_REPLIES {
        let fault = ChallengeFault::TooFewReplies { found: item.replies.len(), least: ChallengeSet::MIN_REPLIES };
        return Err(("replies".to_owned(), fault));
    }
    let mut modes = BTreeSet::new();
    for (reply_idx, reply) in item.replies.iter().enumerate() {
        let mode = || reply.mode.clone();
        if !manifest.modes.contains(&reply.mode) {
            return Err((reply_field(reply_idx, "mode"), ChallengeFault::UnknownMode { mode: mode() }));
        }
        if !modes.insert(&reply.mode) {
            return Err((reply_field(reply_idx, "mode"), ChallengeFault::RepeatedMode { mode: mode() }));
        }
        check_text(manifest.language, &reply.text, REPLY_CHARACTERS)
            .map_err(|fault| (reply_field(reply_idx, "text"), fault))?;
    }
    Ok(())
}

fn check_text(language: Language, text: &str, bounds: RangeInclusive<usize>) -> Result<(), ChallengeFault> {
    if normalise(text) != text {
        return Err(ChallengeFault::NotNormalised);
    }
    if let Some(character) = text.chars().find(|&character| is_invisible(character)) {
        return Err(ChallengeFault::Invisible { code_point: character.into() });
    }
    let found = text.chars().count();
    if !bounds.contains(&found) {
        return Err(ChallengeFault::Length { found, least: *bounds.start(), most: *bounds.end() });
    }
    if !is_in_script(language, text) {
        return Err(ChallengeFault::Script { language });
    }
    Ok(())
}

/// Lower-case words of ASCII letters, joined by hyphens.
fn is_label(label: &str) -> bool {
    label.split('-').all(|word| !word.is_empty() && word.chars().all(|letter| letter.is_ascii_lowercase()))
}

/// Zero-width and direction marks, the byte order mark and the replacement character: `normalise` keeps them.
fn is_invisible(character: char) -> bool {
    matches!(character, '\u{ad}' | '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{206f}'
        | '\u{feff}' | '\u{fffd}')
}

/// English has Latin letters only; Japanese may mix some in, as the guess of a corpus' language allows.
fn is_in_script(language: Language, text: &str) -> bool {
    let mut letters = text.chars().filter(|character| character.is_alphabetic());
    match language {
        Language::English => text.contains(char::is_alphabetic) && letters.all(|letter| letter < '\u{250}'),
        Language::Japanese => {
            let mut count = ScriptCount::default();
            count.add(text);
            count.guess() == Language::Japanese
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_are_held_to_the_rules() {
        let invisible = |code_point| Err(ChallengeFault::Invisible { code_point });
        let script = |language| Err(ChallengeFault::Script { language });
        let length = |found| Err(ChallengeFault::Length { found, least: 3, most: 200 });
        for (language, text, expected) in [
            (Language::English, "And the milk?", Ok(())),
            (Language::English, "A naïve café, 100 %.", Ok(())),
            (Language::Japanese, "締めの一曲は？", Ok(())),
            (Language::Japanese, "Tシャツ1枚だけ…", Ok(())),
            (Language::English, "two  blanks", Err(ChallengeFault::NotNormalised)),
            (Language::English, "a bell\u{7} rings", Err(ChallengeFault::NotNormalised)),
            (Language::Japanese, "か\u{3099}くせい", Err(ChallengeFault::NotNormalised)),
            (Language::English, "zero\u{200b}width", invisible(0x200b)),
            (Language::English, "broken \u{fffd}", invisible(0xfffd)),
            (Language::English, "No", length(2)),
            (Language::English, &"word ".repeat(41)[..204], length(204)),
            (Language::English, "これは日本語です", script(Language::English)),
            (Language::English, "Всё хорошо", script(Language::English)),
            (Language::English, "123 !?", script(Language::English)),
            (Language::Japanese, "This is English.", script(Language::Japanese)),
        ] {
            assert_eq!(check_text(language, text, REPLY_CHARACTERS), expected, "{text:?}");
        }
    }

    #[test]
    fn labels_have_one_form() {
        for (label, expected) in [("own-experience", true), ("food", true), ("", false), ("a--b", false), ("Ab", false)]
        {
            assert_eq!(is_label(label), expected, "{label:?}");
        }
    }
}
