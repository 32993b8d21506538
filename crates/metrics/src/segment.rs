//! Text to the tokens that metrics count. Owns no linguistic knowledge: for now words by white space or characters.
//!
//! Numbers by these segmentations are comparable with each other only. To be joined by the tokenizer of Moses for
//! English and MeCab for Japanese, which published numbers use.

use std::fmt;

use serde::Serialize;

/// How text is cut into tokens.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum Segmentation {
    /// Words between white space: English. Punctuation stays with its word.
    Whitespace,
    /// Single characters (Unicode scalar values) other than white space: Japanese.
    Characters,
}

impl Segmentation {
    /// The name in reports.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Whitespace => "whitespace",
            Self::Characters => "characters",
        }
    }

    /// The tokens of a text, in order; none of them is empty.
    #[must_use]
    pub fn tokens(self, text: &str) -> Vec<String> {
        match self {
            Self::Whitespace => text.split_whitespace().map(str::to_owned).collect(),
            Self::Characters => text.chars().filter(|character| !character.is_whitespace()).map(String::from).collect(),
        }
    }
}

impl fmt::Display for Segmentation {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.pad(self.name())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_is_cut() {
        for (segmentation, text, expected) in [
            (Segmentation::Whitespace, " Hello,  you ", &["Hello,", "you"][..]),
            (Segmentation::Whitespace, " ", &[]),
            (Segmentation::Characters, "猫 が\u{3000}A", &["猫", "が", "A"]),
            (Segmentation::Characters, "", &[]),
        ] {
            assert_eq!(segmentation.tokens(text), expected, "{segmentation}: {text:?}");
        }
    }
}
