//! Everything that was rated, for reports and exports; and progress. The office's side only.

use std::collections::BTreeMap;

use serde::Serialize;

use crate::{Criterion, Design, Judgement, StudyError};

use super::{Content, ItemKind, Note, Noted, PageKind, PageState, Revision, Store, content, desk};

/// A study with all its judgements.
#[derive(Clone, Debug, PartialEq)]
pub struct Ratings {
    /// The study's own id.
    pub uid: String,
    /// Hash of design and content; empty before the freeze.
    pub design_hash: String,
    /// The design.
    pub design: Design,
    /// Systems, items, replies.
    pub content: Content,
    /// Raters by id, with their names.
    pub raters: Vec<(String, String)>,
    /// All pages, by rater and position.
    pub pages: Vec<RatedPage>,
}

/// A page with what was said on it.
#[derive(Clone, Debug, PartialEq)]
pub struct RatedPage {
    /// Names the page.
    pub id: String,
    /// Index of its rater.
    pub rater: usize,
    /// Index of its item.
    pub item: usize,
    /// What it is for.
    pub kind: PageKind,
    /// How far it is.
    pub state: PageState,
    /// Row of the counter-balanced order.
    pub slot: u32,
    /// Number in its rater's sequence, from 0.
    pub position: u32,
    /// When it was handed out.
    pub taken_ms: i64,
    /// When it was finished or handed on.
    pub closed_ms: Option<i64>,
    /// Its cards in order of presentation.
    pub cards: Vec<RatedCard>,
}

impl RatedPage {
    /// Whether its judgements count as ratings of the study.
    #[must_use]
    pub fn counts(&self) -> bool {
        self.kind == PageKind::Main && self.state != PageState::Abandoned
    }

    /// Time spent on it, as far as the raters' side reported it.
    #[must_use]
    pub fn active_ms(&self) -> u64 {
        let revisions = self.cards.iter().flat_map(|card| &card.revisions).map(|(revision, _)| revision.active_ms);
        let notes = self.cards.iter().flat_map(|card| &card.notes).map(|(noted, _)| noted.active_ms);
        revisions.chain(notes).fold(0, u64::saturating_add)
    }
}

/// A card with all its revisions.
#[derive(Clone, Debug, PartialEq)]
pub struct RatedCard {
    /// Names the card.
    pub id: String,
    /// Number of the reply within its item.
    pub reply: usize,
    /// The text that was shown, where it is not the reply's own.
    pub degraded: Option<String>,
    /// In order, with the time of saving.
    pub revisions: Vec<(Revision, i64)>,
    /// Flags and comments in order, with the time of saving.
    pub notes: Vec<(Noted, i64)>,
}

impl RatedCard {
    /// What its rater says in the end.
    #[must_use]
    pub fn judgement(&self, criterion: Criterion) -> Judgement {
        let last = self.revisions.iter().rev().find(|(revision, _)| revision.criterion == criterion);
        last.map_or(Judgement::Unrated, |(revision, _)| revision.judgement.clone())
    }

    /// Whether its rater flagged it in the end.
    #[must_use]
    pub fn is_flagged(&self) -> bool {
        let flags = self.notes.iter().rev().filter_map(|(noted, _)| match noted.note {
            Note::Flag { flagged } => Some(flagged),
            Note::Comment { .. } => None,
        });
        flags.take(1).any(|flagged| flagged)
    }

    /// Its rater's comment in the end; empty for none.
    #[must_use]
    pub fn comment(&self) -> &str {
        let mut comments = self.notes.iter().rev().filter_map(|(noted, _)| match &noted.note {
            Note::Comment { text } => Some(text.as_str()),
            Note::Flag { .. } => None,
        });
        comments.next().unwrap_or_default()
    }

    /// When something of it was saved last.
    #[must_use]
    pub fn last_saved_ms(&self) -> Option<i64> {
        let revisions = self.revisions.iter().map(|(_, saved_ms)| *saved_ms);
        revisions.chain(self.notes.iter().map(|(_, saved_ms)| *saved_ms)).max()
    }
}

/// Counts that are quick to have, for a list of studies.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Counts {
    /// Items to be rated.
    pub n_items: u64,
    /// Systems.
    pub n_systems: u64,
    /// Pages of the study that are finished, controls and practice left out.
    pub n_pages_done: u64,
}

