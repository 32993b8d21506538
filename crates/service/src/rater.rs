//! What raters ask. Reading and rating go through the rater's own [`Desk`], whose connection cannot read what tells systems;
//! only who gets which page, and how far a rater is, is the office's to know.

use repartee_study::{Desk, Finish, Save, Store, StudyError, Visitor};
use repartee_wire::rater::{Change, Feedback, Missing, Next, Page, PageSummary, Progress, Saved, Study};

use crate::convert;

/// What a rater is told of the study.
///
/// # Errors
/// The file cannot be read.
pub fn study(store: &Store, visitor: Visitor) -> Result<Study, StudyError> {
    let standing = store.standing(&visitor.rater)?;
    Ok(convert::briefing(store.design(), visitor, standing))
}

/// How far a rater is.
///
/// # Errors
/// The file cannot be read.
pub fn progress(store: &Store, rater: &str) -> Result<Progress, StudyError> {
    Ok(convert::progress(store.standing(rater)?))
}

/// What a rater has next, before the page is read at their desk.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Taken {
    /// This page, and how far the rater is.
    Page(String, Progress),
    /// No page; the answer is whole.
    Other(Next),
}

/// Takes the page that a rater is at, or the next one.
///
/// # Errors
/// As [`Store::take`].
pub fn take(store: &mut Store, rater: &str, now_ms: i64) -> Result<Taken, StudyError> {
    let next = store.take(rater, now_ms)?;
    let progress = progress(store, rater)?;
    Ok(match next {
        repartee_study::Next::Page(page) => Taken::Page(page, progress),
        repartee_study::Next::Done => Taken::Other(Next::Done { progress }),
        repartee_study::Next::Wait { until_ms } => {
            Taken::Other(Next::Wait { until_ms, wait_ms: (until_ms - now_ms).max(0).unsigned_abs() })
        }
    })
}

/// A page that the rater has begun, with feedback where there is some.
///
/// # Errors
/// [`StudyError::NotYours`].
pub fn page(desk: &Desk, page: &str) -> Result<Page, StudyError> {
    Ok(convert::page(desk.page(page)?, desk.feedback(page)?))
}

/// The rater's pages in order.
///
/// # Errors
/// The file cannot be read.
pub fn pages(desk: &Desk) -> Result<Vec<PageSummary>, StudyError> {
    Ok(desk.overview()?.into_iter().map(convert::overview).collect())
}

/// Saves a change of a card. After this returns it is on the disk.
///
/// # Errors
/// As [`Desk::change`].
pub fn save(desk: &mut Desk, revision: String, change: Change, now_ms: i64) -> Result<Saved, StudyError> {
    let change = convert::change(revision, change);
    let is_new = desk.change(&change, now_ms)? == Save::Saved;
    let (card, _) = desk.card(&change.card)?;
    let feedback = desk.feedback_on(&change.card)?.map(convert::feedback);
    Ok(Saved { revision: change.id, is_new, card: convert::card(card), feedback })
}

/// Finishes a page; what is missing, if something is not judged yet.
///
/// # Errors
/// As [`Desk::finish`].
pub fn finish(desk: &mut Desk, page: &str, now_ms: i64) -> Result<Result<Vec<Feedback>, Vec<Missing>>, StudyError> {
    match desk.finish(page, now_ms)? {
        Finish::Done => Ok(Ok(desk.feedback(page)?.into_iter().map(convert::feedback).collect())),
        Finish::Missing(missing) => {
            let told = |(card, criterion)| Missing { card, criterion: convert::criterion(criterion) };
            Ok(Err(missing.into_iter().map(told).collect()))
        }
    }
}
