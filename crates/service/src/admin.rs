//! What administrators ask.

use std::path::{Path, PathBuf};

use repartee_study::{
    Content, ItemKind, Store, StudyError,
    exchange::{Controls, RepliesFrom, Sheet, add_controls_of, add_replies_of, replies_of_sheet},
    report::{ReportOptions, rater_reports},
};
use repartee_wire::admin::{
    Design, Frozen, Holds, Imported, Invite, Note, Study, StudySummary, TellingReply, Upload, Verified,
};

use crate::convert;

/// The design of a new study, with the defaults filled in.
#[must_use]
pub fn design(new: Design) -> repartee_study::Design {
    convert::designed(new)
}

/// The name of a new study's file: the study's own as far as every system of files takes it, and some of its id.
///
/// # Errors
/// There are no random numbers.
pub fn file_name(name: &str) -> Result<String, StudyError> {
    let words = name.to_lowercase();
    let mut stem: String =
        words.chars().map(|letter| if letter.is_ascii_alphanumeric() { letter } else { '-' }).collect();
    while stem.contains("--") {
        stem = stem.replace("--", "-");
    }
    let stem = stem.trim_matches('-');
    let id = repartee_study::new_id()?;
    let stem = if stem.is_empty() { "study" } else { &stem[..stem.len().min(40)] };
    Ok(format!("{stem}-{}.sqlite", &id[..8]))
}

/// A study in a list; `file` is the name of its file.
///
/// # Errors
/// The file cannot be read.
pub fn summary(store: &Store, file: &str) -> Result<StudySummary, StudyError> {
    let (counts, design) = (store.counts()?, store.design().clone());
    Ok(StudySummary {
        id: store.uid()?,
        file: file.to_owned(),
        design_hash: store.design_hash()?,
        n_items: counts.n_items,
        n_systems: counts.n_systems,
        n_pages_wanted: counts.n_items * u64::from(design.raters_per_item),
        n_pages_done: counts.n_pages_done,
        name: design.name,
        language: design.language,
    })
}

/// All about a study.
///
/// # Errors
/// The file cannot be read.
pub fn study(store: &mut Store, file: &str) -> Result<Study, StudyError> {
    let summary = summary(store, file)?;
    let ratings = store.ratings()?;
    let progress = ratings.progress();
    let count = |kind| ratings.content.items.iter().filter(|item| item.kind == kind).count() as u64;
    let telling = ratings.content.telling_replies(20).into_iter();
    let telling = telling.map(|(item, system, names)| TellingReply {
        item: item.to_owned(),
        system: system.to_owned(),
        names: names.to_owned(),
    });
    Ok(Study {
        summary,
        design: convert::design(&ratings.design),
        systems: ratings.content.systems.clone(),
        n_training: count(ItemKind::Training),
        n_gold: count(ItemKind::Gold),
        n_pages_open: progress.n_pages_open as u64,
        items_by_raters_done: progress
            .items_by_raters_done
            .iter()
            .map(|(&n_raters, &n_items)| (n_raters as u32, n_items as u64))
            .collect(),
        n_items_over: progress.n_items_over as u64,
        raters: convert::raters(&ratings, rater_reports(&ratings, &ReportOptions::default())),
        telling_replies: telling.collect(),
    })
}

/// Adds files to a study that is not frozen; all or none.
///
/// # Errors
/// [`StudyError::Cell`], [`StudyError::ImportFile`], [`StudyError::Frozen`].
pub fn import(store: &mut Store, files: &[Upload]) -> Result<Imported, StudyError> {
    let content = store.extend(|content| add_files(content, files))?;
    let count = |kind| content.items.iter().filter(|item| item.kind == kind).count() as u64;
    Ok(Imported {
        n_items: count(ItemKind::Main),
        n_training: count(ItemKind::Training),
        n_gold: count(ItemKind::Gold),
        systems: content.systems,
    })
}

fn add_files(content: &mut Content, files: &[Upload]) -> Result<(), StudyError> {
    for Upload { name, text, holds } in files {
        // The name is for messages and tells the format; nothing is opened under it.
        let name = Path::new(Path::new(name).file_name().unwrap_or_default());
        let bytes = text.as_bytes();
        match holds {
            Holds::Replies { system, nth } => {
                let from = RepliesFrom { system: system.clone(), nth: *nth as usize };
                add_replies_of(content, name, bytes, &from)?;
            }
            Holds::Training => drop(add_controls_of(content, name, bytes, Controls::Training)?),
            Holds::Gold => drop(add_controls_of(content, name, bytes, Controls::Gold)?),
            Holds::Sheet { system } => {
                let sheet = Sheet { system: system.clone(), path: PathBuf::from(name) };
                replies_of_sheet(content, &sheet, bytes)?;
            }
        }
    }
    Ok(())
}

/// Fixes design and items, so that rating can begin.
///
/// # Errors
/// [`StudyError::Incomplete`].
pub fn freeze(store: &mut Store, now_ms: i64) -> Result<Frozen, StudyError> {
    Ok(Frozen { design_hash: store.freeze(now_ms)? })
}

/// Cards that raters flagged, commented or skipped, the latest first.
///
/// # Errors
/// The file cannot be read.
pub fn notes(store: &mut Store) -> Result<Vec<Note>, StudyError> {
    Ok(convert::notes(&store.ratings()?))
}

/// An invitation as administrators see it.
#[must_use]
pub fn invite(invite: repartee_study::Invite) -> Invite {
    convert::invite(invite)
}

/// Whether the log, the items and all tables are in order.
///
/// # Errors
/// [`StudyError::Tampered`].
pub fn verify(store: &mut Store) -> Result<Verified, StudyError> {
    let repartee_study::Verified { n_events, head, n_revisions, .. } = store.verify()?;
    Ok(Verified { n_events, n_revisions, head })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_files_are_plain_and_differ() {
        for (name, stem) in [("A Trial, No. 2", "a-trial-no-2"), ("調査", "study"), ("../x", "x")] {
            let (one, other) = (file_name(name).unwrap(), file_name(name).unwrap());
            assert_ne!(one, other);
            assert_eq!(one.rsplit_once('-').unwrap().0, stem);
            assert!(one.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-.".contains(&byte)), "{one}");
        }
    }
}
