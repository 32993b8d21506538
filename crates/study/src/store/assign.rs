//! Who rates what: raters join, and pages go to them one at a time.
//!
//! Each item goes to exactly k raters. The decision and its record are one transaction that holds the write lock, so
//! that raters at the same moment cannot take the same place.

use rand::{RngExt as _, seq::SliceRandom as _};
use rusqlite::{Connection, OptionalExtension as _, params};

use crate::{Design, StudyError, degrade::degrade, latin, random, random::stream};

use super::{CardTaken, Event, PageKind, PageState, PageTaken, Store, apply};

/// What is next for a rater.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Next {
    /// This page.
    Page(String),
    /// Nothing now; items may come free at this time, if other raters do not finish theirs.
    Wait {
        /// Unix time in milliseconds.
        until_ms: i64,
    },
    /// Nothing is left for this rater.
    Done,
}

impl Store {
    /// Lets a rater join, or come back under the same name; returns the rater's id, which tells nothing of the name.
    ///
    /// # Errors
    /// [`StudyError::RaterName`], [`StudyError::NotFrozen`].
    pub fn join(&mut self, name: &str, now_ms: i64) -> Result<String, StudyError> {
        check_name(name)?;
        self.join_as(&random::opaque(&self.secret, &["rater", name]), name, now_ms)
    }

    pub(super) fn join_as(&mut self, id: &str, name: &str, now_ms: i64) -> Result<String, StudyError> {
        let seed = self.design.seed;
        self.write(|transaction| {
            check_frozen(transaction)?;
            let find = "SELECT id FROM rater WHERE name = ?1 OR id = ?2";
            let known = transaction.query_row(find, [name, id], |row| row.get(0)).optional()?;
            if let Some(known) = known {
                return Ok(known);
            }
            let event = Event::Joined { rater: id.to_owned(), name: name.to_owned() };
            apply::record(transaction, seed, now_ms, &event)?;
            Ok(id.to_owned())
        })
    }

    /// The page that a rater is at, or the next one.
    ///
    /// Order: an open page; training; every so many pages a control; the next item in the rater's own random order that
    /// has fewer than k raters; an item of another rater whose lease has ended.
    ///
    /// # Errors
    /// [`StudyError::UnknownRater`], [`StudyError::NotFrozen`].
    pub fn take(&mut self, rater: &str, now_ms: i64) -> Result<Next, StudyError> {
        let (design, secret) = (self.design.clone(), self.secret);
        self.write(|transaction| {
            check_frozen(transaction)?;
            Desk { connection: transaction, design: &design, secret: &secret, rater, now_ms }.next()
        })
    }
}

/// Whether raters can be called so.
pub(super) fn check_name(name: &str) -> Result<(), StudyError> {
    let refuse = |problem| Err(StudyError::RaterName { name: name.to_owned(), problem });
    if name.trim().is_empty() || name.chars().any(char::is_control) {
        return refuse("is empty or has control characters; give one line");
    }
    if name.chars().count() > 100 {
        return refuse("has more than 100 letters; shorten it");
    }
    Ok(())
}

fn check_frozen(connection: &Connection) -> Result<(), StudyError> {
    let hash: Option<String> = connection.query_row("SELECT design_hash FROM study", [], |row| row.get(0))?;
    if hash.is_none() { Err(StudyError::NotFrozen) } else { Ok(()) }
}

/// One decision of what is next.
struct Desk<'a> {
    connection: &'a Connection,
    design: &'a Design,
    secret: &'a [u8; 32],
    rater: &'a str,
    now_ms: i64,
}

