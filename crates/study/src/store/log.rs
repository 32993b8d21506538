//! The hash chain: each event's hash covers the one before it, so that no event can change, vanish or move unseen.
//!
//! What the chain alone cannot show is a file that was rewritten as a whole by someone who recomputes all hashes; for
//! that, note the head that `verify` prints and compare it later.

use rusqlite::{Connection, OptionalExtension as _, params};

use crate::StudyError;

use super::Event;

/// An event where it stands in the log.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Entry {
    pub(super) seq: i64,
    pub(super) at_ms: i64,
    pub(super) event: String,
    pub(super) hash: [u8; 32],
}

impl Entry {
    /// The event itself.
    pub(super) fn parse(&self) -> Result<Event, StudyError> {
        serde_json::from_str(&self.event)
            .map_err(|error| StudyError::Tampered { what: format!("event {} of the log: {error}", self.seq) })
    }
}

/// The hash of an event after the one with hash `before` (zeros before the first).
pub(super) fn chain(before: &[u8; 32], seq: i64, at_ms: i64, event: &str) -> [u8; 32] {
    let mut hasher = blake3::Hasher::new_derive_key("repartee study log v1");
    hasher.update(before).update(&seq.to_le_bytes()).update(&at_ms.to_le_bytes()).update(event.as_bytes());
    *hasher.finalize().as_bytes()
}

/// Where the log ends: number of events and last hash.
pub(super) fn head(connection: &Connection) -> Result<(i64, [u8; 32]), StudyError> {
    let read = |row: &rusqlite::Row<'_>| Ok((row.get(0)?, row.get(1)?));
    let head = connection.prepare_cached("SELECT seq, hash FROM log_head")?.query_row([], read).optional()?;
    Ok(head.unwrap_or((0, [0; 32])))
}

/// Appends an event and returns its number and time. Time never goes backwards, whatever the clock does.
pub(super) fn append(connection: &Connection, now_ms: i64, event: &Event) -> Result<(i64, i64), StudyError> {
    let (last, before) = head(connection)?;
    let seq = last + 1;
    let last_ms: Option<i64> = connection
        .prepare_cached("SELECT at_ms FROM log WHERE seq = ?1")?
        .query_row([last], |row| row.get(0))
        .optional()?;
    let at_ms = last_ms.map_or(now_ms, |last_ms| now_ms.max(last_ms));
    let text = serde_json::to_string(event).expect("an event is plain data");
    let hash = chain(&before, seq, at_ms, &text);
    connection
        .prepare_cached("INSERT INTO log (seq, at_ms, event, hash) VALUES (?1, ?2, ?3, ?4)")?
        .execute(params![seq, at_ms, text, hash])?;
    connection
        .prepare_cached(
            "INSERT INTO log_head (id, seq, hash) VALUES (1, ?1, ?2)
             ON CONFLICT (id) DO UPDATE SET seq = excluded.seq, hash = excluded.hash",
        )?
        .execute(params![seq, hash])?;
    Ok((seq, at_ms))
}

/// All events in order, unchecked.
pub(super) fn entries(connection: &Connection) -> Result<Vec<Entry>, StudyError> {
    let mut statement = connection.prepare("SELECT seq, at_ms, event, hash FROM log ORDER BY seq")?;
    let read = |row: &rusqlite::Row<'_>| {
        Ok(Entry { seq: row.get(0)?, at_ms: row.get(1)?, event: row.get(2)?, hash: row.get(3)? })
    };
    Ok(statement.query_map([], read)?.collect::<Result<_, _>>()?)
}

/// All events in order, after a check of the chain and its end.
pub(super) fn checked_entries(connection: &Connection) -> Result<Vec<Entry>, StudyError> {
    let tampered = |what: String| Err(StudyError::Tampered { what });
    let entries = entries(connection)?;
    let mut before = [0; 32];
    for (entry, seq) in entries.iter().zip(1..) {
        if entry.seq != seq {
            return tampered(format!("event {seq} of the log is missing"));
        }
        if chain(&before, seq, entry.at_ms, &entry.event) != entry.hash {
            return tampered(format!("event {seq} of the log does not fit its hash"));
        }
        before = entry.hash;
    }
    match head(connection)? {
        (seq, hash) if (seq, hash) == (entries.len() as i64, before) => Ok(entries),
        _ => tampered(format!("the log ends at event {}, not where it did when it was written", entries.len())),
    }
}
