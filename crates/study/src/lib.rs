//! Human evaluation of replies: a study from its design to the statistics of its report.
//!
//! Owns the scale ([`Judgement`]), the design, the file of a study ([`Store`]: one SQLite database), the statistics
//! (pure functions in `f64`) and the report. A rater's side of the store ([`Desk`]) is blind by construction: its
//! connection may not read the tables that know systems, gold and repeats.
//! Knows no tensors, no server and no screen; the clock is an argument (`now_ms`, Unix time in milliseconds).

pub mod datasheet;
mod degrade;
mod design;
mod error;
pub mod exchange;
mod latin;
pub mod plan;
mod random;
pub mod report;
mod score;
pub mod simulate;
pub mod statistics;
mod store;

pub use design::{Design, Example, Quality};
pub use error::StudyError;
pub use score::{Criterion, Judgement, Points};
pub use store::{
    Card, Change, Content, Counts, Desk, Expectation, Feedback, Finish, Invite, Item, ItemKind, NewInvite, Next, Note,
    Noted, Page, PageKind, PageOverview, PageState, Progress, RatedCard, RatedPage, Ratings, Reply, Revision, Save,
    Standing, Store, Verified, Visitor, merge,
};

/// A new random id, for instance of a revision.
///
/// # Errors
/// [`StudyError::Randomness`] if the operating system has none to give.
pub fn new_id() -> Result<String, StudyError> {
    Ok(random::opaque(&random::secret()?, &["id"]))
}
