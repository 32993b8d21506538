//! Replies of systems, and training and gold items, from CSV or JSON lines.

use std::collections::{BTreeMap, HashMap};
use std::path::Path;

use crate::{
    StudyError,
    store::{Content, Expectation, Item, ItemKind, Reply},
};

use super::csv;
use super::record::{Record, records};

/// Where the parts of a reply stand in a file.
#[derive(Clone, Debug)]
pub struct RepliesFrom {
    /// The system of all replies of the file; else each row names it.
    pub system: Option<String>,
    /// Which of several replies to take from a line of `repartee generate`, from 0.
    pub nth: usize,
}

/// What controls are for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Controls {
    /// Practice with feedback.
    Training,
    /// Known answers among the items.
    Gold,
}

const CONTEXT: [&str; 3] = ["context", "utterance", "発話"];
const REPLY: [&str; 4] = ["reply", "response", "応答", "text"];
const SYSTEM: [&str; 2] = ["system", "model"];
const ID: [&str; 2] = ["id", "item"];

/// Adds the replies of a file to the items of the study and returns their number.
///
/// Rows belong to one item if they share the column `id`, or without such a column the context.
///
/// # Errors
/// [`StudyError::Cell`] names row, column and reason; the content is then to be thrown away.
pub fn add_replies(content: &mut Content, path: &Path, from: &RepliesFrom) -> Result<usize, StudyError> {
    add_replies_of(content, path, &csv::read(path)?, from)
}

