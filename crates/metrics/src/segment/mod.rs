//! Text to the tokens that metrics count. Owns the choice of a segmentation; each one is a file of its own.
//!
//! Text that was segmented elsewhere (by MeCab, for instance) comes with blanks between its tokens and is taken as it
//! is by [`Segmentation::None`]. Numbers under different segmentations must not be compared.

#[cfg(test)]
mod golden;
pub mod moses;
mod rewrite;
mod thirteen_a;
mod unicode;

use std::{borrow::Cow, fmt, str::FromStr};

use serde::{Serialize, Serializer};

pub(crate) use unicode::is_space;

/// How text is cut into tokens.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Segmentation {
    /// Words between white space, as sacrebleu's `none`: for text that is segmented already.
    None,
    /// Moses' `tokenizer.perl -l en` with HTML escapes, as the authors score English.
    Moses,
    /// sacrebleu's `13a`, WMT's mteval-v13a.
    ThirteenA,
    /// Single characters (Unicode scalar values) other than white space: Japanese without a dictionary.
    Characters,
}

/// The name of no segmentation.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("unknown segmentation `{name}`; use moses, 13a, none or characters")]
pub struct UnknownSegmentation {
    name: String,
}

impl Segmentation {
    /// Every segmentation.
    pub const ALL: [Self; 4] = [Self::Moses, Self::ThirteenA, Self::None, Self::Characters];

    /// The name in options and reports.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::None => "none",
            Self::Moses => "moses",
            Self::ThirteenA => "13a",
            Self::Characters => "characters",
        }
    }

    /// The tokens of a text, in order; none of them is empty.
    #[must_use]
    pub fn tokens(self, text: &str) -> Vec<String> {
        let mut tokens = Vec::new();
        self.for_each_token(text, &mut |token| tokens.push(token.to_owned()));
        tokens
    }

    /// Hands the tokens over one by one, so that a caller who only looks at them allocates nothing.
    pub fn for_each_token(self, text: &str, visit: &mut dyn FnMut(&str)) {
        let spaced = match self {
            Self::None => Cow::Borrowed(text),
            Self::Moses => moses::spaced(text, moses::Escape::Html),
            Self::ThirteenA => thirteen_a::spaced(text),
            Self::Characters => {
                let mut buffer = [0; 4];
                for character in text.chars().filter(|&character| !is_space(character)) {
                    visit(character.encode_utf8(&mut buffer));
                }
                return;
            }
        };
        spaced.split(is_space).filter(|token| !token.is_empty()).for_each(visit);
    }
}

impl FromStr for Segmentation {
    type Err = UnknownSegmentation;

    fn from_str(name: &str) -> Result<Self, Self::Err> {
        let found = Self::ALL.into_iter().find(|segmentation| segmentation.name() == name);
        found.ok_or_else(|| UnknownSegmentation { name: name.to_owned() })
    }
}

impl fmt::Display for Segmentation {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.pad(self.name())
    }
}

impl Serialize for Segmentation {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.name())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_is_cut() {
        for (segmentation, text, expected) in [
            (Segmentation::None, " Hello,  you\u{a0}", &["Hello,", "you"][..]),
            (Segmentation::None, " ", &[]),
            (Segmentation::Moses, "Hello, you & me.", &["Hello", ",", "you", "&amp;", "me", "."]),
            (Segmentation::ThirteenA, "Hello, you & me.", &["Hello", ",", "you", "&", "me", "."]),
            (Segmentation::Characters, "猫 が\u{3000}A", &["猫", "が", "A"]),
            (Segmentation::Characters, "", &[]),
        ] {
            assert_eq!(segmentation.tokens(text), expected, "{segmentation}: {text:?}");
        }
    }

    #[test]
    fn names_are_read_back() {
        for segmentation in Segmentation::ALL {
            assert_eq!(segmentation.name().parse(), Ok(segmentation));
        }
        let error = "perl".parse::<Segmentation>().unwrap_err();
        assert_eq!(error.to_string(), "unknown segmentation `perl`; use moses, 13a, none or characters");
    }
}
