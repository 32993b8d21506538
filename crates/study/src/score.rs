//! What a rater can say of a reply under one criterion. "Too noisy" (the 0 of the paper), "skipped" and "not rated" are
//! three different things here and everywhere else; none of them is a number.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::StudyError;

/// What is judged. Sato et al. 2021, section 4.3.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Criterion {
    /// Does the reply make sense after the context?
    Sensibleness,
    /// Is the reply specific to the context?
    Specificity,
}

impl Criterion {
    /// Both, in the order in which they are asked.
    pub const ALL: [Self; 2] = [Self::Sensibleness, Self::Specificity];

    /// Its name in files, tables and messages.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Sensibleness => "sensibleness",
            Self::Specificity => "specificity",
        }
    }

    /// The criterion of that name.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|criterion| criterion.name() == name)
    }
}

impl fmt::Display for Criterion {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.pad(self.name())
    }
}

/// Points on the scale, 1 to 5.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "u8", into = "u8")]
pub struct Points(u8);

impl Points {
    /// The lowest.
    pub const MIN: u8 = 1;
    /// The highest.
    pub const MAX: u8 = 5;

    /// Points, if they are on the scale.
    #[must_use]
    pub fn new(points: u8) -> Option<Self> {
        (Self::MIN..=Self::MAX).contains(&points).then_some(Self(points))
    }

    /// As a number.
    #[must_use]
    pub fn get(self) -> u8 {
        self.0
    }
}

impl TryFrom<u8> for Points {
    type Error = String;

    fn try_from(points: u8) -> Result<Self, String> {
        Self::new(points).ok_or_else(|| format!("{points} points are not 1 to 5"))
    }
}

impl From<Points> for u8 {
    fn from(points: Points) -> Self {
        points.0
    }
}

/// What a rater has said.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "state", rename_all = "kebab-case", deny_unknown_fields)]
pub enum Judgement {
    /// Nothing yet, or what was said was taken back.
    #[default]
    Unrated,
    /// Too noisy to be judged; only specificity can be so. Printed as 0.
    TooNoisy,
    /// Points on the scale.
    Points {
        /// 1 to 5.
        points: Points,
    },
    /// The rater cannot or will not judge this one.
    Skipped {
        /// Why; not empty.
        reason: String,
    },
}

/// Longest reason for a skip, in characters.
pub(crate) const MAX_REASON: usize = 500;

impl Judgement {
    /// Points on the scale.
    ///
    /// # Errors
    /// [`StudyError::Judgement`] if they are not 1 to 5.
    pub fn points(criterion: Criterion, points: u8) -> Result<Self, StudyError> {
        let remedy = "give 1 to 5";
        let points = Points::new(points).ok_or(StudyError::Judgement {
            criterion: criterion.name(),
            judgement: points.to_string(),
            remedy,
        })?;
        Ok(Self::Points { points })
    }

    /// The judgement of a digit as raters type it: 1 to 5, and 0 for specificity.
    ///
    /// # Errors
    /// [`StudyError::Judgement`] for any other.
    pub fn from_digit(criterion: Criterion, digit: u8) -> Result<Self, StudyError> {
        match (criterion, digit) {
            (Criterion::Specificity, 0) => Ok(Self::TooNoisy),
            _ => Self::points(criterion, digit),
        }
    }

    /// Checks that the criterion can be judged so.
    ///
    /// # Errors
    /// [`StudyError::Judgement`] if sensibleness is too noisy, or a reason is empty or too long.
    pub fn check(&self, criterion: Criterion) -> Result<(), StudyError> {
        let refuse = |remedy| {
            Err(StudyError::Judgement { criterion: criterion.name(), judgement: self.state().to_owned(), remedy })
        };
        match self {
            Self::TooNoisy if criterion == Criterion::Sensibleness => refuse("only specificity can be 0; give 1 to 5"),
            Self::Skipped { reason } if reason.trim().is_empty() => refuse("a skip needs a reason"),
            Self::Skipped { reason } if reason.chars().count() > MAX_REASON => {
                refuse("shorten the reason to 500 letters")
            }
            _ => Ok(()),
        }
    }

