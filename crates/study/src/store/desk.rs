//! A rater's side. Its types have no system, no kind of page and no order that tells them apart; its connection may not
//! read the tables that do: SQLite itself refuses.

use rusqlite::{
    Connection, OptionalExtension as _, TransactionBehavior,
    hooks::{AuthAction, AuthContext, Authorization},
    params,
};
use serde::Serialize;

use crate::{Criterion, Judgement, StudyError};

use super::{Event, Expectation, Note, Noted, PageState, Revision, Store, apply, connect, content};

/// A context with its replies, as a rater sees it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Page {
    /// Names the page.
    pub id: String,
    /// Its number in this rater's sequence, from 1.
    pub number: u32,
    /// Whether it is practice: then there is feedback after it.
    pub training: bool,
    /// The utterance that was replied to.
    pub context: String,
    /// The replies.
    pub cards: Vec<Card>,
    /// How far it is; a page that is done can still be changed.
    pub state: PageState,
}

/// One reply, as a rater sees it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Card {
    /// Names the card.
    pub id: String,
    /// The reply.
    pub reply: String,
    /// What the rater says of its sensibleness.
    pub sensibleness: Judgement,
    /// What the rater says of its specificity.
    pub specificity: Judgement,
    /// Whether the rater flagged it.
    pub flagged: bool,
    /// The rater's comment; empty for none.
    pub comment: String,
}

impl Card {
    /// The judgement under a criterion.
    #[must_use]
    pub fn judgement(&self, criterion: Criterion) -> &Judgement {
        match criterion {
            Criterion::Sensibleness => &self.sensibleness,
            Criterion::Specificity => &self.specificity,
        }
    }
}

/// What finishing a page did.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Finish {
    /// The page is done.
    Done,
    /// These are not judged yet: card and criterion.
    Missing(Vec<(String, Criterion)>),
}

/// What a careful rater says of a card of a training page.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Feedback {
    /// The card.
    pub card: String,
    /// What was expected.
    pub expected: Expectation,
}

/// Tables that a rater's connection may read.
pub(super) const READABLE: [&str; 8] = ["rater", "page", "card", "feedback", "revision", "note", "log", "log_head"];

fn authorize(context: AuthContext<'_>) -> Authorization {
    let allowed = match context.action {
        AuthAction::Select | AuthAction::Transaction { .. } | AuthAction::Function { .. } => true,
        AuthAction::Read { table_name, .. } => READABLE.contains(&table_name),
        AuthAction::Insert { table_name } => ["revision", "note", "log", "log_head"].contains(&table_name),
        AuthAction::Update { table_name, .. } => ["page", "log_head"].contains(&table_name),
        _ => false,
    };
    if allowed { Authorization::Allow } else { Authorization::Deny }
}

/// One rater's connection.
pub struct Desk {
    pub(super) connection: Connection,
    pub(super) rater: String,
}

impl Store {
    /// The desk of a rater, by id.
    ///
    /// # Errors
    /// [`StudyError::UnknownRater`].
    pub fn desk(&self, rater: &str) -> Result<Desk, StudyError> {
        let mut connection = connect(&self.path)?;
        connection.authorizer(Some(authorize))?;
        let mut desk = Desk { connection, rater: String::new() };
        desk.seat(rater)?;
        Ok(desk)
    }
}

impl Desk {
    /// Gives the desk to another rater: a connection costs more to open than to pass on.
    ///
    /// # Errors
    /// [`StudyError::UnknownRater`]; the desk is then nobody's.
    pub fn seat(&mut self, rater: &str) -> Result<(), StudyError> {
        self.rater.clear();
        let known: Option<i64> = self
            .connection
            .prepare_cached("SELECT 1 FROM rater WHERE id = ?1")?
            .query_row([rater], |row| row.get(0))
            .optional()?;
        known.ok_or_else(|| StudyError::UnknownRater { rater: rater.to_owned() })?;
        rater.clone_into(&mut self.rater);
        Ok(())
    }

