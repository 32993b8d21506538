//! Rows of the long format back to a study.

use std::collections::BTreeMap;
use std::path::Path;
use std::str::FromStr;

use crate::{
    Criterion, Design, Judgement, StudyError,
    store::{
        Content, Expectation, Item, ItemKind, Note, Noted, PageKind, PageState, RatedCard, RatedPage, Ratings, Reply,
        Revision,
    },
};

use super::super::replies::parse_range;
use super::{COLUMNS, NOTES};

/// A row; an empty cell is an empty text.
pub(super) struct Cells<'a> {
    pub(super) path: &'a Path,
    pub(super) row: u64,
    pub(super) cells: Vec<String>,
}

impl Cells<'_> {
    fn text(&self, column: &str) -> &str {
        let index = COLUMNS.iter().position(|(name, _)| *name == column).expect("the column is one of the format");
        &self.cells[index]
    }

    fn some(&self, column: &str) -> Option<String> {
        Some(self.text(column)).filter(|text| !text.is_empty()).map(str::to_owned)
    }

    fn refuse(&self, column: &str, reason: impl Into<String>) -> StudyError {
        let (path, column) = (self.path.to_path_buf(), column.to_owned());
        StudyError::Cell { path, row: self.row, column, reason: reason.into() }
    }

    fn needed(&self, column: &str) -> Result<String, StudyError> {
        self.some(column).ok_or_else(|| self.refuse(column, "the cell is empty"))
    }

    fn number<N: FromStr>(&self, column: &str) -> Result<N, StudyError> {
        let text = self.text(column);
        text.parse().map_err(|_| self.refuse(column, format!("`{text}` is not a number of this column")))
    }

    fn optional<N: FromStr>(&self, column: &str) -> Result<Option<N>, StudyError> {
        if self.text(column).is_empty() { Ok(None) } else { self.number(column).map(Some) }
    }

    /// Whether the row is the next one after `n_before` of its kind.
    fn check_number(&self, n_before: usize) -> Result<(), StudyError> {
        if self.number::<usize>("revision_number")? == n_before + 1 {
            return Ok(());
        }
        Err(self.refuse("revision_number", format!("it should be {}; keep the rows in order", n_before + 1)))
    }

    fn known<T>(&self, column: &str, find: impl Fn(&str) -> Option<T>) -> Result<T, StudyError> {
        let text = self.text(column);
        find(text).ok_or_else(|| self.refuse(column, format!("`{text}` is not known here")))
    }
}

/// A flag or comment of a card.
fn add_note(card: &mut RatedCard, row: &Cells<'_>) -> Result<(), StudyError> {
    let text = row.text("comment").to_owned();
    let note = match (row.text("criterion"), row.text("state")) {
        ("flag", "flagged") => Note::Flag { flagged: true },
        ("flag", "unflagged") => Note::Flag { flagged: false },
        ("comment", "uncommented") if text.is_empty() => Note::Comment { text },
        ("comment", "commented") if !text.is_empty() => Note::Comment { text },
        (criterion, state) => return Err(row.refuse("state", format!("`{state}` does not fit a {criterion}"))),
    };
    row.check_number(card.notes.iter().filter(|(noted, _)| noted.note.kind() == note.kind()).count())?;
    let noted = Noted { id: row.needed("revision")?, card: card.id.clone(), note, active_ms: row.number("active_ms")? };
    card.notes.push((noted, row.number("saved_ms")?));
    Ok(())
}

/// Everything gathered from rows so far.
struct Gathered {
    ratings: Ratings,
    systems: BTreeMap<usize, String>,
    items: BTreeMap<String, usize>,
    raters: BTreeMap<String, String>,
    /// Pages by id with their rater's id; cards by position.
    pages: BTreeMap<String, (String, RatedPage, BTreeMap<usize, RatedCard>)>,
}

/// The study of these rows.
pub(super) fn ratings<'a>(design: Design, rows: impl Iterator<Item = Cells<'a>>) -> Result<Ratings, StudyError> {
    let empty = Ratings {
        uid: String::new(),
        design_hash: String::new(),
        design,
        content: Content::default(),
        raters: Vec::new(),
        pages: Vec::new(),
    };
    let mut gathered = Gathered {
        ratings: empty,
        systems: BTreeMap::new(),
        items: BTreeMap::new(),
        raters: BTreeMap::new(),
        pages: BTreeMap::new(),
    };
    for row in rows {
        gathered.add(&row)?;
    }
    gathered.finish()
}

impl Gathered {
    fn add(&mut self, row: &Cells<'_>) -> Result<(), StudyError> {
        let ratings = &mut self.ratings;
        let uid = row.needed("study")?;
        if !ratings.uid.is_empty() && (ratings.uid != uid || ratings.design_hash != row.text("design_hash")) {
            return Err(row.refuse("study", "the row is of another study than the first"));
        }
        ratings.uid = uid;
        ratings.design_hash = row.text("design_hash").to_owned();
        let item = self.item(row)?;
        let reply: usize = row.number("reply_number")?;
        self.reply(row, item, reply)?;
        if row.text("page").is_empty() {
            return Ok(());
        }
        let card = self.card(row, item, reply)?;
        if NOTES.contains(&row.text("criterion")) {
            return add_note(card, row);
        }
        let criterion = row.known("criterion", Criterion::from_name)?;
        let judgement =
            Judgement::from_columns(row.text("state"), row.optional("score")?, row.some("reason").as_deref())
                .map_err(|reason| row.refuse("state", reason))?;
        judgement.check(criterion).map_err(|error| row.refuse("score", error.to_string()))?;
        let Some(id) = row.some("revision") else {
            return match judgement {
                Judgement::Unrated => Ok(()),
                _ => Err(row.refuse("revision", "the cell is empty, though there is a judgement")),
            };
        };
        let n_before = card.revisions.iter().filter(|(revision, _)| revision.criterion == criterion).count();
        row.check_number(n_before)?;
        let revision =
            Revision { id, card: card.id.clone(), criterion, judgement, active_ms: row.number("active_ms")? };
        card.revisions.push((revision, row.number("saved_ms")?));
        Ok(())
    }

