//! What a rater changes on a card: judgements, flag and comment, all of it or nothing, and never twice.

use rusqlite::{OptionalExtension as _, Transaction, TransactionBehavior};

use crate::{Criterion, Judgement, StudyError};

use super::{Desk, Event, Note, Noted, PageState, Revision, apply, desk::judgement};

/// What a save did.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Save {
    /// It is on the disk now.
    Saved,
    /// It had been saved before; nothing changed.
    Known,
}

/// A change of one card. Only what is there changes.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Change {
    /// Chosen by whoever saves it, so that saving again changes nothing: 1 to 60 letters, digits, `-` or `_`.
    pub id: String,
    /// The card.
    pub card: String,
    /// What is now said of sensibleness.
    pub sensibleness: Option<Judgement>,
    /// What is now said of specificity.
    pub specificity: Option<Judgement>,
    /// Whether the card is now flagged.
    pub flagged: Option<bool>,
    /// The comment as it is now; empty to take it back.
    pub comment: Option<String>,
    /// Time spent on the card since the last change, idle time left out.
    pub active_ms: u64,
}

/// Longest time that one change can have taken; more is a clock that jumped.
const MAX_ACTIVE_MS: u64 = 86_400_000;
/// Longest comment, in characters.
const MAX_COMMENT: usize = 2_000;
/// Longest id of a revision; that of a change is shorter by what tells its parts apart.
const MAX_ID: usize = 64;

impl Desk {
    /// Saves a revision: on the disk when this returns. Saving the same revision again changes nothing.
    ///
    /// # Errors
    /// [`StudyError::NotYours`], [`StudyError::Abandoned`], [`StudyError::Judgement`], [`StudyError::RevisionClash`],
    /// [`StudyError::Field`].
    pub fn save(&mut self, revision: &Revision, now_ms: i64) -> Result<Save, StudyError> {
        check_id(&revision.id, MAX_ID)?;
        check_active(revision.active_ms)?;
        revision.judgement.check(revision.criterion)?;
        let transaction = self.connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
        let state = state_of(&transaction, &revision.card, &self.rater)?;
        if let Some(known) = known_revision(&transaction, &revision.id)? {
            let same = known == (revision.card.clone(), revision.criterion, revision.judgement.clone());
            return if same { Ok(Save::Known) } else { Err(StudyError::RevisionClash { id: revision.id.clone() }) };
        }
        append(transaction, &state, &[Event::Saved(revision.clone())], now_ms)
    }

    /// Saves a change, all of it in one transaction: on the disk when this returns. Saving the same change again changes
    /// nothing.
    ///
    /// # Errors
    /// As [`Desk::save`].
    pub fn change(&mut self, change: &Change, now_ms: i64) -> Result<Save, StudyError> {
        check(change)?;
        let transaction = self.connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
        let state = state_of(&transaction, &change.card, &self.rater)?;
        match known_change(&transaction, &change.id)? {
            Some(known) if known == (Change { active_ms: 0, ..change.clone() }) => return Ok(Save::Known),
            Some(_) => return Err(StudyError::RevisionClash { id: change.id.clone() }),
            None => {}
        }
        append(transaction, &state, &events(change), now_ms)
    }
}

/// Ids of the parts of a change, in the order of [`events`].
fn part(id: &str, letter: char) -> String {
    format!("{id}-{letter}")
}

/// What the change does to the log. The time spent goes to the first part.
fn events(change: &Change) -> Vec<Event> {
    let mut active_ms = change.active_ms;
    let mut events = Vec::new();
    let judgements =
        [('s', Criterion::Sensibleness, &change.sensibleness), ('p', Criterion::Specificity, &change.specificity)];
    for (letter, criterion, judgement) in judgements {
        if let Some(judgement) = judgement.clone() {
            let (id, active_ms) = (part(&change.id, letter), std::mem::take(&mut active_ms));
            events.push(Event::Saved(Revision { id, card: change.card.clone(), criterion, judgement, active_ms }));
        }
    }
    let flag = change.flagged.map(|flagged| ('f', Note::Flag { flagged }));
    let comment = change.comment.clone().map(|text| ('c', Note::Comment { text }));
    for (letter, note) in flag.into_iter().chain(comment) {
        let (id, active_ms) = (part(&change.id, letter), std::mem::take(&mut active_ms));
        events.push(Event::Noted(Noted { id, card: change.card.clone(), note, active_ms }));
    }
    events
}

