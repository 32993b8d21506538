//! What a rater sends and gets.
//!
//! The way through a study: [`OpenSession`] with the token of the personal link, [`Study`], then [`Next`] until it is done;
//! each key is a [`Change`], each completed page a [`Finished`]. Pages can be changed after they are done.
//!
//! Ids of pages and cards are opaque, each rater's own, and in no order.

use serde::{Deserialize, Serialize};

use crate::{Criterion, Judgement, PointsRange};

/// Body of `POST /api/rater/session`. The reply is a [`Study`] and a cookie, with which the rater goes on. Opening again
/// with the same token is fine, on several devices, too.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct OpenSession {
    /// The last part of the link `/r/{token}`: 64 hexadecimal digits.
    pub token: String,
}

/// Reply of `GET /api/rater/study` and `POST /api/rater/session`: what the rater is told, and how far they are.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema), schema(as = rater::Study))]
pub struct Study {
    /// Title of the study.
    pub name: String,
    /// Language of contexts and replies, for instance `ja`: the `lang` attribute of their elements.
    pub language: String,
    /// Language in which the rater wants the pages, from the invitation: `en` or `ja`.
    pub interface_language: String,
    /// The rater's name, as in the invitation.
    pub rater: String,
    /// Guidelines: plain text, with line breaks.
    pub guidelines: String,
    /// Examples that belong to the guidelines.
    pub examples: Vec<Example>,
    /// The scale of each criterion, in the order in which they are asked.
    pub scale: Vec<Scale>,
    /// How far the rater is.
    pub progress: Progress,
}

/// The scale of a criterion: points from 1 to 5, and 0 for "too noisy" where that is allowed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Scale {
    /// The criterion.
    pub criterion: Criterion,
    /// Fewest points.
    pub least: u8,
    /// Most points.
    pub most: u8,
    /// Whether 0, too noisy to be judged, can be given.
    pub allows_too_noisy: bool,
}

/// An example of the guidelines.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct Example {
    /// The utterance that was replied to.
    pub context: String,
    /// The reply.
    pub reply: String,
    /// What a careful rater gives for sensibleness.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sensibleness: Option<u8>,
    /// What a careful rater gives for specificity; 0 is too noisy.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub specificity: Option<u8>,
    /// Why.
    #[serde(default)]
    pub explanation: String,
}

/// How far a rater is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Progress {
    /// Pages that the rater has finished.
    pub n_done: u64,
    /// Pages that the rater has begun, the finished ones included.
    pub n_begun: u64,
    /// Pages that are still there for this rater, the open one included. It can fall faster than the rater works, for
    /// others take items, too; now and then it does not fall.
    pub n_left: u64,
}

/// Reply of `GET /api/rater/next`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(tag = "next", rename_all = "kebab-case")]
pub enum Next {
    /// The page to work on: the open one, or a new one.
    Page {
        /// The page.
        page: Page,
        /// How far the rater is.
        progress: Progress,
    },
    /// Nothing is free now; others may leave items. Ask again then.
    Wait {
        /// When, by the server's clock.
        until_ms: i64,
        /// How long that is from now.
        wait_ms: u64,
    },
    /// Everything is rated.
    Done {
        /// How far the rater is.
        progress: Progress,
    },
}

/// A context with its replies. Reply of `GET /api/rater/page/{page}`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Page {
    /// Names the page.
    pub id: String,
    /// Its number in this rater's sequence, from 1.
    pub number: u32,
    /// Whether it is practice: then finishing it gives feedback.
    pub training: bool,
    /// How far it is.
    pub state: PageState,
    /// The utterance that was replied to.
    pub context: String,
    /// The replies in order of presentation.
    pub cards: Vec<Card>,
    /// Feedback, one for each card, once a page of practice is done; else empty.
    pub feedback: Vec<Feedback>,
}

/// How far a page is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "kebab-case")]
pub enum PageState {
    /// Not finished.
    Open,
    /// Finished; it can still be changed.
    Done,
    /// It went to another rater after its lease had ended; it cannot be changed any more.
    HandedOn,
}

/// One reply with what the rater says of it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Card {
    /// Names the card.
    pub id: String,
    /// The reply: plain text.
    pub reply: String,
    /// Sensibleness.
    pub sensibleness: Judgement,
    /// Specificity.
    pub specificity: Judgement,
    /// Whether the rater flagged it, for whatever reason.
    pub flagged: bool,
    /// The rater's comment; empty for none.
    pub comment: String,
}

/// Reply of `GET /api/rater/pages`: the rater's pages in order, to go back and to jump to what is not rated.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Pages {
    /// The pages; those that were handed on are left out.
    pub pages: Vec<PageSummary>,
    /// How far the rater is.
    pub progress: Progress,
}

/// A page in a list.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct PageSummary {
    /// Names the page.
    pub id: String,
    /// Its number in this rater's sequence, from 1.
    pub number: u32,
    /// Whether it is practice.
    pub training: bool,
    /// How far it is.
    pub state: PageState,
    /// Judgements that are missing on it.
    pub n_unrated: u32,
    /// Judgements that were skipped on it.
    pub n_skipped: u32,
    /// Cards that are flagged.
    pub n_flagged: u32,
    /// The beginning of its context, to know it again.
    pub excerpt: String,
}

/// Body of `PUT /api/rater/revision/{revision}`: a change of one card. Only what is there changes; at least one of the four
/// must be. All of it is saved, or nothing.
///
/// `{revision}` is a random id that the client makes for every change, 1 to 60 letters, digits, `-` or `_`, for instance a
/// UUID. Sending the same again, however often, changes nothing: send until there is a reply. Changes of one card are
/// sent in the order in which they were made.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct Change {
    /// The card.
    pub card: String,
    /// What is now said of sensibleness.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sensibleness: Option<Judgement>,
    /// What is now said of specificity.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub specificity: Option<Judgement>,
    /// Whether the card is now flagged.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub flagged: Option<bool>,
    /// The comment as it is now, at most [`crate::MAX_COMMENT`] characters; empty to take it back.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub comment: Option<String>,
    /// Time spent on the card since the last change, idle time left out; at most a day.
    pub active_ms: u64,
}

/// Reply of `PUT /api/rater/revision/{revision}`: the change is on the disk.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Saved {
    /// The revision's id.
    pub revision: String,
    /// False if the same had been saved before, and nothing changed.
    pub is_new: bool,
    /// The card as it is stored now, later changes included.
    pub card: Card,
    /// Feedback, if the card is on a finished page of practice.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub feedback: Option<Feedback>,
}

/// What a careful rater says of a card of a practice page.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Feedback {
    /// The card.
    pub card: String,
    /// Expected points of sensibleness.
    pub sensibleness: Option<PointsRange>,
    /// Expected points of specificity; 0 is too noisy.
    pub specificity: Option<PointsRange>,
    /// Why.
    pub explanation: Option<String>,
}

/// Reply of `POST /api/rater/finish/{page}`, whose body is empty. Finishing again is fine.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(tag = "finished", rename_all = "kebab-case")]
pub enum Finished {
    /// The page is done.
    Done {
        /// Feedback, one for each card, if the page is practice: show it before the next page.
        feedback: Vec<Feedback>,
        /// How far the rater is.
        progress: Progress,
    },
    /// Something is not judged yet; the page stays open.
    Missing {
        /// What is missing, in order of presentation.
        missing: Vec<Missing>,
    },
}

/// A judgement that is missing.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Missing {
    /// The card.
    pub card: String,
    /// The criterion.
    pub criterion: Criterion,
}
