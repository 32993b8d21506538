//! Normalisation of text. Owns what counts as the same text; what is dropped is decided by the import.

use std::borrow::Cow;

use unicode_normalization::{IsNormalized, UnicodeNormalization, is_nfc_quick};

/// Text in NFC, with every run of white space and control characters made one blank and none at the ends.
///
/// Borrows when there is nothing to change, which is the common case.
#[must_use]
pub fn normalise(text: &str) -> Cow<'_, str> {
    let tidy = tidy_beginning(text);
    if tidy == text.len() {
        return Cow::Borrowed(text);
    }
    // What is before it is in NFC, whatever follows: a combining mark shows as one that may compose.
    let (composed, tidy) = match is_nfc_quick(text[tidy..].chars()) {
        IsNormalized::Yes => (Cow::Borrowed(text), tidy),
        IsNormalized::No | IsNormalized::Maybe => (Cow::Owned(text.nfc().collect()), 0),
    };
    if has_single_blanks(&composed, tidy) { composed } else { Cow::Owned(collapse(&composed, tidy)) }
}

/// How much at the beginning of a text is in NFC and has single blanks between other characters, as far as can be told at
/// a glance: all of it for most texts of a large archive.
fn tidy_beginning(text: &str) -> usize {
    let bytes = text.as_bytes();
    let (mut at, mut after_gap) = (0, true);
    let mut next_part = 1;
    while at < bytes.len() {
        if at >= next_part
            && !after_gap
            && let (Some(part), Some(before)) = (bytes[at..].first_chunk::<16>(), bytes[at - 1..].first_chunk::<16>())
        {
            if !has_odd(part, before) {
                // A blank at its end is looked at again, with what follows.
                at += part.len() - usize::from(part.ends_with(b" "));
                continue;
            }
            next_part = at + part.len();
        } else if at >= next_part
            && !after_gap
            && let Some(last) = bytes.last_chunk::<17>()
        {
            // Fewer are left: the last ones, some of which were looked at before.
            if !has_odd(&last[1..], last) {
                return bytes.len() - usize::from(last.ends_with(b" "));
            }
            next_part = bytes.len();
        }
        let character = match bytes[at] {
            b' ' if !after_gap => ' ',
            b'!'..=b'~' => '!',
            0x80.. => match text[at..].chars().next().filter(|character| is_plain(*character)) {
                Some(character) => character,
                None => return at,
            },
            _ => return at,
        };
        (at, after_gap) = (at + character.len_utf8(), character == ' ');
    }
    if after_gap { at.saturating_sub(1) } else { at }
}

/// Whether some of the bytes is not printable ASCII, or a blank after a blank. Without branches, so that it is done for all
/// bytes at once.
fn has_odd(bytes: &[u8], before: &[u8]) -> bool {
    bytes
        .iter()
        .zip(before)
        .fold(false, |odd, (byte, before)| odd | !matches!(byte, b' '..=b'~') | ((*byte == b' ') & (*before == b' ')))
}

/// Beyond ASCII: characters of everyday text that are no gaps, stand for themselves in NFC and begin a new one whatever
/// stands before. Not all of them, but those that can be told at a glance.
fn is_plain(character: char) -> bool {
    matches!(u32::from(character),
        0xa1..=0x2ff | 0x2010..=0x2027 | 0x2030..=0x205e | 0x3001..=0x3029 | 0x3041..=0x3096 | 0x30a1..=0x30fe
        | 0x4e00..=0x9fff | 0xff01..=0xffee)
}

fn is_gap(character: char) -> bool {
    character.is_whitespace() || character.is_control()
}

/// Whether a gap at that place would be the second of two, or at the beginning.
fn is_after_gap(text: &str, at: usize) -> bool {
    text[..at].chars().next_back().is_none_or(is_gap)
}

/// Whether the only gaps from there on are single blanks between other characters.
fn has_single_blanks(text: &str, from: usize) -> bool {
    let mut after_gap = is_after_gap(text, from);
    for character in text[from..].chars() {
        let gap = is_gap(character);
        if gap && (after_gap || character != ' ') {
            return false;
        }
        after_gap = gap;
    }
    text.is_empty() || !after_gap
}

/// Every run of gaps from there on as one blank, none at the ends.
fn collapse(text: &str, from: usize) -> String {
    let mut collapsed = String::with_capacity(text.len());
    collapsed.push_str(&text[..from]);
    let mut after_gap = is_after_gap(text, from);
    for character in text[from..].chars() {
        let gap = is_gap(character);
        if !gap {
            collapsed.push(character);
        } else if !after_gap {
            collapsed.push(' ');
        }
        after_gap = gap;
    }
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
        for (text, is_tidy) in [
            ("é", true),
            ("é “x”", true),
            ("a\u{301}", false),
            ("é ", false),
            ("é  x", false),
            (" é", false),
            ("", true),
        ] {
            assert_eq!(tidy_beginning(text) == text.len(), is_tidy, "{text:?}");
        }
    }

    #[test]
    fn what_is_odd_is_found_anywhere_in_a_long_text() {
        let tidy = "a word é ".repeat(20);
        for at in (0..=tidy.len()).filter(|at| tidy.is_char_boundary(*at)) {
            let (before, after) = tidy.split_at(at);
            for odd in ["  ", "\n", "\u{3000}", " \t ", "e\u{301}", "\u{301}"] {
                let text = format!("{before}{odd}{after}");
                let composed: String = text.nfc().collect();
                let expected: Vec<&str> = composed.split(is_gap).filter(|word| !word.is_empty()).collect();
                assert_eq!(normalise(&text), expected.join(" "), "{text:?}");
            }
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
