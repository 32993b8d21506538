//! Normalisation of text. Owns what counts as the same text; what is dropped is decided by the import.

use std::borrow::Cow;

use unicode_normalization::{IsNormalized, UnicodeNormalization, is_nfc_quick};

/// Text in NFC, with every run of white space and control characters made one blank and none at the ends.
///
/// Borrows when there is nothing to change, which is the common case.
#[must_use]
pub fn normalise(text: &str) -> Cow<'_, str> {
    if is_tidy(text) {
        return Cow::Borrowed(text);
    }
    let Some(odd) = first_odd(text) else { return Cow::Borrowed(text) };
    // What is before it is in NFC, whatever follows: a combining mark shows as one that may compose.
    let composed: Cow<'_, str> = match is_nfc_quick(text[odd..].chars()) {
        IsNormalized::Yes => Cow::Borrowed(text),
        IsNormalized::No | IsNormalized::Maybe => Cow::Owned(text.nfc().collect()),
    };
    if has_single_blanks(&composed) { composed } else { Cow::Owned(collapse(&composed)) }
}

/// The first character that may have to change: a gap that is no single blank between others, or one that is not known
/// to be in NFC.
fn first_odd(text: &str) -> Option<usize> {
    let bytes = text.as_bytes();
    let (mut at, mut after_gap) = (0, true);
    while let Some(&byte) = bytes.get(at) {
        match byte {
            b'!'..=b'~' => (at, after_gap) = (at + 1, false),
            b' ' if !after_gap => (at, after_gap) = (at + 1, true),
            0x80.. => match text[at..].chars().next().filter(|character| is_plain(*character)) {
                Some(character) => (at, after_gap) = (at + character.len_utf8(), false),
                None => return Some(at),
            },
            _ => return Some(at),
        }
    }
    (after_gap && at > 0).then(|| at - 1)
}

/// Beyond ASCII: characters of everyday text that are no gaps, stand for themselves in NFC and begin a new one whatever
/// stands before. Not all of them, but those that can be told at a glance.
fn is_plain(character: char) -> bool {
    matches!(u32::from(character),
        0xa1..=0x2ff | 0x2010..=0x2027 | 0x2030..=0x205e | 0x3001..=0x3029 | 0x3041..=0x3096 | 0x30a1..=0x30fe
        | 0x4e00..=0x9fff | 0xff01..=0xffee)
}

/// Whether there is nothing to change, as far as can be told at a glance. Blanks are no branches: they would be
/// mispredicted, and it decides for most texts of a large archive.
fn is_tidy(text: &str) -> bool {
    const BLANK: u8 = 1;
    const ODD: u8 = 2;
    const KINDS: [u8; 256] = {
        let mut kinds = [0; 256];
        let mut byte = 0;
        while byte < 256 {
            kinds[byte] = match byte as u8 {
                b' ' => BLANK,
                0..b' ' | 0x7f => ODD,
                _ => 0,
            };
            byte += 1;
        }
        kinds
    };
    let bytes = text.as_bytes();
    let (mut at, mut before, mut found) = (0, BLANK, 0);
    while at < bytes.len() {
        if bytes[at].is_ascii() {
            let kind = KINDS[usize::from(bytes[at])];
            found |= (kind & before) | (kind & ODD);
            (at, before) = (at + 1, kind);
        } else {
            let Some(character) = text[at..].chars().next().filter(|character| is_plain(*character)) else {
                return false;
            };
            (at, before) = (at + character.len_utf8(), 0);
        }
    }
    bytes.is_empty() || (found | before) == 0
}

fn is_gap(character: char) -> bool {
    character.is_whitespace() || character.is_control()
}

/// Whether the only gaps are single blanks between other characters.
fn has_single_blanks(text: &str) -> bool {
    let mut after_gap = true;
    for character in text.chars() {
        let gap = is_gap(character);
        if gap && (after_gap || character != ' ') {
            return false;
        }
        after_gap = gap;
    }
    text.is_empty() || !after_gap
}

/// Every run of gaps as one blank, none at the ends.
fn collapse(text: &str) -> String {
    let mut collapsed = String::with_capacity(text.len());
    let mut rest = text.trim_start_matches(is_gap);
    while let Some(odd) = first_odd(rest) {
        // The gap that is odd may be the second of two, or one that is not a blank; or it is no gap at all.
        let (tidy, after) = rest.split_at(odd);
        let untouched = after.find(is_gap).unwrap_or(after.len());
        collapsed.push_str(tidy);
        collapsed.push_str(&after[..untouched]);
        rest = after[untouched..].trim_start_matches(is_gap);
        if !rest.is_empty() && !collapsed.ends_with(' ') {
            collapsed.push(' ');
        }
    }
    collapsed.push_str(rest);
    collapsed.truncate(collapsed.trim_end_matches(' ').len());
    collapsed
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn plain_characters_stay_as_they_are() {
        use unicode_normalization::char::canonical_combining_class;
        for character in (char::MIN..=char::MAX).filter(|character| is_plain(*character)) {
            assert!(is_nfc_quick([character].into_iter()) == IsNormalized::Yes, "{character:?}");
            assert_eq!(canonical_combining_class(character), 0, "{character:?}");
            assert!(!is_gap(character) && !character.is_ascii(), "{character:?}");
        }
        for (text, expected) in
            [("é", None), ("é “x”", None), ("a\u{301}", Some(1)), ("é ", Some(2)), ("é  x", Some(3)), (" é", Some(0))]
        {
            assert_eq!(first_odd(text), expected, "{text:?}");
        }
    }

    #[test]
    fn white_space_and_control_characters_collapse() {
        for (text, expected) in [
            ("", ""),
            (" \t\u{0}\r\n", ""),
            ("a b", "a b"),
            ("  a \u{7}\n b\u{3000}c ", "a b c"),
            ("a\u{0}b", "a b"),
            ("a\u{a0}b", "a b"),
            ("a\u{7f}b", "a b"),
            (" a", "a"),
            ("a ", "a"),
            ("a  b", "a b"),
            (" ", ""),
            ("か\u{3099}", "が"),
            ("e\u{301} ", "é"),
        ] {
            assert_eq!(normalise(text), expected, "{text:?}");
            assert_eq!(normalise(&normalise(text)), expected, "idempotent: {text:?}");
        }
    }

    #[test]
    fn tidy_text_is_borrowed() {
        for text in ["already tidy 文", "tidy, in ASCII!", "~", ""] {
            assert!(matches!(normalise(text), Cow::Borrowed(_)), "{text}");
        }
    }
}
