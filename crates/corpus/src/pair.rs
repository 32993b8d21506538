//! One utterance with its reply, and the three splits.
//!
//! Owns the line format of the split files; reading and writing whole files is elsewhere.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use crate::CorpusError;

/// An utterance and one reply to it: a line of a split file.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Pair {
    /// The utterance.
    pub context: String,
    /// The reply.
    pub response: String,
    /// What the pair is about: planted corpora only.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub topic: Option<String>,
    /// Which of the possible kinds of reply this is: planted corpora only.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub mode: Option<String>,
}

/// A part of a corpus. No context is in two of them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Split {
    /// For fitting parameters and the vocabulary.
    Train,
    /// For choosing settings and the best checkpoint.
    Dev,
    /// For reported numbers.
    Test,
}

impl Split {
    /// All splits: train, dev, test.
    pub const ALL: [Self; 3] = [Self::Train, Self::Dev, Self::Test];

    /// The name in files and on the command line.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Train => "train",
            Self::Dev => "dev",
            Self::Test => "test",
        }
    }
}

impl fmt::Display for Split {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.pad(self.name())
    }
}

impl FromStr for Split {
    type Err = CorpusError;

    fn from_str(name: &str) -> Result<Self, Self::Err> {
        Self::ALL.into_iter().find(|split| split.name() == name).ok_or_else(|| CorpusError::UnknownName {
            kind: "split",
            name: name.to_owned(),
            expected: "`train`, `dev` or `test`",
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_round_trip() {
        for split in Split::ALL {
            assert_eq!(split.to_string().parse::<Split>().unwrap(), split);
        }
        let message = "valid".parse::<Split>().unwrap_err().to_string();
        assert_eq!(message, "unknown split `valid`; use `train`, `dev` or `test`");
    }

    #[test]
    fn absent_labels_are_not_written() {
        let pair = Pair { context: "a".into(), response: "b".into(), topic: None, mode: None };
        let json = serde_json::to_string(&pair).unwrap();
        assert_eq!(json, r#"{"context":"a","response":"b"}"#);
        assert_eq!(serde_json::from_str::<Pair>(&json).unwrap(), pair);
    }
}