/// How far a study is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Progress {
    /// Items to be rated.
    pub n_items: usize,
    /// Systems.
    pub n_systems: usize,
    /// Pages that the design asks for: items times raters of each.
    pub n_pages_wanted: usize,
    /// Of these, finished.
    pub n_pages_done: usize,
    /// With a rater now.
    pub n_pages_open: usize,
    /// Items by how many raters finished them.
    pub items_by_raters_done: BTreeMap<usize, usize>,
    /// Items that more than k raters have; only a merge can do that.
    pub n_items_over: usize,
    /// Each rater's progress.
    pub raters: Vec<RaterProgress>,
}

/// How far a rater is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct RaterProgress {
    /// The rater's id.
    pub id: String,
    /// The rater's name.
    pub name: String,
    /// Items finished.
    pub n_done: usize,
    /// Items open.
    pub n_open: usize,
    /// Items handed on after the lease.
    pub n_abandoned: usize,
    /// Training and control pages finished.
    pub n_controls_done: usize,
    /// Judgements skipped on items of the study.
    pub n_skipped: usize,
}

impl Ratings {
    /// Counts.
    #[must_use]
    pub fn progress(&self) -> Progress {
        let is_main = |index: usize| self.content.items[index].kind == ItemKind::Main;
        let mut done: BTreeMap<usize, usize> =
            (0..self.content.items.len()).filter(|&index| is_main(index)).map(|index| (index, 0)).collect();
        let mut held = done.clone();
        for page in self.pages.iter().filter(|page| page.counts()) {
            *held.entry(page.item).or_default() += 1;
            *done.entry(page.item).or_default() += usize::from(page.state == PageState::Done);
        }
        let mut items_by_raters_done = BTreeMap::new();
        for &n in done.values() {
            *items_by_raters_done.entry(n).or_default() += 1;
        }
        let wanted = self.design.raters_per_item as usize;
        let counting = |state| self.pages.iter().filter(|page| page.counts() && page.state == state).count();
        Progress {
            n_items: done.len(),
            n_systems: self.content.systems.len(),
            n_pages_wanted: done.len() * wanted,
            n_pages_done: counting(PageState::Done),
            n_pages_open: counting(PageState::Open),
            items_by_raters_done,
            n_items_over: held.values().filter(|&&n| n > wanted).count(),
            raters: (0..self.raters.len()).map(|rater| self.rater_progress(rater)).collect(),
        }
    }

    fn rater_progress(&self, rater: usize) -> RaterProgress {
        let mine: Vec<&RatedPage> = self.pages.iter().filter(|page| page.rater == rater).collect();
        let main = |state| mine.iter().filter(|page| page.kind == PageKind::Main && page.state == state).count();
        let judged = mine.iter().filter(|page| page.counts()).flat_map(|page| &page.cards);
        let judgements = judged.flat_map(|card| Criterion::ALL.map(|criterion| card.judgement(criterion)));
        RaterProgress {
            id: self.raters[rater].0.clone(),
            name: self.raters[rater].1.clone(),
            n_done: main(PageState::Done),
            n_open: main(PageState::Open),
            n_abandoned: main(PageState::Abandoned),
            n_controls_done: mine
                .iter()
                .filter(|page| page.kind != PageKind::Main && page.state == PageState::Done)
                .count(),
            n_skipped: judgements.filter(|judgement| matches!(judgement, Judgement::Skipped { .. })).count(),
        }
    }
}

impl Store {
    /// Ids and names of the raters, by id.
    ///
    /// # Errors
    /// The file cannot be read.
    pub fn raters(&self) -> Result<Vec<(String, String)>, StudyError> {
        raters(&self.connection)
    }

    /// Counts without the judgements.
    ///
    /// # Errors
    /// The file cannot be read.
    pub fn counts(&self) -> Result<Counts, StudyError> {
        let count = |sql: &str| -> Result<u64, StudyError> {
            Ok(self.connection.prepare_cached(sql)?.query_row([], |row| row.get::<_, i64>(0))?.unsigned_abs())
        };
        Ok(Counts {
            n_items: count("SELECT COUNT(*) FROM item WHERE kind = 'main'")?,
            n_systems: count("SELECT COUNT(*) FROM system")?,
            n_pages_done: count(
                "SELECT COUNT(*) FROM page JOIN page_source ON page_id = page.id WHERE state = 'done' AND kind = 'main'",
            )?,
        })
    }