/// As [`add_replies`], from bytes; `name` tells the format and stands in messages.
///
/// # Errors
/// As there.
pub fn add_replies_of(
    content: &mut Content,
    name: &Path,
    bytes: &[u8],
    from: &RepliesFrom,
) -> Result<usize, StudyError> {
    let optional: &[&[&'static str]] = if from.system.is_some() { &[&ID] } else { &[&ID, &SYSTEM] };
    let mut records = records(name, bytes, &[&CONTEXT, &REPLY], optional, from.nth)?;
    let mut index = Index::of(content);
    for record in &mut records {
        let system = match &from.system {
            Some(system) => system.as_str(),
            None => record.get("system").ok_or_else(|| {
                record.refuse("system", "is missing; add the column, or name the system with --system NAME=FILE")
            })?,
        };
        if system.chars().any(char::is_control) || system.chars().count() > 200 {
            return Err(record.refuse("system", "is no name: it has control characters or more than 200 letters"));
        }
        if !content.systems.iter().any(|known| known == system) {
            content.systems.push(system.to_owned());
        }
        let system = Some(system.to_owned());
        let reply = Reply { system, text: record.take("reply")?, expectation: Expectation::default() };
        add(content, &mut index, record, ItemKind::Main, reply)?;
    }
    Ok(records.len())
}

/// Adds training or gold items: columns as for replies, and `sensibleness`, `specificity` (expected, as `4` or `4..5`;
/// specificity may be 0) and `explanation`. Rows that share an id or a context are one item.
///
/// # Errors
/// As [`add_replies`].
pub fn add_controls(content: &mut Content, path: &Path, controls: Controls) -> Result<usize, StudyError> {
    add_controls_of(content, path, &csv::read(path)?, controls)
}

/// As [`add_controls`], from bytes; `name` tells the format and stands in messages.
///
/// # Errors
/// As there.
pub fn add_controls_of(
    content: &mut Content,
    name: &Path,
    bytes: &[u8],
    controls: Controls,
) -> Result<usize, StudyError> {
    let kind = match controls {
        Controls::Training => ItemKind::Training,
        Controls::Gold => ItemKind::Gold,
    };
    let optional: &[&[&'static str]] = &[&ID, &["sensibleness"], &["specificity"], &["explanation"]];
    let mut records = records(name, bytes, &[&CONTEXT, &REPLY], optional, 0)?;
    let mut index = Index::of(content);
    for record in &mut records {
        let range = |column| {
            record.get(column).map(|text| parse_range(text).map_err(|reason| record.refuse(column, reason))).transpose()
        };
        let expectation = Expectation {
            sensibleness: range("sensibleness")?,
            specificity: range("specificity")?,
            explanation: record.get("explanation").map(str::to_owned),
        };
        if !expectation.is_valid() {
            return Err(record.refuse("sensibleness", "the range is not within 1 to 5 (0 to 5 for specificity)"));
        }
        if expectation.sensibleness.is_none() && expectation.specificity.is_none() {
            return Err(record.refuse("sensibleness", "a control needs an expected score of at least one criterion"));
        }
        let text = record.take("reply")?;
        add(content, &mut index, record, kind, Reply { system: None, text, expectation })?;
    }
    Ok(records.len())
}

/// Where items stand in the content: looking through all of them for every row would take minutes for a large file.
struct Index {
    by_key: HashMap<String, usize>,
    /// The first item of a kind with a context.
    by_context: HashMap<(ItemKind, String), usize>,
    n_of_kind: BTreeMap<ItemKind, usize>,
}

impl Index {
    fn of(content: &Content) -> Self {
        let mut index = Self { by_key: HashMap::new(), by_context: HashMap::new(), n_of_kind: BTreeMap::new() };
        for (position, item) in content.items.iter().enumerate() {
            index.add(position, item);
        }
        index
    }

    fn add(&mut self, position: usize, item: &Item) {
        self.by_key.insert(item.key.clone(), position);
        self.by_context.entry((item.kind, item.context.clone())).or_insert(position);
        *self.n_of_kind.entry(item.kind).or_default() += 1;
    }
}

/// Puts a reply to its item.
fn add(
    content: &mut Content,
    index: &mut Index,
    record: &Record<'_>,
    kind: ItemKind,
    reply: Reply,
) -> Result<(), StudyError> {
    let context = record.filled("context")?;
    let id =
        record.get("id").map(|id| if kind == ItemKind::Main { id.to_owned() } else { format!("{}-{id}", kind.name()) });
    let known = match &id {
        Some(id) => index.by_key.get(id),
        None => index.by_context.get(&(kind, context.to_owned())),
    };
    if let Some(&position) = known {
        let item = &mut content.items[position];
        if item.context != context || item.kind != kind {
            return Err(record.refuse("context", format!("item `{}` has another context in an earlier row", item.key)));
        }
        if reply.system.is_some() && item.replies.iter().any(|known| known.system == reply.system) {
            let system = reply.system.unwrap_or_default();
            let reason =
                format!("`{system}` has a reply to this context already; tell the items apart by a column `id`");
            return Err(record.refuse("context", reason));
        }
        item.replies.push(reply);
        return Ok(());
    }
    let n = index.n_of_kind.get(&kind).copied().unwrap_or_default() + 1;
    let key = id.unwrap_or_else(|| if kind == ItemKind::Main { n.to_string() } else { format!("{}-{n}", kind.name()) });
    if index.by_key.contains_key(&key) {
        return Err(record.refuse("id", format!("`{key}` names another item; give every row an id, or none")));
    }
    let item = Item { key, kind, context: context.to_owned(), replies: vec![reply] };
    index.add(content.items.len(), &item);
    content.items.push(item);
    Ok(())
}

/// A range of scores: `4`, `4-5` or `4..5`.
pub(super) fn parse_range(text: &str) -> Result<(u8, u8), String> {
    let number = |text: &str| text.trim().parse::<u8>().ok().filter(|&score| score <= 5);
    let (least, most) = text.split_once("..").or_else(|| text.split_once('-')).unwrap_or((text, text));
    match (number(least), number(most)) {
        (Some(least), Some(most)) if least <= most => Ok((least, most)),
        _ => Err(format!("`{text}` is no score or range of scores; write 4 or 4..5")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn file(name: &str, text: &str) -> (tempfile::TempDir, std::path::PathBuf) {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join(name);
        std::fs::write(&path, text).unwrap();
        (folder, path)
    }

    fn replies(name: &str, text: &str, system: Option<&str>) -> Result<Content, String> {
        let (_folder, path) = file(name, text);
        let mut content = Content::default();
        let from = RepliesFrom { system: system.map(str::to_owned), nth: 0 };
        add_replies(&mut content, &path, &from).map_err(|error| error.to_string())?;
        Ok(content)
    }

    #[test]
    fn csv_jsonl_and_generated_lines_give_the_same_items() {
        let csv = replies("a.csv", "system,context,reply\nA,hi,x\nB,hi,y\nA,yo,z\nB,yo,\n", None).unwrap();
        assert_eq!(csv.systems, ["A", "B"]);
        assert_eq!(csv.items.len(), 2);
        assert_eq!(csv.items[1].key, "2");
        let jsonl = "{\"context\":\"hi\",\"model\":\"A\",\"response\":\"x\"}\n{\"context\":\"hi\",\"model\":\"B\",\"response\":\"y\"}\n\
                     {\"context\":\"yo\",\"model\":\"A\",\"response\":\"z\"}\n{\"context\":\"yo\",\"model\":\"B\",\"response\":\"\"}\n";
        assert_eq!(replies("a.jsonl", jsonl, None).unwrap(), csv);
        let generated =
            "{\"context\":\"hi\",\"replies\":[{\"text\":\"x\",\"sample\":0}],\"seed\":0,\"strategy\":\"greedy\"}\n";
        let content = replies("g.jsonl", generated, Some("A")).unwrap();
        assert_eq!(content.items[0].replies[0].text, "x");
    }

    #[test]
    fn malformed_rows_name_row_column_and_reason() {
        for (name, text, parts) in [
            ("a.csv", "system,context\nA,hi\n", ["row 1 has no column `reply`", "found: `system`, `context`"]),
            ("a.csv", "system,context,reply\nA,,x\n", ["row 2, column `context`", "empty"]),
            ("a.csv", "system,context,reply\nA,hi,x\nA,hi,y\n", ["row 3, column `context`", "column `id`"]),
            ("a.csv", "context,reply\nhi,x\n", ["row 2, column `system`", "--system"]),
            ("a.csv", "id,system,context,reply\n1,A,hi,x\n1,B,yo,y\n", ["row 3, column `context`", "another context"]),
            ("a.jsonl", "{\"context\":\"hi\",\"system\":\"A\"}\n", ["row 1, column `reply`", "no field"]),
            ("a.jsonl", "{\"context\":\"hi\"\n", ["row 1, column `character 15`", "EOF"]),
            (
                "a.jsonl",
                "{\"context\":[],\"system\":\"A\",\"reply\":\"x\"}\n",
                ["row 1, column `context`", "neither a text"],
            ),
            ("a.jsonl", "{\"context\":\"hi\",\"system\":\"A\",\"replies\":[]}\n", ["column `replies`", "no reply 0"]),
            ("a.csv", "system,context,reply\n", ["has no rows", ""]),
            ("a.txt", "x", [".csv nor in .jsonl", ""]),
        ] {
            let error = replies(name, text, None).unwrap_err();
            assert!(parts.iter().all(|part| error.contains(part)), "{error}");
            assert!(!error.contains('\n') && error.ends_with("nothing was imported"), "{error}");
        }
    }

    #[test]
    fn controls_have_ranges() {
        let text = "context,reply,sensibleness,specificity,explanation\nhi,hello,4-5,1..2,fine\nhi,zz gl,1,0,noise\n";
        let (_folder, path) = file("gold.csv", text);
        let mut content = Content::default();
        assert_eq!(add_controls(&mut content, &path, Controls::Gold).unwrap(), 2);
        assert_eq!(content.items.len(), 1);
        assert_eq!(content.items[0].key, "gold-1");
        assert_eq!(content.items[0].replies[1].expectation.specificity, Some((0, 0)));
        for bad in ["hi,x,6,,", "hi,x,0,,", "hi,x,a,,", "hi,x,5-4,,", "hi,x,,,"] {
            let (_folder, path) =
                file("gold.csv", &format!("context,reply,sensibleness,specificity,explanation\n{bad}\n"));
            let error = add_controls(&mut content, &path, Controls::Gold).unwrap_err().to_string();
            assert!(error.contains("row 2, column `sensibleness`"), "{error}");
        }
    }
}
