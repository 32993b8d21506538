//! The tables as a function of the log: what each event does to them. Live changes, `verify`, merging and restoring all
//! go through here, so that they cannot differ.

use rand::seq::SliceRandom as _;
use rusqlite::{Connection, OptionalExtension as _, params};

use crate::{StudyError, random::stream};

use super::{CardTaken, Event, Note, Noted, PageKind, PageState, PageTaken, Revision, log};

/// Appends an event to the log and does what it says.
pub(super) fn record(connection: &Connection, seed: u64, now_ms: i64, event: &Event) -> Result<(), StudyError> {
    let (seq, at_ms) = log::append(connection, now_ms, event)?;
    match event {
        Event::Created { .. } | Event::Frozen { .. } | Event::Merged { .. } => Ok(()),
        Event::Joined { rater, name } => join(connection, seed, rater, name),
        Event::Taken(page) => take(connection, at_ms, page),
        Event::Saved(revision) => save(connection, seq, at_ms, revision),
        Event::Noted(noted) => note(connection, seq, at_ms, noted),
        Event::Resumed { page } => resume(connection, at_ms, page),
        Event::Closed { page, state } => close(connection, at_ms, page, *state),
    }
}

/// A rater and the order in which the items are offered to them.
fn join(connection: &Connection, seed: u64, rater: &str, name: &str) -> Result<(), StudyError> {
    let is_new = connection
        .prepare_cached("INSERT INTO rater (id, name) VALUES (?1, ?2) ON CONFLICT (id) DO NOTHING")?
        .execute(params![rater, name])?;
    if is_new == 0 {
        return Ok(());
    }
    let mut statement = connection.prepare_cached("SELECT id FROM item WHERE kind = 'main' ORDER BY id")?;
    let mut items: Vec<i64> = statement.query_map([], |row| row.get(0))?.collect::<Result<_, _>>()?;
    items.shuffle(&mut stream(seed, "item order", &[rater]));
    let mut insert =
        connection.prepare_cached("INSERT INTO rater_order (rater_id, rank, item_id) VALUES (?1, ?2, ?3)")?;
    for (item, rank) in items.into_iter().zip(0..) {
        insert.execute(params![rater, rank, item])?;
    }
    Ok(())
}

/// A page with its cards. A page that is there already stays as it is: copies of a study may have handed out the same
/// page twice, with the same cards.
fn take(connection: &Connection, at_ms: i64, page: &PageTaken) -> Result<(), StudyError> {
    let known: Option<i64> = connection
        .prepare_cached("SELECT 1 FROM page WHERE id = ?1")?
        .query_row([&page.page], |row| row.get(0))
        .optional()?;
    if known.is_some() {
        return Ok(());
    }
    let (item_id, context): (i64, String) = connection
        .prepare_cached("SELECT id, context FROM item WHERE key = ?1")?
        .query_row([&page.item], |row| Ok((row.get(0)?, row.get(1)?)))?;
    let training = page.kind == PageKind::Training;
    connection
        .prepare_cached(
            "INSERT INTO page (id, rater_id, position, training, context, state, taken_ms, last_active_ms)
             VALUES (?1, ?2, ?3, ?4, ?5, 'open', ?6, ?6)",
        )?
        .execute(params![page.page, page.rater, page.position, training, context, at_ms])?;
    connection
        .prepare_cached("INSERT INTO page_source (page_id, item_id, kind, slot) VALUES (?1, ?2, ?3, ?4)")?
        .execute(params![page.page, item_id, page.kind.name(), page.slot])?;
    for (card, position) in page.cards.iter().zip(0..) {
        put_card(connection, page, item_id, card, position)?;
    }
    Ok(())
}