    fn item(&mut self, row: &Cells<'_>) -> Result<usize, StudyError> {
        let key = row.needed("item")?;
        let kind = row.known("item_kind", ItemKind::from_name)?;
        let items = &mut self.ratings.content.items;
        let index = *self.items.entry(key.clone()).or_insert_with(|| {
            items.push(Item { key, kind, context: row.text("context").to_owned(), replies: Vec::new() });
            items.len() - 1
        });
        if items[index].context != row.text("context") || items[index].kind != kind {
            return Err(row.refuse("context", "the same item has another context or kind in an earlier row"));
        }
        Ok(index)
    }

    fn reply(&mut self, row: &Cells<'_>, item: usize, number: usize) -> Result<(), StudyError> {
        let range = |column| {
            row.some(column).map(|text| parse_range(&text).map_err(|reason| row.refuse(column, reason))).transpose()
        };
        let expectation = Expectation {
            sensibleness: range("sensibleness_expected")?,
            specificity: range("specificity_expected")?,
            explanation: row.some("explanation"),
        };
        let reply = Reply { system: row.some("system"), text: row.text("reply").to_owned(), expectation };
        if let Some(system) = &reply.system {
            let known = self.systems.entry(row.number("system_number")?).or_insert_with(|| system.clone());
            if known != system {
                return Err(row.refuse("system", format!("its number stands for `{known}` in an earlier row")));
            }
        }
        let replies = &mut self.ratings.content.items[item].replies;
        match replies.get(number) {
            Some(known) if *known == reply => Ok(()),
            Some(_) => Err(row.refuse("reply", "the same reply is another one in an earlier row")),
            None if number == replies.len() => {
                replies.push(reply);
                Ok(())
            }
            None => Err(row.refuse("reply_number", format!("number {} is missing before it", replies.len()))),
        }
    }

    fn card(&mut self, row: &Cells<'_>, item: usize, reply: usize) -> Result<&mut RatedCard, StudyError> {
        let rater = row.needed("rater")?;
        let name = row.some("rater_name").unwrap_or_else(|| rater.clone());
        self.raters.insert(rater.clone(), name);
        let page = RatedPage {
            id: row.needed("page")?,
            rater: 0,
            item,
            kind: row.known("page_kind", PageKind::from_name)?,
            state: row.known("page_state", PageState::from_name)?,
            slot: row.number("page_slot")?,
            position: row.number("page_position")?,
            taken_ms: row.number("taken_ms")?,
            closed_ms: row.optional("closed_ms")?,
            cards: Vec::new(),
        };
        let (known_rater, known, cards) =
            self.pages.entry(page.id.clone()).or_insert_with(|| (rater.clone(), page.clone(), BTreeMap::new()));
        if *known != page || *known_rater != rater {
            return Err(row.refuse("page", "the same page is another one in an earlier row"));
        }
        let id = row.needed("card")?;
        let degraded = (row.text("degraded") == "1").then(|| row.text("reply_shown").to_owned());
        let card = cards.entry(row.number("card_position")?).or_insert_with(|| RatedCard {
            id: id.clone(),
            reply,
            degraded: degraded.clone(),
            revisions: Vec::new(),
            notes: Vec::new(),
        });
        if card.id != id || card.reply != reply || card.degraded != degraded {
            return Err(row.refuse("card", "the same card is another one in an earlier row"));
        }
        Ok(card)
    }

    fn finish(mut self) -> Result<Ratings, StudyError> {
        let refuse = |reason: &str| Err(StudyError::Reimport { reason: reason.to_owned() });
        if self.ratings.uid.is_empty() {
            return refuse("it has no rows");
        }
        if self.systems.keys().copied().ne(0..self.systems.len()) {
            return refuse("a system is missing");
        }
        self.ratings.content.systems = self.systems.into_values().collect();
        self.ratings.raters = self.raters.into_iter().collect();
        for (rater, mut page, cards) in self.pages.into_values() {
            if cards.keys().copied().ne(0..cards.len()) {
                return refuse(&format!("a card of page `{}` is missing", page.id));
            }
            page.rater = self.ratings.raters.iter().position(|(id, _)| *id == rater).expect("it was gathered");
            page.cards = cards.into_values().collect();
            self.ratings.pages.push(page);
        }
        // Revisions of a card are listed by criterion; in time they may have alternated.
        for card in self.ratings.pages.iter_mut().flat_map(|page| &mut page.cards) {
            card.revisions.sort_by_key(|(_, saved_ms)| *saved_ms);
            card.notes.sort_by_key(|(_, saved_ms)| *saved_ms);
        }
        self.ratings.pages.sort_by(|a, b| (a.rater, a.position, &a.id).cmp(&(b.rater, b.position, &b.id)));
        Ok(self.ratings)
    }
}