    /// Its name in files and tables.
    #[must_use]
    pub fn state(&self) -> &'static str {
        match self {
            Self::Unrated => "unrated",
            Self::TooNoisy => "too-noisy",
            Self::Points { .. } => "points",
            Self::Skipped { .. } => "skipped",
        }
    }

    /// The number that the paper prints: points, or 0 for too noisy; none for the others.
    #[must_use]
    pub fn digit(&self) -> Option<u8> {
        match self {
            Self::Points { points } => Some(points.get()),
            Self::TooNoisy => Some(0),
            Self::Unrated | Self::Skipped { .. } => None,
        }
    }

    /// The reason of a skip.
    #[must_use]
    pub fn reason(&self) -> Option<&str> {
        match self {
            Self::Skipped { reason } => Some(reason),
            _ => None,
        }
    }

    /// From the columns of a file or table.
    ///
    /// # Errors
    /// What is wrong, as a message.
    pub fn from_columns(state: &str, digit: Option<u8>, reason: Option<&str>) -> Result<Self, String> {
        match (state, digit, reason) {
            ("unrated", None, None) => Ok(Self::Unrated),
            ("too-noisy", Some(0), None) => Ok(Self::TooNoisy),
            ("points", Some(points), None) => Ok(Self::Points { points: Points::try_from(points)? }),
            ("skipped", None, Some(reason)) if !reason.trim().is_empty() => {
                Ok(Self::Skipped { reason: reason.to_owned() })
            }
            ("unrated" | "too-noisy" | "points" | "skipped", ..) => {
                Err(format!("state `{state}` does not fit its score or reason"))
            }
            _ => Err(format!("`{state}` is none of unrated, too-noisy, points, skipped")),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn zero_unrated_and_skipped_stay_apart() {
        let all = [
            Judgement::Unrated,
            Judgement::TooNoisy,
            Judgement::Points { points: Points(3) },
            Judgement::Skipped { reason: "cut off".to_owned() },
        ];
        for judgement in &all {
            let json = serde_json::to_string(judgement).unwrap();
            assert_eq!(&serde_json::from_str::<Judgement>(&json).unwrap(), judgement);
            let back = Judgement::from_columns(judgement.state(), judgement.digit(), judgement.reason()).unwrap();
            assert_eq!(&back, judgement);
            let same = all.iter().filter(|other| other.state() == judgement.state()).count();
            assert_eq!(same, 1);
        }
        assert_eq!([&all[0], &all[1], &all[3]].map(Judgement::digit), [None, Some(0), None]);
    }

    #[test]
    fn only_what_a_criterion_allows_passes() {
        for (criterion, digit, allowed) in [
            (Criterion::Sensibleness, 0, false),
            (Criterion::Sensibleness, 1, true),
            (Criterion::Specificity, 0, true),
            (Criterion::Specificity, 5, true),
            (Criterion::Specificity, 6, false),
        ] {
            let judgement = Judgement::from_digit(criterion, digit);
            assert_eq!(
                judgement.is_ok_and(|judgement| judgement.check(criterion).is_ok()),
                allowed,
                "{criterion} {digit}"
            );
        }
        assert!(Judgement::TooNoisy.check(Criterion::Sensibleness).is_err());
        for reason in ["", "  ", &"x".repeat(MAX_REASON + 1)] {
            assert!(Judgement::Skipped { reason: reason.to_owned() }.check(Criterion::Specificity).is_err());
        }
        for bad in [r#"{"state":"points","points":0}"#, r#"{"state":"points","points":6}"#, r#"{"state":"zero"}"#] {
            assert!(serde_json::from_str::<Judgement>(bad).is_err(), "{bad}");
        }
        for (state, digit, reason) in [
            ("points", Some(0), None),
            ("points", None, None),
            ("too-noisy", None, None),
            ("unrated", Some(0), None),
            ("skipped", None, None),
        ] {
            assert!(Judgement::from_columns(state, digit, reason).is_err(), "{state} {digit:?}");
        }
    }
}