    /// Everything that was rated so far, as of one moment.
    ///
    /// # Errors
    /// The file cannot be read.
    pub fn ratings(&mut self) -> Result<Ratings, StudyError> {
        let design = self.design.clone();
        let transaction = self.connection.transaction()?;
        let (uid, design_hash): (String, Option<String>) =
            transaction.query_row("SELECT uid, design_hash FROM study", [], |row| Ok((row.get(0)?, row.get(1)?)))?;
        let (design_hash, raters) = (design_hash.unwrap_or_default(), raters(&transaction)?);
        let content = content::read(&transaction)?;
        let mut revisions: BTreeMap<String, Vec<(Revision, i64)>> = BTreeMap::new();
        for (revision, _, saved_ms) in desk::saved_at(&transaction)? {
            revisions.entry(revision.card.clone()).or_default().push((revision, saved_ms));
        }
        let mut notes: BTreeMap<String, Vec<(Noted, i64)>> = BTreeMap::new();
        for (noted, saved_ms) in desk::noted_at(&transaction)? {
            notes.entry(noted.card.clone()).or_default().push((noted, saved_ms));
        }
        let mut ratings = Ratings { uid, design_hash, design, content, raters, pages: Vec::new() };
        read_pages(&transaction, &mut ratings, &mut revisions, &mut notes)?;
        Ok(ratings)
    }
}

fn raters(connection: &rusqlite::Connection) -> Result<Vec<(String, String)>, StudyError> {
    let mut statement = connection.prepare("SELECT id, name FROM rater ORDER BY id")?;
    Ok(statement.query_map([], |row| Ok((row.get(0)?, row.get(1)?)))?.collect::<Result<_, _>>()?)
}

fn read_pages(
    connection: &rusqlite::Connection,
    ratings: &mut Ratings,
    revisions: &mut BTreeMap<String, Vec<(Revision, i64)>>,
    notes: &mut BTreeMap<String, Vec<(Noted, i64)>>,
) -> Result<(), StudyError> {
    let rater_index: BTreeMap<&str, usize> =
        ratings.raters.iter().enumerate().map(|(index, (id, _))| (id.as_str(), index)).collect();
    let select = "SELECT page.id, rater_id, page_source.item_id, kind, state, slot, page.position, taken_ms, closed_ms,
                         card.id, reply.number, CASE degraded WHEN 1 THEN card.text END
        FROM page JOIN page_source ON page_source.page_id = page.id JOIN card ON card.page_id = page.id
             JOIN card_source ON card_source.card_id = card.id JOIN reply ON reply.id = reply_id
        ORDER BY rater_id, page.position, page.id, card.position";
    let mut statement = connection.prepare(select)?;
    let mut rows = statement.query([])?;
    let unknown = |what: &str| StudyError::Tampered { what: format!("a page has an unknown {what}") };
    while let Some(row) = rows.next()? {
        let id: String = row.get(0)?;
        if ratings.pages.last().is_none_or(|page| page.id != id) {
            let (kind, state): (String, String) = (row.get(3)?, row.get(4)?);
            ratings.pages.push(RatedPage {
                id,
                rater: *rater_index.get(row.get::<_, String>(1)?.as_str()).ok_or_else(|| unknown("rater"))?,
                // Items are numbered from 1 in the order of the content.
                item: (row.get::<_, i64>(2)? - 1) as usize,
                kind: PageKind::from_name(&kind).ok_or_else(|| unknown("kind"))?,
                state: PageState::from_name(&state).ok_or_else(|| unknown("state"))?,
                slot: row.get(5)?,
                position: row.get(6)?,
                taken_ms: row.get(7)?,
                closed_ms: row.get(8)?,
                cards: Vec::new(),
            });
        }
        let card: String = row.get(9)?;
        let revisions = revisions.remove(&card).unwrap_or_default();
        let notes = notes.remove(&card).unwrap_or_default();
        let (reply, degraded) = (row.get::<_, i64>(10)? as usize, row.get(11)?);
        let card = RatedCard { id: card, reply, degraded, revisions, notes };
        ratings.pages.last_mut().expect("a page was pushed").cards.push(card);
    }
    Ok(())
}
