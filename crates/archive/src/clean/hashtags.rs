//! Hashtags at the end of a text: words that begin with `#` and have a letter, so that "#1" stays.

use std::borrow::Cow;

use repartee_corpus::Language;

use super::is_gap;
use super::marks::Marks;

pub(super) const NAME: &str = "hashtags";
pub(super) const LANGUAGE: Option<Language> = None;

pub(super) fn clean(text: &str, marks: Marks) -> Option<Cow<'_, str>> {
    if !marks.have(Marks::HASH) {
        return None;
    }
    let mut kept = text.trim_end_matches(is_gap);
    let mut n_hashtags = 0;
    loop {
        let start = kept.char_indices().rev().find(|(_, character)| is_gap(*character));
        let start = start.map_or(0, |(at, character)| at + character.len_utf8());
        let is_hashtag = kept[start..].starts_with(['#', '＃']) && kept[start..].chars().any(char::is_alphabetic);
        if !is_hashtag {
            break;
        }
        kept = kept[..start].trim_end_matches(is_gap);
        n_hashtags += 1;
    }
    (n_hashtags > 0).then_some(Cow::Borrowed(kept))
}
