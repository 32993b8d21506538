//! Whether the file is what the program wrote: the chain of the log, the hash of the content, and every table against a
//! replay of the log.

use rusqlite::{Connection, types::ValueRef};
use serde::Serialize;

use crate::StudyError;

use super::{Event, Store, apply, content, log, migrate};

/// What `verify` found in order.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Verified {
    /// Events of the log.
    pub n_events: u64,
    /// Hash of the last one, in hexadecimal. Noted elsewhere, it also shows a rewriting of the whole file later.
    pub head: String,
    /// Judgements in the log, revisions included.
    pub n_revisions: u64,
    /// The design hash, once frozen.
    pub design_hash: Option<String>,
}

/// Tables that the log determines, with the columns that order them.
const DETERMINED: [(&str, &str); 9] = [
    ("rater", "id"),
    ("page", "id"),
    ("card", "id"),
    ("feedback", "card_id"),
    ("revision", "seq"),
    ("note", "seq"),
    ("page_source", "page_id"),
    ("card_source", "card_id"),
    ("rater_order", "rater_id, rank"),
];

impl Store {
    /// Checks everything that can be checked.
    ///
    /// # Errors
    /// [`StudyError::Tampered`] says what does not fit; [`StudyError::Damaged`] if SQLite finds damage.
    pub fn verify(&mut self) -> Result<Verified, StudyError> {
        let design = self.design.clone();
        let (path, secret) = (self.path.clone(), self.secret);
        // One transaction, so that raters who go on rating do not look like tampering.
        let transaction = self.connection.transaction()?;
        let verdict: String = transaction.query_row("PRAGMA integrity_check(1)", [], |row| row.get(0))?;
        if verdict != "ok" {
            return Err(StudyError::Damaged { path, detail: verdict });
        }
        let tampered = |what: &str| Err(StudyError::Tampered { what: what.to_owned() });
        let entries = log::checked_entries(&transaction)?;
        let (uid, design_json, design_hash): (String, String, Option<String>) =
            transaction.query_row("SELECT uid, design, design_hash FROM study", [], |row| {
                Ok((row.get(0)?, row.get(1)?, row.get(2)?))
            })?;
        let there = content::read(&transaction)?;
        match entries.first().map(log::Entry::parse).transpose()? {
            Some(Event::Created { study, secret: digest }) => {
                if study != uid || digest != blake3::hash(&secret).to_hex().to_string() {
                    return tampered("id or key of the study are not those it was made with");
                }
            }
            _ => return tampered("the log does not begin with the making of the study"),
        }
        let mut frozen = None;
        let mut n_revisions = 0;
        let mut twin = Connection::open_in_memory()?;
        migrate::migrate(&mut twin, &path)?;
        let replay = twin.transaction()?;
        content::write(&replay, &there)?;
        for entry in &entries {
            let event = entry.parse()?;
            match &event {
                Event::Frozen { design_hash } => frozen = Some(design_hash.clone()),
                Event::Saved(_) => n_revisions += 1,
                _ => {}
            }
            apply::record(&replay, design.seed, entry.at_ms, &event).map_err(|error| StudyError::Tampered {
                what: format!("event {} of the log cannot have happened ({error})", entry.seq),
            })?;
        }
        if frozen != design_hash {
            return tampered("the design hash is not the one of the freeze");
        }
        if frozen
            .as_ref()
            .is_some_and(|frozen| there.hash(&design) != *frozen || design_json != super::design_json(&design))
        {
            return tampered("design or items are not those that were frozen");
        }
        for (table, order) in DETERMINED {
            compare(&transaction, &replay, table, order)?;
        }
        let head = entries.last().map_or([0; 32], |entry| entry.hash);
        let head = blake3::Hash::from_bytes(head).to_hex().to_string();
        Ok(Verified { n_events: entries.len() as u64, head, n_revisions, design_hash })
    }
}

/// Compares a table of both databases row by row.
fn compare(actual: &Connection, expected: &Connection, table: &str, order: &str) -> Result<(), StudyError> {
    let select = format!("SELECT * FROM {table} ORDER BY {order}");
    let (mut actual, mut expected) = (actual.prepare(&select)?, expected.prepare(&select)?);
    let columns: Vec<String> = expected.column_names().map(str::to_owned).collect();
    let (mut actual, mut expected) = (actual.query([])?, expected.query([])?);
    for number in 1.. {
        let tampered =
            |problem: &str| Err(StudyError::Tampered { what: format!("row {number} of table `{table}` {problem}") });
        match (actual.next()?, expected.next()?) {
            (None, None) => return Ok(()),
            (Some(_), None) => return tampered("is not in the log"),
            (None, Some(_)) => return tampered("is missing"),
            (Some(actual), Some(expected)) => {
                for (index, column) in columns.iter().enumerate() {
                    let (found, logged): (ValueRef<'_>, ValueRef<'_>) =
                        (actual.get_ref(index)?, expected.get_ref(index)?);
                    if found != logged {
                        return tampered(&format!("differs from the log in column `{column}`"));
                    }
                }
            }
        }
    }
    Ok(())
}