    /// A page of this rater.
    ///
    /// # Errors
    /// [`StudyError::NotYours`] if there is no such page for this rater.
    pub fn page(&self, page: &str) -> Result<Page, StudyError> {
        let read = |row: &rusqlite::Row<'_>| {
            let state = page_state(row, 3)?;
            let number = row.get::<_, u32>(0)? + 1;
            let (id, cards) = (page.to_owned(), Vec::new());
            Ok(Page { id, number, training: row.get(1)?, context: row.get(2)?, cards, state })
        };
        let select = "SELECT position, training, context, state FROM page WHERE id = ?1 AND rater_id = ?2";
        let found = self.connection.prepare_cached(select)?.query_row([page, &self.rater], read).optional()?;
        let mut found = found.ok_or(StudyError::NotYours { what: "page" })?;
        let cards = "SELECT id, text FROM card WHERE page_id = ?1 ORDER BY position";
        let mut statement = self.connection.prepare_cached(cards)?;
        let cards = statement.query_map([page], |row| Ok((row.get::<_, String>(0)?, row.get(1)?)))?;
        for card in cards {
            let (id, reply) = card?;
            found.cards.push(self.filled(id, reply)?);
        }
        Ok(found)
    }

    /// A card of this rater and its page.
    ///
    /// # Errors
    /// [`StudyError::NotYours`].
    pub fn card(&self, card: &str) -> Result<(Card, String), StudyError> {
        let select = "SELECT card.text, page.id FROM card JOIN page ON page.id = page_id
            WHERE card.id = ?1 AND rater_id = ?2";
        let read = |row: &rusqlite::Row<'_>| Ok((row.get(0)?, row.get(1)?));
        let found = self.connection.prepare_cached(select)?.query_row([card, &self.rater], read).optional()?;
        let (reply, page) = found.ok_or(StudyError::NotYours { what: "card" })?;
        Ok((self.filled(card.to_owned(), reply)?, page))
    }

    /// The card with what is said of it.
    fn filled(&self, id: String, reply: String) -> Result<Card, StudyError> {
        let sensibleness = self.judgement(&id, Criterion::Sensibleness)?;
        let specificity = self.judgement(&id, Criterion::Specificity)?;
        let flagged: Option<bool> = self
            .connection
            .prepare_cached("SELECT flagged FROM note WHERE card_id = ?1 AND kind = 'flag' ORDER BY seq DESC LIMIT 1")?
            .query_row([&id], |row| row.get(0))
            .optional()?;
        let comment: Option<String> = self
            .connection
            .prepare_cached("SELECT text FROM note WHERE card_id = ?1 AND kind = 'comment' ORDER BY seq DESC LIMIT 1")?
            .query_row([&id], |row| row.get(0))
            .optional()?;
        let (flagged, comment) = (flagged.unwrap_or_default(), comment.unwrap_or_default());
        Ok(Card { id, reply, sensibleness, specificity, flagged, comment })
    }

    fn judgement(&self, card: &str, criterion: Criterion) -> Result<Judgement, StudyError> {
        let last = "SELECT state, points, reason FROM revision WHERE card_id = ?1 AND criterion = ?2
            ORDER BY seq DESC LIMIT 1";
        let read = |row: &rusqlite::Row<'_>| judgement(row, 0);
        let last = self.connection.prepare_cached(last)?.query_row([card, criterion.name()], read).optional()?;
        Ok(last.unwrap_or_default())
    }

    /// Finishes a page if everything on it is judged; judged is also what is too noisy or skipped.
    ///
    /// # Errors
    /// [`StudyError::NotYours`], [`StudyError::Abandoned`].
    pub fn finish(&mut self, page: &str, now_ms: i64) -> Result<Finish, StudyError> {
        let seen = self.page(page)?;
        let all = seen.cards.iter().flat_map(|card| Criterion::ALL.map(|criterion| (card, criterion)));
        let missing: Vec<_> = all
            .filter(|(card, criterion)| *card.judgement(*criterion) == Judgement::Unrated)
            .map(|(card, criterion)| (card.id.clone(), criterion))
            .collect();
        if !missing.is_empty() {
            return Ok(Finish::Missing(missing));
        }
        let transaction = self.connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
        let state: String = transaction.query_row("SELECT state FROM page WHERE id = ?1", [page], |row| row.get(0))?;
        if state == PageState::Abandoned.name() {
            return Err(StudyError::Abandoned);
        }
        if state == PageState::Open.name() {
            let event = Event::Closed { page: page.to_owned(), state: PageState::Done };
            apply::record(&transaction, 0, now_ms, &event)?;
        }
        transaction.commit()?;
        Ok(Finish::Done)
    }

    /// What was expected on a finished training page; nothing for other pages and before the page is done.
    ///
    /// # Errors
    /// [`StudyError::NotYours`].
    pub fn feedback(&self, page: &str) -> Result<Vec<Feedback>, StudyError> {
        if self.page(page)?.state != PageState::Done {
            return Ok(Vec::new());
        }
        let select = "SELECT card_id, sensibleness_least, sensibleness_most, specificity_least, specificity_most,
                             explanation
            FROM feedback JOIN card ON card.id = card_id WHERE page_id = ?1 ORDER BY position";
        let mut statement = self.connection.prepare_cached(select)?;
        let read =
            |row: &rusqlite::Row<'_>| Ok(Feedback { card: row.get(0)?, expected: content::expectation(row, 1)? });
        Ok(statement.query_map([page], read)?.collect::<Result<_, _>>()?)
    }

    /// What was expected of one card, under the same conditions.
    ///
    /// # Errors
    /// The file cannot be read.
    pub fn feedback_on(&self, card: &str) -> Result<Option<Feedback>, StudyError> {
        let select = "SELECT card_id, sensibleness_least, sensibleness_most, specificity_least, specificity_most,
                             explanation
            FROM feedback JOIN card ON card.id = card_id JOIN page ON page.id = page_id
            WHERE card_id = ?1 AND rater_id = ?2 AND state = 'done'";
        let read =
            |row: &rusqlite::Row<'_>| Ok(Feedback { card: row.get(0)?, expected: content::expectation(row, 1)? });
        Ok(self.connection.prepare_cached(select)?.query_row([card, &self.rater], read).optional()?)
    }

    /// The raw connection, for the test of what it may not do.
    #[cfg(test)]
    pub(super) fn connection(&self) -> &Connection {
        &self.connection
    }
}

