//! The languages that a corpus can be in, and the guess from its characters.
//!
//! Owns the names `en` and `ja`; how a language is segmented for metrics is the metrics crate's business.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use crate::CorpusError;

/// The language of a corpus. The names `en` and `ja` are a file format.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Language {
    /// English, and any other language that separates words by blanks.
    #[serde(rename = "en")]
    English,
    /// Japanese.
    #[serde(rename = "ja")]
    Japanese,
}

impl Language {
    /// Both languages, English first.
    pub const ALL: [Self; 2] = [Self::English, Self::Japanese];

    /// The name in files and on the command line.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::English => "en",
            Self::Japanese => "ja",
        }
    }
}

impl fmt::Display for Language {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.pad(self.name())
    }
}

impl FromStr for Language {
    type Err = CorpusError;

    fn from_str(name: &str) -> Result<Self, Self::Err> {
        Self::ALL.into_iter().find(|language| language.name() == name).ok_or_else(|| CorpusError::UnknownName {
            kind: "language",
            name: name.to_owned(),
            expected: "`en` or `ja`",
        })
    }
}

/// Counts letters by script, to guess the language of a corpus.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct ScriptCount {
    letters: u64,
    japanese: u64,
}

impl ScriptCount {
    /// Share of kana and kanji among the letters from which on a corpus counts as Japanese.
    /// Casual Japanese mixes in Latin names, English has next to no kana, so the exact value hardly matters.
    const JAPANESE_SHARE: f64 = 0.3;

    /// Adds the letters of a text.
    pub(crate) fn add(&mut self, text: &str) {
        for character in text.chars().filter(|character| character.is_alphabetic()) {
            self.letters += 1;
            self.japanese += u64::from(is_japanese(character));
        }
    }

    /// Japanese if kana and kanji have a fair share of the letters, English otherwise, also if there are no letters.
    pub(crate) fn guess(self) -> Language {
        if self.japanese > 0 && self.japanese as f64 >= Self::JAPANESE_SHARE * self.letters as f64 {
            Language::Japanese
        } else {
            Language::English
        }
    }
}

/// Kana (also half-width) or a Han character.
fn is_japanese(character: char) -> bool {
    matches!(character,
        '\u{3005}'..='\u{3007}' | '\u{3041}'..='\u{30ff}' | '\u{31f0}'..='\u{31ff}' | '\u{3400}'..='\u{4dbf}'
        | '\u{4e00}'..='\u{9fff}' | '\u{f900}'..='\u{faff}' | '\u{ff66}'..='\u{ff9f}' | '\u{20000}'..='\u{323af}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_round_trip() {
        for language in Language::ALL {
            assert_eq!(language.to_string().parse::<Language>().unwrap(), language);
            assert_eq!(serde_json::to_string(&language).unwrap(), format!("\"{language}\""));
        }
        let message = "fr".parse::<Language>().unwrap_err().to_string();
        assert_eq!(message, "unknown language `fr`; use `en` or `ja`");
    }

    #[test]
    fn language_is_guessed_from_letters() {
        for (text, expected) in [
            ("", Language::English),
            ("12 !?", Language::English),
            ("What did the 猫 do?", Language::English),
            ("iPhone を使っています", Language::Japanese),
            ("ﾊﾝｶｸ", Language::Japanese),
        ] {
            let mut count = ScriptCount::default();
            count.add(text);
            assert_eq!(count.guess(), expected, "{text}");
        }
    }
}
