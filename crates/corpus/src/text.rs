//! Normalisation of text. Owns what counts as the same text; what is dropped is decided by the import.

use std::borrow::Cow;

use unicode_normalization::{IsNormalized, UnicodeNormalization, is_nfc_quick};

/// Text in NFC, with every run of white space and control characters made one blank and none at the ends.
///
/// Borrows when there is nothing to change, which is the common case.
#[must_use]
pub fn normalise(text: &str) -> Cow<'_, str> {
    let composed: Cow<'_, str> = match is_nfc_quick(text.chars()) {
        IsNormalized::Yes => Cow::Borrowed(text),
        IsNormalized::No | IsNormalized::Maybe => Cow::Owned(text.nfc().collect()),
    };
    if has_single_blanks(&composed) { composed } else { Cow::Owned(collapse(&composed)) }
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
            ("か\u{3099}", "が"),
            ("e\u{301} ", "é"),
        ] {
            assert_eq!(normalise(text), expected, "{text:?}");
            assert_eq!(normalise(&normalise(text)), expected, "idempotent: {text:?}");
        }
    }

    #[test]
    fn tidy_text_is_borrowed() {
        assert!(matches!(normalise("already tidy 文"), Cow::Borrowed(_)));
    }
}