fn append(transaction: Transaction<'_>, state: &str, events: &[Event], now_ms: i64) -> Result<Save, StudyError> {
    if state == PageState::Abandoned.name() {
        return Err(StudyError::Abandoned);
    }
    for event in events {
        apply::record(&transaction, 0, now_ms, event)?;
    }
    transaction.commit()?;
    Ok(Save::Saved)
}

/// The state of the page of a card of this rater.
fn state_of(transaction: &Transaction<'_>, card: &str, rater: &str) -> Result<String, StudyError> {
    let select = "SELECT state FROM page JOIN card ON card.page_id = page.id WHERE card.id = ?1 AND rater_id = ?2";
    let state = transaction.prepare_cached(select)?.query_row([card, rater], |row| row.get(0)).optional()?;
    state.ok_or(StudyError::NotYours { what: "card" })
}

type KnownRevision = (String, Criterion, Judgement);

fn known_revision(transaction: &Transaction<'_>, id: &str) -> Result<Option<KnownRevision>, StudyError> {
    let select = "SELECT card_id, criterion, state, points, reason FROM revision WHERE id = ?1";
    let read = |row: &rusqlite::Row<'_>| {
        let name: String = row.get(1)?;
        Ok((row.get(0)?, name, judgement(row, 2)?))
    };
    let known: Option<(String, String, Judgement)> =
        transaction.prepare_cached(select)?.query_row([id], read).optional()?;
    let Some((card, name, judgement)) = known else { return Ok(None) };
    let criterion = Criterion::from_name(&name)
        .ok_or_else(|| StudyError::Tampered { what: format!("a revision has the criterion `{name}`") })?;
    Ok(Some((card, criterion, judgement)))
}

/// The change that was saved under this id, as far as it was kept.
fn known_change(transaction: &Transaction<'_>, id: &str) -> Result<Option<Change>, StudyError> {
    let mut known = Change { id: id.to_owned(), ..Change::default() };
    let mut found = false;
    for letter in ['s', 'p'] {
        if let Some((card, criterion, judgement)) = known_revision(transaction, &part(id, letter))? {
            let place = match criterion {
                Criterion::Sensibleness => &mut known.sensibleness,
                Criterion::Specificity => &mut known.specificity,
            };
            (*place, known.card, found) = (Some(judgement), card, true);
        }
    }
    let select = "SELECT card_id, flagged, text FROM note WHERE id = ?1";
    for letter in ['f', 'c'] {
        let read = |row: &rusqlite::Row<'_>| Ok((row.get(0)?, row.get(1)?, row.get(2)?));
        let note: Option<(String, Option<bool>, Option<String>)> =
            transaction.prepare_cached(select)?.query_row([part(id, letter)], read).optional()?;
        if let Some((card, flagged, text)) = note {
            (known.card, found) = (card, true);
            known.flagged = flagged.or(known.flagged);
            known.comment = text.or(known.comment);
        }
    }
    Ok(found.then_some(known))
}

fn check(change: &Change) -> Result<(), StudyError> {
    check_id(&change.id, MAX_ID - 4)?;
    check_active(change.active_ms)?;
    let judgements = [(Criterion::Sensibleness, &change.sensibleness), (Criterion::Specificity, &change.specificity)];
    for (criterion, judgement) in judgements {
        judgement.as_ref().map_or(Ok(()), |judgement| judgement.check(criterion))?;
    }
    if change.comment.as_ref().is_some_and(|comment| comment.chars().count() > MAX_COMMENT) {
        let problem = format!("has more than {MAX_COMMENT} letters; shorten it");
        return Err(StudyError::Field { field: "comment", problem });
    }
    if events(change).is_empty() {
        let problem = "changes nothing; give sensibleness, specificity, flagged or comment".to_owned();
        return Err(StudyError::Field { field: "change", problem });
    }
    Ok(())
}

fn check_id(id: &str, longest: usize) -> Result<(), StudyError> {
    let is_id = (1..=longest).contains(&id.len())
        && id.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_".contains(&byte));
    let problem = format!("is not 1 to {longest} letters, digits, - or _; use a random id for every change");
    if is_id { Ok(()) } else { Err(StudyError::Field { field: "id", problem }) }
}

fn check_active(active_ms: u64) -> Result<(), StudyError> {
    let problem = "is more than a day; leave idle time out".to_owned();
    if active_ms > MAX_ACTIVE_MS { Err(StudyError::Field { field: "active_ms", problem }) } else { Ok(()) }
}
