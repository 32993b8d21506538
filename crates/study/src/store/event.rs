//! What can happen in a study after its items are fixed. The JSON of an event is a file format.

use serde::{Deserialize, Serialize};

use crate::{Criterion, Judgement};

use super::ItemKind;

/// What a page is for; raters cannot tell, but for training.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum PageKind {
    /// An item of the study.
    Main,
    /// Practice with feedback, before the study.
    Training,
    /// A control with known answers.
    Gold,
    /// An item that this rater has seen, again.
    Repeat,
    /// An item that this rater has seen, again with one reply degraded.
    Degraded,
}

impl PageKind {
    /// All, in order.
    pub const ALL: [Self; 5] = [Self::Main, Self::Training, Self::Gold, Self::Repeat, Self::Degraded];

    /// Its name in files and tables.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Main => "main",
            Self::Training => "training",
            Self::Gold => "gold",
            Self::Repeat => "repeat",
            Self::Degraded => "degraded",
        }
    }

    /// The kind of that name.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.name() == name)
    }

    /// The kind of item that it shows.
    pub(crate) fn item_kind(self) -> ItemKind {
        match self {
            Self::Main | Self::Repeat | Self::Degraded => ItemKind::Main,
            Self::Training => ItemKind::Training,
            Self::Gold => ItemKind::Gold,
        }
    }
}

/// How far a page is. Later states win when copies of a study are merged.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum PageState {
    /// With its rater.
    Open,
    /// Handed on to another rater after its lease ended; its judgements do not count.
    Abandoned,
    /// Finished by its rater.
    Done,
}

impl PageState {
    /// All, in order.
    pub const ALL: [Self; 3] = [Self::Open, Self::Abandoned, Self::Done];

    /// Its name in files and tables.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Open => "open",
            Self::Abandoned => "abandoned",
            Self::Done => "done",
        }
    }

    /// The state of that name.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|state| state.name() == name)
    }
}

/// One change of one judgement.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Revision {
    /// Chosen by whoever saves it, so that saving again changes nothing.
    pub id: String,
    /// The card.
    pub card: String,
    /// Under which criterion.
    pub criterion: Criterion,
    /// What the rater now says.
    pub judgement: Judgement,
    /// Time spent on the card since the last change, idle time left out.
    pub active_ms: u64,
}

/// A flag or a comment of a card.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Noted {
    /// Chosen by whoever saves it.
    pub id: String,
    /// The card.
    pub card: String,
    /// What is noted.
    pub note: Note,
    /// Time spent on the card since the last change, idle time left out.
    pub active_ms: u64,
}

/// What a rater notes on a card beside the judgements. The latest of each kind holds.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "kebab-case")]
pub enum Note {
    /// The card is flagged, or is no longer.
    Flag {
        /// Whether it is.
        flagged: bool,
    },
    /// The comment as it is now; empty where it was taken back.
    Comment {
        /// Its text.
        text: String,
    },
}

impl Note {
    /// Its name in files and tables.
    #[must_use]
    pub fn kind(&self) -> &'static str {
        match self {
            Self::Flag { .. } => "flag",
            Self::Comment { .. } => "comment",
        }
    }
}

/// A page as it was handed to a rater.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct PageTaken {
    pub(crate) page: String,
    pub(crate) rater: String,
    /// The item's key.
    pub(crate) item: String,
    pub(crate) kind: PageKind,
    /// Row of the counter-balanced order among the pages of one item.
    pub(crate) slot: u32,
    /// Number of the page in its rater's sequence, from 0.
    pub(crate) position: u32,
    /// In order of presentation.
    pub(crate) cards: Vec<CardTaken>,
}

/// A card of such a page.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct CardTaken {
    pub(crate) card: String,
    /// Number of the reply within its item.
    pub(crate) reply: u32,
    /// The text shown if it is not the reply's own.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) degraded: Option<String>,
}

/// An event of the log.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "event", rename_all = "kebab-case")]
pub(crate) enum Event {
    /// The study was made. `secret` is the BLAKE3 of its key.
    Created { study: String, secret: String },
    /// Design and items were fixed.
    Frozen { design_hash: String },
    /// A rater joined.
    Joined { rater: String, name: String },
    /// A page went to a rater.
    Taken(PageTaken),
    /// A rater came back to a page after a while.
    Resumed { page: String },
    /// A judgement was made or changed.
    Saved(Revision),
    /// A flag or comment was made or changed.
    Noted(Noted),
    /// A page is done or was handed on.
    Closed { page: String, state: PageState },
    /// Copies of the study were merged; the heads of their logs.
    Merged { heads: Vec<String> },
}
