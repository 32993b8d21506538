//! What is judged and what can be said of it. "Too noisy" (0), "skipped" and "not rated" are three different things.

use serde::{Deserialize, Serialize};

/// What is judged.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
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
}

/// Points, 1 to 5.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema), schema(minimum = 1, maximum = 5))]
#[serde(try_from = "u8", into = "u8")]
pub struct Points(u8);

impl Points {
    /// Points, if they are 1 to 5.
    #[must_use]
    pub fn new(points: u8) -> Option<Self> {
        (1..=5).contains(&points).then_some(Self(points))
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

/// What a rater says of a reply under one criterion.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(tag = "state", rename_all = "kebab-case", deny_unknown_fields)]
pub enum Judgement {
    /// Nothing yet, or what was said was taken back.
    #[default]
    Unrated,
    /// Too noisy to be judged, shown as 0; only for specificity.
    TooNoisy,
    /// Points on the scale.
    Points {
        /// 1 to 5.
        points: Points,
    },
    /// The rater cannot or will not judge this one.
    Skipped {
        /// Why; not empty, at most [`crate::MAX_REASON`] characters.
        reason: String,
    },
}

impl Judgement {
    /// The judgement of a digit as raters type it: 1 to 5, and 0 for specificity; none for any other.
    #[must_use]
    pub fn from_digit(criterion: Criterion, digit: u8) -> Option<Self> {
        match (criterion, digit) {
            (Criterion::Specificity, 0) => Some(Self::TooNoisy),
            _ => Points::new(digit).map(|points| Self::Points { points }),
        }
    }

    /// The number that is shown: points, or 0 for too noisy; none for unrated and skipped.
    #[must_use]
    pub fn digit(&self) -> Option<u8> {
        match self {
            Self::Points { points } => Some(points.get()),
            Self::TooNoisy => Some(0),
            Self::Unrated | Self::Skipped { .. } => None,
        }
    }

    /// Whether anything was said: points, too noisy, or skipped.
    #[must_use]
    pub fn is_judged(&self) -> bool {
        *self != Self::Unrated
    }
}

/// Points from `least` to `most`; 0 stands for too noisy.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct PointsRange {
    /// The lower end.
    pub least: u8,
    /// The upper end; equal to the lower one for a single value.
    pub most: u8,
}
