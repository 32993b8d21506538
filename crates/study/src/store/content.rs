//! The content of a study: systems, items and their replies, until the freeze; and its hash.

use std::collections::{BTreeMap, BTreeSet};

use rusqlite::{Connection, params};
use serde::{Deserialize, Serialize};

use crate::{Design, Points, StudyError};

use super::{Event, Store, design_json, log};

/// What an item is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ItemKind {
    /// To be rated: one reply of each system.
    Main,
    /// To practise on, with feedback; its replies belong to no system.
    Training,
    /// To control raters with known answers; its replies belong to no system.
    Gold,
}

impl ItemKind {
    /// Its name in files and tables.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Main => "main",
            Self::Training => "training",
            Self::Gold => "gold",
        }
    }

    /// The kind of that name.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        [Self::Main, Self::Training, Self::Gold].into_iter().find(|kind| kind.name() == name)
    }
}

/// What a careful rater says of a reply: points from the first to the second of a pair, 0 for too noisy.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Expectation {
    /// Least and most points of sensibleness.
    pub sensibleness: Option<(u8, u8)>,
    /// Least and most points of specificity, where 0 is too noisy.
    pub specificity: Option<(u8, u8)>,
    /// Why, for the feedback in training.
    pub explanation: Option<String>,
}

impl Expectation {
    /// Whether the ranges are on the scale.
    #[must_use]
    pub fn is_valid(&self) -> bool {
        let within = |range: Option<(u8, u8)>, lowest: u8| {
            range.is_none_or(|(least, most)| lowest <= least && least <= most && most <= Points::MAX)
        };
        within(self.sensibleness, Points::MIN) && within(self.specificity, 0)
    }
}

/// A reply.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Reply {
    /// The system that gave it; none for training and gold.
    pub system: Option<String>,
    /// Its text.
    pub text: String,
    /// What a careful rater says; only for training and gold.
    pub expectation: Expectation,
}

/// A context with its replies.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Item {
    /// Names it in exports.
    pub key: String,
    /// What it is for.
    pub kind: ItemKind,
    /// The utterance that was replied to.
    pub context: String,
    /// Its replies; numbered in this order, from 0.
    pub replies: Vec<Reply>,
}

/// All systems and items, in the order of import.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Content {
    /// Names of the systems.
    pub systems: Vec<String>,
    /// The items.
    pub items: Vec<Item>,
}

impl Content {
    /// What a freeze needs: at least one main item, each with one reply of each system, and the systems that the
    /// design names.
    pub(crate) fn check_complete(&self, design: &Design) -> Result<(), StudyError> {
        let incomplete = |problem: String| Err(StudyError::Incomplete { problem });
        for named in design.baseline.iter().chain(&design.reference) {
            if !self.systems.contains(named) {
                let there = self.systems.join("`, `");
                return incomplete(format!("the design names the system `{named}`, the replies are of `{there}`"));
            }
        }
        let main: Vec<&Item> = self.items.iter().filter(|item| item.kind == ItemKind::Main).collect();
        if main.is_empty() {
            return incomplete("it has no items; import replies first".to_owned());
        }
        for item in main {
            let of: BTreeSet<&str> = item.replies.iter().filter_map(|reply| reply.system.as_deref()).collect();
            if let Some(system) = self.systems.iter().find(|system| !of.contains(system.as_str())) {
                return incomplete(format!("item `{}` has no reply of `{system}`; import it", item.key));
            }
        }
        Ok(())
    }

    /// Replies that contain the name of a system of 4 letters or more, which tells raters what they must not know: the
    /// item's key, whose reply it is, and the name in it. At most `limit`.
    #[must_use]
    pub fn telling_replies(&self, limit: usize) -> Vec<(&str, &str, &str)> {
        let names: Vec<(&str, String)> = self
            .systems
            .iter()
            .filter(|name| name.chars().count() >= 4)
            .map(|name| (name.as_str(), name.to_lowercase()))
            .collect();
        let replies = self.items.iter().flat_map(|item| item.replies.iter().map(|reply| (item.key.as_str(), reply)));
        let telling = replies.filter_map(|(item, reply)| {
            let text = reply.text.to_lowercase();
            let (name, _) = names.iter().find(|(_, lower)| text.contains(lower.as_str()))?;
            Some((item, reply.system.as_deref().unwrap_or_default(), *name))
        });
        telling.take(limit).collect()
    }

    /// BLAKE3 over the canonical JSON of design and content, in hexadecimal.
    pub(crate) fn hash(&self, design: &Design) -> String {
        let content = serde_json::to_string(self).expect("content is plain data");
        let mut hasher = blake3::Hasher::new_derive_key("repartee study design v1");
        let design = design_json(design);
        hasher.update(&(design.len() as u64).to_le_bytes()).update(design.as_bytes()).update(content.as_bytes());
        hasher.finalize().to_hex().to_string()
    }
}

/// SQLite's page cache of a connection, by default and during an import.
const CACHE_KIB: i32 = 2_000;
const IMPORT_CACHE_KIB: i32 = 131_072;

impl Store {
    /// The content as it is.
    ///
    /// # Errors
    /// The file cannot be read.
    pub fn content(&self) -> Result<Content, StudyError> {
        read(&self.connection)
    }

