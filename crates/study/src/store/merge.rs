//! Copies of one study that were rated apart become one again.
//!
//! The merged log is the union of both logs in order of time, and the tables follow from it: nothing is overwritten, and
//! it does not matter which file is named first.

use std::collections::BTreeSet;
use std::path::Path;

use rusqlite::TransactionBehavior;

use crate::StudyError;

use super::{Event, Store, apply, content, log};

/// Merges two studies of the same frozen design into a new file.
///
/// Where both hold the same page, the earlier one stays and judgements of both are kept, the later one counting. An
/// item may then have more than k raters; `status` tells.
///
/// # Errors
/// [`StudyError::Merge`] if the designs differ or a rater's name stands for two raters; [`StudyError::Tampered`] if a log
/// was changed; [`StudyError::Exists`] if `out` is there.
pub fn merge(one: &mut Store, other: &mut Store, out: &Path) -> Result<Store, StudyError> {
    let (hash, other_hash) = (one.design_hash()?, other.design_hash()?);
    if hash.is_none() || hash != other_hash {
        let shown = |hash: Option<String>| hash.map_or("not frozen".to_owned(), |hash| hash[..12].to_owned());
        let reason = format!("their designs differ ({}, {})", shown(hash), shown(other_hash));
        return Err(StudyError::Merge { reason });
    }
    let heads = [one.verify()?.head, other.verify()?.head];
    check_raters(one, other)?;
    // Of two studies that were made apart, the one with the lower id gives its own.
    let base = if one.uid()? <= other.uid()? { &*one } else { &*other };
    let begin = log::entries(&base.connection)?;
    let created_ms = begin.first().map_or(0, |entry| entry.at_ms);
    let union = union(one, other)?;
    let last_ms = union.last().map_or(created_ms, |(at_ms, ..)| *at_ms);

    let mut merged = Store::create_as(out, &base.design, &base.uid()?, base.secret, created_ms)?;
    let written = fill(&mut merged, &base.content()?, &begin, &union, heads, last_ms);
    if written.is_err() {
        drop(merged);
        // The error to tell is the first one, whether or not the useless file can be removed.
        let _ = fs_err::remove_file(out);
        return Err(written.expect_err("it was checked"));
    }
    Ok(merged)
}

type Placed = (i64, i64, String);

fn fill(
    merged: &mut Store,
    content: &content::Content,
    begin: &[log::Entry],
    union: &[Placed],
    mut heads: [String; 2],
    last_ms: i64,
) -> Result<(), StudyError> {
    heads.sort();
    let seed = merged.design.seed;
    let transaction = merged.connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
    content::write(&transaction, content)?;
    for entry in begin {
        if let event @ Event::Frozen { .. } = entry.parse()? {
            log::append(&transaction, entry.at_ms, &event)?;
        }
    }
    let hash = content.hash(&merged.design);
    transaction.execute("UPDATE study SET design_hash = ?1", [&hash])?;
    for (at_ms, _, event) in union {
        let event: Event = serde_json::from_str(event).expect("it was parsed before");
        apply::record(&transaction, seed, *at_ms, &event).map_err(|error| StudyError::Merge {
            reason: format!("an event of one contradicts the other ({error})"),
        })?;
    }
    log::append(&transaction, last_ms, &Event::Merged { heads: heads.to_vec() })?;
    transaction.commit()?;
    Ok(())
}

/// Events of both logs after the freeze, each once, in order of time.
fn union(one: &Store, other: &Store) -> Result<Vec<Placed>, StudyError> {
    let mut seen = BTreeSet::new();
    let mut union = Vec::new();
    for store in [one, other] {
        for entry in log::entries(&store.connection)? {
            let is_beginning = matches!(entry.parse()?, Event::Created { .. } | Event::Frozen { .. });
            if !is_beginning && seen.insert((entry.at_ms, entry.event.clone())) {
                union.push((entry.at_ms, entry.seq, entry.event));
            }
        }
    }
    union.sort();
    Ok(union)
}

fn check_raters(one: &Store, other: &Store) -> Result<(), StudyError> {
    let raters = other.raters()?;
    for (id, name) in one.raters()? {
        if let Some((_, name)) = raters.iter().find(|(other_id, other_name)| (*other_id == id) != (*other_name == name))
        {
            let reason = format!(
                "`{name}` is one rater here and another one there; merge copies of one study, or use other names"
            );
            return Err(StudyError::Merge { reason });
        }
    }
    Ok(())
}