fn put_card(
    connection: &Connection,
    page: &PageTaken,
    item_id: i64,
    card: &CardTaken,
    position: u32,
) -> Result<(), StudyError> {
    let (reply_id, text): (i64, String) = connection
        .prepare_cached("SELECT id, text FROM reply WHERE item_id = ?1 AND number = ?2")?
        .query_row(params![item_id, card.reply], |row| Ok((row.get(0)?, row.get(1)?)))?;
    connection
        .prepare_cached("INSERT INTO card (id, page_id, position, text) VALUES (?1, ?2, ?3, ?4)")?
        .execute(params![card.card, page.page, position, card.degraded.as_ref().unwrap_or(&text)])?;
    connection
        .prepare_cached("INSERT INTO card_source (card_id, reply_id, degraded) VALUES (?1, ?2, ?3)")?
        .execute(params![card.card, reply_id, card.degraded.is_some()])?;
    if page.kind == PageKind::Training {
        connection
            .prepare_cached(
                "INSERT INTO feedback (card_id, sensibleness_least, sensibleness_most, specificity_least,
                                       specificity_most, explanation)
                 SELECT ?1, sensibleness_least, sensibleness_most, specificity_least, specificity_most, explanation
                 FROM reply WHERE id = ?2",
            )?
            .execute(params![card.card, reply_id])?;
    }
    Ok(())
}

fn save(connection: &Connection, seq: i64, at_ms: i64, revision: &Revision) -> Result<(), StudyError> {
    let points = revision.judgement.digit().filter(|&digit| digit > 0);
    connection
        .prepare_cached(
            "INSERT INTO revision (seq, id, card_id, criterion, state, points, reason, active_ms, saved_ms)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)",
        )?
        .execute(params![
            seq,
            revision.id,
            revision.card,
            revision.criterion.name(),
            revision.judgement.state(),
            points,
            revision.judgement.reason(),
            i64::try_from(revision.active_ms).unwrap_or(i64::MAX),
            at_ms,
        ])?;
    touch(connection, at_ms, &revision.card)
}

fn note(connection: &Connection, seq: i64, at_ms: i64, noted: &Noted) -> Result<(), StudyError> {
    let (flagged, text) = match &noted.note {
        Note::Flag { flagged } => (Some(*flagged), None),
        Note::Comment { text } => (None, Some(text)),
    };
    connection
        .prepare_cached(
            "INSERT INTO note (seq, id, card_id, kind, flagged, text, active_ms, saved_ms)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)",
        )?
        .execute(params![
            seq,
            noted.id,
            noted.card,
            noted.note.kind(),
            flagged,
            text,
            i64::try_from(noted.active_ms).unwrap_or(i64::MAX),
            at_ms,
        ])?;
    touch(connection, at_ms, &noted.card)
}

/// The rater works on the card's page: its lease starts anew.
fn touch(connection: &Connection, at_ms: i64, card: &str) -> Result<(), StudyError> {
    connection
        .prepare_cached(
            "UPDATE page SET last_active_ms = MAX(last_active_ms, ?2)
             WHERE id = (SELECT page_id FROM card WHERE id = ?1)",
        )?
        .execute(params![card, at_ms])?;
    Ok(())
}

/// A page's state only ever rises: done beats abandoned beats open.
fn close(connection: &Connection, at_ms: i64, page: &str, state: PageState) -> Result<(), StudyError> {
    connection
        .prepare_cached(
            "UPDATE page SET state = ?2, closed_ms = ?3
             WHERE id = ?1 AND (state = 'open' AND ?2 <> 'open' OR state = 'abandoned' AND ?2 = 'done')",
        )?
        .execute(params![page, state.name(), at_ms])?;
    Ok(())
}

/// The rater is back at the page: its lease starts anew.
fn resume(connection: &Connection, at_ms: i64, page: &str) -> Result<(), StudyError> {
    connection
        .prepare_cached("UPDATE page SET last_active_ms = MAX(last_active_ms, ?2) WHERE id = ?1")?
        .execute(params![page, at_ms])?;
    Ok(())
}