/// A judgement from its columns, `first` being the state.
pub(super) fn judgement(row: &rusqlite::Row<'_>, first: usize) -> rusqlite::Result<Judgement> {
    let state: String = row.get(first)?;
    let points: Option<u8> = row.get(first + 1)?;
    let digit = if state == "too-noisy" { Some(0) } else { points };
    let reason: Option<String> = row.get(first + 2)?;
    Judgement::from_columns(&state, digit, reason.as_deref()).map_err(|message| {
        rusqlite::Error::FromSqlConversionFailure(first, rusqlite::types::Type::Text, message.into())
    })
}

fn page_state(row: &rusqlite::Row<'_>, index: usize) -> rusqlite::Result<PageState> {
    let state: String = row.get(index)?;
    PageState::from_name(&state).ok_or_else(|| {
        let message = format!("`{state}` is no state of a page");
        rusqlite::Error::FromSqlConversionFailure(index, rusqlite::types::Type::Text, message.into())
    })
}

/// A revision with its place and time.
pub(super) fn saved_at(connection: &Connection) -> Result<Vec<(Revision, i64, i64)>, StudyError> {
    let select =
        "SELECT id, card_id, criterion, state, points, reason, active_ms, seq, saved_ms FROM revision ORDER BY seq";
    let mut statement = connection.prepare(select)?;
    let mut rows = statement.query(params![])?;
    let mut revisions = Vec::new();
    while let Some(row) = rows.next()? {
        let criterion: String = row.get(2)?;
        let criterion = Criterion::from_name(&criterion)
            .ok_or_else(|| StudyError::Tampered { what: format!("a revision has the criterion `{criterion}`") })?;
        let active_ms = row.get::<_, i64>(6)?.unsigned_abs();
        let revision =
            Revision { id: row.get(0)?, card: row.get(1)?, criterion, judgement: judgement(row, 3)?, active_ms };
        revisions.push((revision, row.get(7)?, row.get(8)?));
    }
    Ok(revisions)
}

/// All flags and comments with the time of saving, by card.
pub(super) fn noted_at(connection: &Connection) -> Result<Vec<(Noted, i64)>, StudyError> {
    let select = "SELECT id, card_id, flagged, COALESCE(text, ''), active_ms, saved_ms FROM note ORDER BY seq";
    let mut statement = connection.prepare(select)?;
    let read = |row: &rusqlite::Row<'_>| {
        let note = match row.get(2)? {
            Some(flagged) => Note::Flag { flagged },
            None => Note::Comment { text: row.get(3)? },
        };
        let active_ms = row.get::<_, i64>(4)?.unsigned_abs();
        Ok((Noted { id: row.get(0)?, card: row.get(1)?, note, active_ms }, row.get(5)?))
    };
    Ok(statement.query_map([], read)?.collect::<Result<_, _>>()?)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Content, Design};

    #[test]
    fn sqlite_refuses_a_raters_connection_what_raters_must_not_know() {
        let folder = tempfile::tempdir().unwrap();
        let mut store = Store::create(&folder.path().join("a.sqlite"), &Design::new("x", 1), 0).unwrap();
        let reply =
            crate::Reply { system: Some("A".to_owned()), text: "yes".to_owned(), expectation: Expectation::default() };
        let item = crate::Item {
            key: "1".to_owned(),
            kind: crate::ItemKind::Main,
            context: "hi".to_owned(),
            replies: vec![reply],
        };
        let content = Content { systems: vec!["A".to_owned()], items: vec![item] };
        store
            .extend(|there| {
                *there = content;
                Ok(())
            })
            .unwrap();
        store.freeze(0).unwrap();
        let rater = store.join("a", 0).unwrap();
        let desk = store.desk(&rater).unwrap();
        let tables = "SELECT name FROM sqlite_schema WHERE type = 'table'";
        let mut statement = store.connection.prepare(tables).unwrap();
        let tables: Vec<String> = statement.query_map([], |row| row.get(0)).unwrap().map(Result::unwrap).collect();
        let refused: Vec<&String> = tables
            .iter()
            .filter(|table| desk.connection().prepare(&format!("SELECT * FROM {table}")).is_err())
            .collect();
        let unreadable = "study system item reply page_source card_source rater_order invite session office";
        assert_eq!(refused, unreadable.split(' ').collect::<Vec<_>>());
        for sql in [
            "SELECT sql FROM sqlite_schema",
            "DELETE FROM card",
            "UPDATE card SET text = ''",
            "PRAGMA user_version",
            "ATTACH ':memory:' AS x",
            "DROP TABLE card",
        ] {
            assert!(desk.connection().prepare(sql).is_err(), "{sql}");
        }
    }
}