    /// Adds to the content what `change` adds to it: all or nothing.
    ///
    /// # Errors
    /// [`StudyError::Frozen`], or what `change` refuses.
    pub fn extend(
        &mut self,
        change: impl FnOnce(&mut Content) -> Result<(), StudyError>,
    ) -> Result<Content, StudyError> {
        // A large import should stay in memory until its commit: pages that do not fit are written twice.
        self.connection.pragma_update(None, "cache_size", -IMPORT_CACHE_KIB)?;
        let result = self.extend_at_once(change);
        self.connection.pragma_update(None, "cache_size", -CACHE_KIB)?;
        result
    }

    fn extend_at_once(
        &mut self,
        change: impl FnOnce(&mut Content) -> Result<(), StudyError>,
    ) -> Result<Content, StudyError> {
        self.write(|transaction| {
            let frozen: Option<String> =
                transaction.query_row("SELECT design_hash FROM study", [], |row| row.get(0))?;
            if frozen.is_some() {
                return Err(StudyError::Frozen);
            }
            let mut content = read(transaction)?;
            change(&mut content)?;
            // Written anew: what is not frozen has no identity yet that could be lost.
            transaction.execute_batch("DELETE FROM reply; DELETE FROM item; DELETE FROM system;")?;
            write(transaction, &content)?;
            Ok(content)
        })
    }

    /// Fixes design and content and returns their hash. Freezing again changes nothing.
    ///
    /// # Errors
    /// [`StudyError::Incomplete`] if something is missing.
    pub fn freeze(&mut self, now_ms: i64) -> Result<String, StudyError> {
        let design = self.design.clone();
        self.write(|transaction| {
            let frozen: Option<String> =
                transaction.query_row("SELECT design_hash FROM study", [], |row| row.get(0))?;
            if let Some(hash) = frozen {
                return Ok(hash);
            }
            let content = read(transaction)?;
            content.check_complete(&design)?;
            let hash = content.hash(&design);
            transaction.execute("UPDATE study SET design_hash = ?1", [&hash])?;
            log::append(transaction, now_ms, &Event::Frozen { design_hash: hash.clone() })?;
            Ok(hash)
        })
    }
}

/// Writes content into empty tables.
pub(super) fn write(connection: &Connection, content: &Content) -> Result<(), StudyError> {
    let mut insert_system = connection.prepare("INSERT INTO system (id, name) VALUES (?1, ?2)")?;
    for (name, id) in content.systems.iter().zip(1..) {
        insert_system.execute(params![id, name])?;
    }
    let mut insert_item = connection.prepare("INSERT INTO item (id, key, kind, context) VALUES (?1, ?2, ?3, ?4)")?;
    let mut insert_reply = connection.prepare(
        "INSERT INTO reply (item_id, number, system_id, text, sensibleness_least, sensibleness_most,
                            specificity_least, specificity_most, explanation)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)",
    )?;
    let ids: BTreeMap<&str, i64> = content.systems.iter().map(String::as_str).zip(1..).collect();
    for (item, id) in content.items.iter().zip(1..) {
        insert_item.execute(params![id, item.key, item.kind.name(), item.context])?;
        for (reply, number) in item.replies.iter().zip(0..) {
            let Expectation { sensibleness, specificity, explanation } = &reply.expectation;
            insert_reply.execute(params![
                id,
                number,
                reply.system.as_deref().and_then(|system| ids.get(system)),
                reply.text,
                sensibleness.map(|range| range.0),
                sensibleness.map(|range| range.1),
                specificity.map(|range| range.0),
                specificity.map(|range| range.1),
                explanation,
            ])?;
        }
    }
    Ok(())
}

/// The expectation in five columns from `first` on.
pub(super) fn expectation(row: &rusqlite::Row<'_>, first: usize) -> rusqlite::Result<Expectation> {
    let range = |least: usize| -> rusqlite::Result<Option<(u8, u8)>> {
        let (least, most): (Option<u8>, Option<u8>) = (row.get(least)?, row.get(least + 1)?);
        Ok(least.zip(most))
    };
    Ok(Expectation { sensibleness: range(first)?, specificity: range(first + 2)?, explanation: row.get(first + 4)? })
}

pub(super) fn read(connection: &Connection) -> Result<Content, StudyError> {
    let mut statement = connection.prepare("SELECT name FROM system ORDER BY id")?;
    let systems = statement.query_map([], |row| row.get(0))?.collect::<Result<_, _>>()?;
    let mut statement = connection.prepare(
        "SELECT item.id, key, kind, context, system.name, text, sensibleness_least, sensibleness_most,
                specificity_least, specificity_most, explanation
         FROM item LEFT JOIN reply ON reply.item_id = item.id LEFT JOIN system ON system.id = reply.system_id
         ORDER BY item.id, number",
    )?;
    let mut items: Vec<Item> = Vec::new();
    let mut last_id = None;
    let mut rows = statement.query([])?;
    while let Some(row) = rows.next()? {
        let id: i64 = row.get(0)?;
        if last_id != Some(id) {
            last_id = Some(id);
            let kind: String = row.get(2)?;
            let kind = ItemKind::from_name(&kind)
                .ok_or_else(|| StudyError::Tampered { what: format!("an item has the kind `{kind}`") })?;
            items.push(Item { key: row.get(1)?, kind, context: row.get(3)?, replies: Vec::new() });
        }
        if let (Some(item), Some(text)) = (items.last_mut(), row.get::<_, Option<String>>(5)?) {
            item.replies.push(Reply { system: row.get(4)?, text, expectation: expectation(row, 6)? });
        }
    }
    Ok(Content { systems, items })
}
