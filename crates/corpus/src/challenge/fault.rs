//! What can be wrong with a line of a challenge set. Owns the wording; the rules are in `check`.

use crate::Language;

/// The rule that a field breaks, and the remedy.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
#[expect(missing_docs, reason = "each message says what its fields are")]
pub enum ChallengeFault {
    /// Not JSON, or another object.
    #[error("malformed ({problem}); write one object with id, topic, utterance and replies of mode and text")]
    Malformed { problem: String },
    /// Ids are language and line number, so they are unique and complete.
    #[error("is `{found}`; ids count the lines, write `{expected}`")]
    Id { found: String, expected: String },
    /// A label in another form.
    #[error("is `{found}`; write lower-case words joined by hyphens")]
    Label { found: String },
    /// A text that the import would change.
    #[error("is not in NFC, or has control characters or stray blanks; normalise it")]
    NotNormalised,
    /// A character without a shape.
    #[error("has the invisible or broken character U+{code_point:04X}; remove it")]
    Invisible { code_point: u32 },
    /// Too short or too long.
    #[error("has {found} characters; write {least} to {most}")]
    Length { found: usize, least: usize, most: usize },
    /// Letters of another script.
    #[error("is not in the script of language `{language}`; rewrite it, or correct the manifest")]
    Script { language: Language },
    /// Too few replies.
    #[error("has {found} replies; write at least {least}")]
    TooFewReplies { found: usize, least: usize },
    /// A mode that the manifest lacks.
    #[error("is `{mode}`, which is not in the manifest's list; use one of its modes")]
    UnknownMode { mode: String },
    /// Two replies of an item with one mode.
    #[error("repeats `{mode}`; every reply of an item has a mode of its own")]
    RepeatedMode { mode: String },
    /// A text that is nearly another one of the set.
    #[error("shares {percent} % of its character trigrams with line {line}, field `{field}`; rewrite one of them")]
    NearCopy { percent: u32, line: usize, field: String },
}

impl ChallengeFault {
    /// The fault of a line that `serde_json` refuses, without its own "at line 1".
    pub(super) fn malformed(error: &serde_json::Error) -> Self {
        let message = error.to_string();
        let problem = message.rsplit_once(" at line ").map_or(message.as_str(), |(problem, _)| problem).to_owned();
        Self::Malformed { problem }
    }
}