impl Desk<'_> {
    fn lease_ms(&self) -> i64 {
        i64::from(self.design.lease_minutes) * 60_000
    }

    fn record(&self, event: &Event) -> Result<(), StudyError> {
        apply::record(self.connection, self.design.seed, self.now_ms, event)
    }

    fn next(&self) -> Result<Next, StudyError> {
        let known = self.one("SELECT 1 FROM rater WHERE id = ?1", [self.rater])?;
        if known.is_none() {
            return Err(StudyError::UnknownRater { rater: self.rater.to_owned() });
        }
        let open =
            "SELECT id, last_active_ms FROM page WHERE rater_id = ?1 AND state = 'open' ORDER BY position LIMIT 1";
        let open: Option<(String, i64)> = self
            .connection
            .prepare_cached(open)?
            .query_row([self.rater], |row| Ok((row.get(0)?, row.get(1)?)))
            .optional()?;
        if let Some((page, last_active_ms)) = open {
            if self.now_ms - last_active_ms > self.lease_ms() / 2 {
                self.record(&Event::Resumed { page: page.clone() })?;
            }
            return Ok(Next::Page(page));
        }
        let untrained = "SELECT item.id FROM item WHERE kind = 'training' AND NOT EXISTS (
                SELECT 1 FROM page_source JOIN page ON page.id = page_id
                WHERE item_id = item.id AND rater_id = ?1) ORDER BY item.id LIMIT 1";
        if let Some(item) = self.one(untrained, [self.rater])? {
            return self.hand_out(item, PageKind::Training);
        }
        if let Some((item, kind)) = self.control()? {
            return self.hand_out(item, kind);
        }
        if let Some(item) = self.free_item()? {
            return self.hand_out(item, PageKind::Main);
        }
        self.reclaimed()
    }

    fn one(&self, sql: &str, parameters: impl rusqlite::Params) -> Result<Option<i64>, StudyError> {
        Ok(self.connection.prepare_cached(sql)?.query_row(parameters, |row| row.get(0)).optional()?)
    }

    fn many(&self, sql: &str, parameters: impl rusqlite::Params) -> Result<Vec<i64>, StudyError> {
        Ok(self.connection.prepare_cached(sql)?.query_map(parameters, |row| row.get(0))?.collect::<Result<_, _>>()?)
    }

    /// The first item in the rater's order that the rater has not had and that fewer than k raters have.
    fn free_item(&self) -> Result<Option<i64>, StudyError> {
        let free = "SELECT item_id FROM rater_order AS place WHERE rater_id = ?1
            AND NOT EXISTS (
                SELECT 1 FROM page_source AS source JOIN page ON page.id = source.page_id
                WHERE source.item_id = place.item_id AND source.kind = 'main' AND page.rater_id = ?1)
            AND (SELECT COUNT(*) FROM page_source AS source JOIN page ON page.id = source.page_id
                 WHERE source.item_id = place.item_id AND source.kind = 'main' AND page.state <> 'abandoned') < ?2
            ORDER BY rank LIMIT 1";
        self.one(free, params![self.rater, self.design.raters_per_item])
    }

    /// An item whose rater has been away for longer than the lease, or when one may come free.
    fn reclaimed(&self) -> Result<Next, StudyError> {
        let stale = "SELECT page.id, source.item_id, page.last_active_ms
            FROM page JOIN page_source AS source ON source.page_id = page.id
            WHERE page.state = 'open' AND source.kind = 'main' AND page.rater_id <> ?1
              AND NOT EXISTS (
                SELECT 1 FROM page_source AS mine JOIN page AS other ON other.id = mine.page_id
                WHERE mine.item_id = source.item_id AND mine.kind = 'main' AND other.rater_id = ?1)
            ORDER BY page.last_active_ms, page.id LIMIT 1";
        let oldest: Option<(String, i64, i64)> = self
            .connection
            .prepare_cached(stale)?
            .query_row([self.rater], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)))
            .optional()?;
        match oldest {
            None => Ok(Next::Done),
            Some((page, item, last_active_ms)) if self.now_ms - last_active_ms > self.lease_ms() => {
                self.record(&Event::Closed { page, state: PageState::Abandoned })?;
                self.hand_out(item, PageKind::Main)
            }
            Some((.., last_active_ms)) => Ok(Next::Wait { until_ms: last_active_ms + self.lease_ms() + 1 }),
        }
    }

    /// Whether it is time for a control, and which.
    fn control(&self) -> Result<Option<(i64, PageKind)>, StudyError> {
        let quality = self.design.quality;
        let n_pages = "SELECT COUNT(*) FROM page WHERE rater_id = ?1 AND training = 0";
        let n_pages = self.one(n_pages, [self.rater])?.unwrap_or(0) as usize;
        let every = quality.control_every as usize;
        if every == 0 || !(n_pages + 1).is_multiple_of(every) {
            return Ok(None);
        }
        let kinds =
            [(PageKind::Gold, true), (PageKind::Degraded, quality.degraded), (PageKind::Repeat, quality.repeats)];
        let kinds: Vec<PageKind> = kinds.into_iter().filter(|(_, on)| *on).map(|(kind, _)| kind).collect();
        let turn = (n_pages + 1) / every - 1;
        for step in 0..kinds.len() {
            let kind = kinds[(turn + step) % kinds.len()];
            let mut items = if kind == PageKind::Gold { self.unseen_gold()? } else { self.repeatable()? };
            if !items.is_empty() {
                items.shuffle(&mut stream(self.design.seed, "control", &[self.rater, &n_pages.to_string()]));
                return Ok(Some((items[0], kind)));
            }
        }
        Ok(None)
    }

    fn unseen_gold(&self) -> Result<Vec<i64>, StudyError> {
        let unseen = "SELECT item.id FROM item WHERE kind = 'gold' AND NOT EXISTS (
                SELECT 1 FROM page_source JOIN page ON page.id = page_id
                WHERE item_id = item.id AND rater_id = ?1) ORDER BY item.id";
        self.many(unseen, [self.rater])
    }

    /// Items that this rater finished long enough ago and has seen only once.
    fn repeatable(&self) -> Result<Vec<i64>, StudyError> {
        let repeatable = "SELECT source.item_id FROM page JOIN page_source AS source ON source.page_id = page.id
            WHERE page.rater_id = ?1 AND page.state = 'done' AND source.kind = 'main'
              AND page.position + ?2 < (SELECT COUNT(*) FROM page WHERE rater_id = ?1)
              AND NOT EXISTS (
                SELECT 1 FROM page AS again JOIN page_source AS other ON other.page_id = again.id
                WHERE again.rater_id = ?1 AND other.item_id = source.item_id AND other.kind IN ('repeat', 'degraded'))
            ORDER BY source.item_id";
        self.many(repeatable, params![self.rater, self.design.quality.repeat_gap])
    }

    fn hand_out(&self, item: i64, kind: PageKind) -> Result<Next, StudyError> {
        let key: String = self
            .connection
            .prepare_cached("SELECT key FROM item WHERE id = ?1")?
            .query_row([item], |row| row.get(0))?;
        let position = self.one("SELECT COUNT(*) FROM page WHERE rater_id = ?1", [self.rater])?.unwrap_or(0);
        let page = random::opaque(self.secret, &["page", self.rater, &key, kind.name()]);
        let slot = self.free_slot(item, kind)?;
        let n_replies = self.one("SELECT COUNT(*) FROM reply WHERE item_id = ?1", [item])?.unwrap_or(0) as usize;
        let mut cards: Vec<CardTaken> = self
            .order(item, kind, slot, n_replies)
            .into_iter()
            .map(|reply| CardTaken {
                card: random::opaque(self.secret, &["card", &page, &reply.to_string()]),
                reply: reply as u32,
                degraded: None,
            })
            .collect();
        if kind == PageKind::Degraded && !cards.is_empty() {
            let mut random = stream(self.design.seed, "degrade", &[self.rater, &key]);
            let chosen = random.random_range(0..cards.len());
            cards[chosen].degraded = Some(self.degraded(item, cards[chosen].reply, &mut random)?);
        }
        let taken = PageTaken {
            page: page.clone(),
            rater: self.rater.to_owned(),
            item: key,
            kind,
            slot,
            position: position as u32,
            cards,
        };
        self.record(&Event::Taken(taken))?;
        Ok(Next::Page(page))
    }

    /// The lowest number that no rater of this item has.
    fn free_slot(&self, item: i64, kind: PageKind) -> Result<u32, StudyError> {
        let taken = "SELECT slot FROM page_source JOIN page ON page.id = page_id
            WHERE item_id = ?1 AND kind = ?2 AND state <> 'abandoned'";
        let taken = self.many(taken, params![item, kind.name()])?;
        Ok((0..).find(|&slot| !taken.contains(&i64::from(slot))).expect("there are more numbers than pages"))
    }

    /// Numbers of the replies in order of presentation. Items of the study run through the counter-balanced orders,
    /// one step for each item and each rater of an item; which system is which column is drawn from the secret.
    fn order(&self, item: i64, kind: PageKind, slot: u32, n_replies: usize) -> Vec<usize> {
        let mut columns: Vec<usize> = (0..n_replies).collect();
        let key = random::opaque(self.secret, &["columns"]);
        if kind.item_kind() != super::ItemKind::Main {
            columns.shuffle(&mut stream(self.design.seed, "control order", &[&key, self.rater, &item.to_string()]));
            return columns;
        }
        columns.shuffle(&mut stream(self.design.seed, "columns", &[&key]));
        let shift = if kind == PageKind::Main { 0 } else { latin::n_rows(n_replies) / 2 };
        let row = latin::row(n_replies, item as usize + slot as usize + shift);
        row.into_iter().map(|column| columns[column]).collect()
    }

    /// The reply with most of it replaced by words of a reply to another item.
    fn degraded(&self, item: i64, reply: u32, random: &mut rand_chacha::ChaCha8Rng) -> Result<String, StudyError> {
        let text: String = self.connection.query_row(
            "SELECT text FROM reply WHERE item_id = ?1 AND number = ?2",
            params![item, reply],
            |row| row.get(0),
        )?;
        let others = "SELECT reply.id FROM reply JOIN item ON item.id = item_id
            WHERE kind = 'main' AND item_id <> ?1 ORDER BY reply.id";
        let others = self.many(others, [item])?;
        let donor: String = match others.len() {
            // A study of one item has no other words to offer.
            0 => text.chars().rev().collect(),
            n => self.connection.query_row(
                "SELECT text FROM reply WHERE id = ?1",
                [others[random.random_range(0..n)]],
                |row| row.get(0),
            )?,
        };
        Ok(degrade(&text, &donor, random))
    }
}
