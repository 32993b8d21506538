//! Where a rater stands: own pages with what is missing on them, and how much is left.

use std::collections::BTreeMap;

use rusqlite::{OptionalExtension as _, params};

use crate::StudyError;

use super::{Desk, PageState, Store};

/// A page in the list of its rater.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PageOverview {
    /// Names the page.
    pub id: String,
    /// Its number in this rater's sequence, from 1.
    pub number: u32,
    /// Whether it is practice.
    pub training: bool,
    /// Whether it is finished.
    pub done: bool,
    /// The beginning of its context.
    pub excerpt: String,
    /// Judgements that are missing.
    pub n_unrated: u32,
    /// Judgements that were skipped.
    pub n_skipped: u32,
    /// Cards that are flagged.
    pub n_flagged: u32,
}

/// How far a rater is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Standing {
    /// Pages finished.
    pub n_done: u64,
    /// Pages begun and not handed on, the finished ones included.
    pub n_begun: u64,
    /// Pages that there are for this rater now, the open ones included; controls to come are not counted.
    pub n_left: u64,
}

impl Desk {
    /// All pages of this rater in order, with whether each is done: to go back, and to jump to what is unrated.
    ///
    /// # Errors
    /// The file cannot be read.
    pub fn pages(&self) -> Result<Vec<(String, bool)>, StudyError> {
        let pages = "SELECT id, state FROM page WHERE rater_id = ?1 AND state <> 'abandoned' ORDER BY position, id";
        let mut statement = self.connection.prepare_cached(pages)?;
        let read = |row: &rusqlite::Row<'_>| Ok((row.get(0)?, row.get::<_, String>(1)? == PageState::Done.name()));
        Ok(statement.query_map([&self.rater], read)?.collect::<Result<_, _>>()?)
    }

    /// The same pages with what is missing, skipped and flagged on each.
    ///
    /// # Errors
    /// The file cannot be read.
    pub fn overview(&self) -> Result<Vec<PageOverview>, StudyError> {
        let pages = "SELECT page.id, page.position, training, state, substr(context, 1, 80), COUNT(card.id)
            FROM page LEFT JOIN card ON card.page_id = page.id
            WHERE rater_id = ?1 AND state <> 'abandoned' GROUP BY page.id ORDER BY page.position, page.id";
        let mut statement = self.connection.prepare_cached(pages)?;
        let read = |row: &rusqlite::Row<'_>| {
            Ok(PageOverview {
                id: row.get(0)?,
                number: row.get::<_, u32>(1)? + 1,
                training: row.get(2)?,
                done: row.get::<_, String>(3)? == PageState::Done.name(),
                excerpt: row.get(4)?,
                n_unrated: 2 * row.get::<_, u32>(5)?,
                n_skipped: 0,
                n_flagged: 0,
            })
        };
        let mut pages: Vec<PageOverview> = statement.query_map([&self.rater], read)?.collect::<Result<_, _>>()?;
        // MAX makes SQLite take the other columns from the row with the highest number, which is the latest.
        let judged = self.by_page(
            "SELECT page.id, revision.state, MAX(revision.seq) FROM page JOIN card ON card.page_id = page.id
             JOIN revision ON card_id = card.id WHERE rater_id = ?1 GROUP BY card.id, criterion",
        )?;
        let flagged = self.by_page(
            "SELECT page.id, CASE flagged WHEN 1 THEN 'flagged' ELSE '' END, MAX(note.seq)
             FROM page JOIN card ON card.page_id = page.id
             JOIN note ON card_id = card.id WHERE rater_id = ?1 AND kind = 'flag' GROUP BY card.id",
        )?;
        let count = |counts: &Counts, page: &str, state: &str| {
            counts.get(&(page.to_owned(), state.to_owned())).copied().unwrap_or_default()
        };
        for page in &mut pages {
            page.n_skipped = count(&judged, &page.id, "skipped");
            let n_judged = page.n_skipped + count(&judged, &page.id, "points") + count(&judged, &page.id, "too-noisy");
            page.n_unrated = page.n_unrated.saturating_sub(n_judged);
            page.n_flagged = count(&flagged, &page.id, "flagged");
        }
        Ok(pages)
    }

    /// How often each state stands on each page.
    fn by_page(&self, select: &str) -> Result<Counts, StudyError> {
        let mut counts = Counts::new();
        let mut statement = self.connection.prepare_cached(select)?;
        let mut rows = statement.query([&self.rater])?;
        while let Some(row) = rows.next()? {
            *counts.entry((row.get(0)?, row.get(1)?)).or_default() += 1;
        }
        Ok(counts)
    }
}

type Counts = BTreeMap<(String, String), u32>;

impl Store {
    /// How far a rater is. What is left depends on the other raters, too.
    ///
    /// # Errors
    /// The file cannot be read.
    pub fn standing(&self, rater: &str) -> Result<Standing, StudyError> {
        let count = |sql: &str, parameters: &[&dyn rusqlite::ToSql]| -> Result<u64, StudyError> {
            let n: Option<i64> =
                self.connection.prepare_cached(sql)?.query_row(parameters, |row| row.get(0)).optional()?;
            Ok(n.unwrap_or_default().unsigned_abs())
        };
        let n_done = count("SELECT COUNT(*) FROM page WHERE rater_id = ?1 AND state = 'done'", params![rater])?;
        let n_open = count("SELECT COUNT(*) FROM page WHERE rater_id = ?1 AND state = 'open'", params![rater])?;
        let n_untrained = count(
            "SELECT COUNT(*) FROM item WHERE kind = 'training' AND NOT EXISTS (
                SELECT 1 FROM page_source JOIN page ON page.id = page_id WHERE item_id = item.id AND rater_id = ?1)",
            params![rater],
        )?;
        let n_free = count(
            "SELECT COUNT(*) FROM item WHERE kind = 'main'
             AND NOT EXISTS (
                SELECT 1 FROM page_source AS source JOIN page ON page.id = source.page_id
                WHERE source.item_id = item.id AND source.kind = 'main' AND page.rater_id = ?1)
             AND (SELECT COUNT(*) FROM page_source AS source JOIN page ON page.id = source.page_id
                  WHERE source.item_id = item.id AND source.kind = 'main' AND page.state <> 'abandoned') < ?2",
            params![rater, self.design.raters_per_item],
        )?;
        Ok(Standing { n_done, n_begun: n_done + n_open, n_left: n_open + n_untrained + n_free })
    }
}
