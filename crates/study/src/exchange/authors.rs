//! The layout of the authors' score sheets: one CSV for each system, all with the same rows, columns `ID`, utterance,
//! response, `Sensibleness`, `Specificity`; an annotator fills in the last two.
//!
//! Deviation: the authors' script takes an empty cell for 0 under both criteria. Here an empty cell is "not rated", 0 is
//! "too noisy" under specificity, and 0 under sensibleness is refused. The report's paper mode counts as they do.

use std::path::{Path, PathBuf};

use crate::{
    Criterion, Judgement, StudyError,
    store::{Content, Expectation, Item, ItemKind, Reply},
};

use super::csv::{self, Table};

/// One sheet.
#[derive(Clone, Debug)]
pub struct Sheet {
    /// The system whose replies it has.
    pub system: String,
    /// The file.
    pub path: PathBuf,
}

struct SheetRow {
    row: u64,
    id: String,
    context: String,
    reply: String,
    scores: [String; 2],
}

fn read(path: &Path, bytes: &[u8]) -> Result<Vec<SheetRow>, StudyError> {
    let table = Table::parse(path, bytes)?;
    let columns = [
        table.column(path, &["ID"])?,
        table.column(path, &["発話", "utterance", "context"])?,
        table.column(path, &["応答", "response", "reply"])?,
        table.column(path, &["Sensibleness"])?,
        table.column(path, &["Specificity"])?,
    ];
    let row = |(row, cells): (u64, Vec<String>)| {
        let [id, context, reply, sensibleness, specificity] = columns.map(|column| cells[column].trim().to_owned());
        SheetRow { row, id, context, reply, scores: [sensibleness, specificity] }
    };
    Ok(table.rows.into_iter().map(row).collect())
}

/// Adds the replies of the sheets to a study. Scores are left alone.
///
/// # Errors
/// [`StudyError::Cell`] if the sheets do not have the same items.
pub fn replies_of_sheets(content: &mut Content, sheets: &[Sheet]) -> Result<usize, StudyError> {
    sheets.iter().map(|sheet| replies_of_sheet(content, sheet, &csv::read(&sheet.path)?)).sum()
}

/// As [`replies_of_sheets`], from the bytes of one sheet.
///
/// # Errors
/// As there.
pub fn replies_of_sheet(content: &mut Content, sheet: &Sheet, bytes: &[u8]) -> Result<usize, StudyError> {
    if content.systems.contains(&sheet.system) {
        let reason = format!("the study has replies of `{}` already", sheet.system);
        return Err(StudyError::ImportFile { path: sheet.path.clone(), reason });
    }
    content.systems.push(sheet.system.clone());
    let rows = read(&sheet.path, bytes)?;
    let n_replies = rows.len();
    for SheetRow { row, id, context, reply, .. } in rows {
        let refuse = |column: &str, reason: &str| {
            let (path, column) = (sheet.path.clone(), column.to_owned());
            Err(StudyError::Cell { path, row, column, reason: reason.to_owned() })
        };
        if id.is_empty() || context.is_empty() {
            return refuse("ID", "ID or utterance are empty");
        }
        let system = Some(sheet.system.clone());
        let reply = Reply { system, text: reply, expectation: Expectation::default() };
        match content.items.iter_mut().find(|item| item.key == id) {
            Some(item) if item.context != context => {
                return refuse("ID", "another sheet has another utterance there");
            }
            Some(item) if item.replies.iter().any(|known| known.system == reply.system) => {
                return refuse("ID", "the ID stands in two rows");
            }
            Some(item) => item.replies.push(reply),
            None => content.items.push(Item { key: id, kind: ItemKind::Main, context, replies: vec![reply] }),
        }
    }
    Ok(n_replies)
}

/// What one annotator says of an item: number of the reply and both judgements, in the order of the sheets.
pub type SheetItem = (String, Vec<(usize, [Judgement; 2])>);

/// The scores of one annotator's sheets, by item.
///
/// # Errors
/// [`StudyError::Cell`] if a score is not on its scale or a row is not of this study.
pub fn ratings_of_sheets(content: &Content, sheets: &[Sheet]) -> Result<Vec<SheetItem>, StudyError> {
    let mut items: Vec<SheetItem> = Vec::new();
    for sheet in sheets {
        for SheetRow { row, id, reply, scores, .. } in read(&sheet.path, &csv::read(&sheet.path)?)? {
            let refuse = |column: &str, reason: String| {
                let (path, column) = (sheet.path.clone(), column.to_owned());
                StudyError::Cell { path, row, column, reason }
            };
            let number =
                content.items.iter().find(|item| item.key == id && item.kind == ItemKind::Main).and_then(|item| {
                    item.replies
                        .iter()
                        .position(|known| known.system.as_ref() == Some(&sheet.system) && known.text == reply)
                });
            let number = number.ok_or_else(|| {
                refuse("ID", format!("the study has no such reply of `{}` to item `{id}`", sheet.system))
            })?;
            let judgements = judge(&scores).map_err(|(criterion, reason)| refuse(criterion, reason))?;
            match items.iter_mut().find(|(key, _)| *key == id) {
                Some((_, replies)) => replies.push((number, judgements)),
                None => items.push((id, vec![(number, judgements)])),
            }
        }
    }
    Ok(items)
}

fn judge(scores: &[String; 2]) -> Result<[Judgement; 2], (&'static str, String)> {
    let mut judgements = [Judgement::Unrated, Judgement::Unrated];
    for ((criterion, text), judgement) in Criterion::ALL.into_iter().zip(scores).zip(&mut judgements) {
        if text.is_empty() {
            continue;
        }
        let column = ["Sensibleness", "Specificity"][usize::from(criterion == Criterion::Specificity)];
        let digit = text.strip_suffix(".0").unwrap_or(text).parse().map_err(|_| {
            (column, format!("`{text}` is no whole score; give 1 to 5, or leave it empty if it was not rated"))
        })?;
        *judgement = Judgement::from_digit(criterion, digit).map_err(|error| (column, error.to_string()))?;
    }
    Ok(judgements)
}
