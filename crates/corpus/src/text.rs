//! Normalisation of text. Owns what counts as the same text; what is dropped is decided by the import.

use std::borrow::Cow;

use unicode_normalization::{IsNormalized, UnicodeNormalization, is_nfc_quick};

/// Text in NFC, with every run of white space and control characters made one blank and none at the ends.
///
/// Borrows when there is nothing to change, which is the common case.
#[must_use]
pub fn normalise(text: &str) -> Cow<'_, str> {
    if is_tidy_ascii(text.as_bytes()) {
        return Cow::Borrowed(text);
    }
    // What is ASCII at the beginning is in NFC, whatever follows: a combining mark shows as one that may compose.
    let n_ascii = text.bytes().position(|byte| !byte.is_ascii()).unwrap_or(text.len());
    let composed: Cow<'_, str> = match is_nfc_quick(text[n_ascii..].chars()) {
        IsNormalized::Yes => Cow::Borrowed(text),
        IsNormalized::No | IsNormalized::Maybe => Cow::Owned(text.nfc().collect()),
    };
    if has_single_blanks(&composed) { composed } else { Cow::Owned(collapse(&composed)) }
}

/// Whether there is nothing to change in ASCII text. Looks at all bytes without a branch, so that the compiler takes many
/// at once: it decides for most texts of a large English archive.
fn is_tidy_ascii(bytes: &[u8]) -> bool {
    let is_odd = |byte: u8| u8::from(!(b' '..0x7f).contains(&byte));
    let are_blanks = |left: u8, right: u8| u8::from((left == b' ') & (right == b' '));
    let nexts = &bytes[bytes.len().min(1)..];
    let odd = bytes.iter().fold(0, |found, &byte| found | is_odd(byte));
    let two_blanks = bytes.iter().zip(nexts).fold(0, |found, (&left, &right)| found | are_blanks(left, right));
    odd | two_blanks == 0 && bytes.first() != Some(&b' ') && bytes.last() != Some(&b' ')
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

fn collapse(text: &str) -> String {
    let mut collapsed = String::with_capacity(text.len());
    for word in text.split(is_gap).filter(|word| !word.is_empty()) {
        if !collapsed.is_empty() {
            collapsed.push(' ');
        }
        collapsed.push_str(word);
    }
    collapsed
}

#[cfg(test)]
mod tests {
    use super::*;

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
