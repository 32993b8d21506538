//! The last stage: which conversation goes to which split, and the corpus folder.
//!
//! A split takes whole conversations, and all conversations whose roots have one text go to one split: no conversation
//! and no utterance is on two sides (model.md 7b). What is held out is drawn by a hash of the root's text under the
//! seed, so it depends neither on the order of the input nor on the number of threads.
//!
//! Deviation: the paper draws dev line by line, so that replies to one message can be on two sides. The test contexts
//! are drawn after all filters instead of before.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use repartee_corpus::{CorpusWriter, Manifest, Split, SplitEntry};

use super::near_duplicates::LeftOut;
use super::pair::Summary;
use super::pairs::{PairHead, Pairs};
use crate::context::{Context, Report, Steps};
use crate::sorter::{Sorter, plain_record};
use crate::tally::Tally;
use crate::work::Work;
use crate::{ArchiveError, BuildOptions};

plain_record! {
    /// A context that was written.
    Written { hash: u64 }
}

/// Name of the file that says where an unfinished corpus folder is.
const UNFINISHED: &str = "unfinished.json";

/// The roots that are held out, by the hashes of their texts.
#[derive(Debug, Default, PartialEq, Eq)]
struct HeldOut {
    test: BTreeSet<u64>,
    dev: BTreeSet<u64>,
    /// Contexts of the pairs held out, where a context may lack its root and so occur in several conversations.
    contexts: HashMap<u64, Split>,
}

/// Writes the corpus folder; `describe` makes its manifest from the splits and what was left out here.
pub(crate) fn split(
    context: &Context,
    work: &Work,
    summary: &Summary,
    pairs: &Pairs,
    report: &mut Report<'_>,
    describe: &mut (dyn FnMut(BTreeMap<String, SplitEntry>, &Tally) -> Manifest + Send),
) -> Result<(), ArchiveError> {
    let options = &context.options;
    let left_out_pairs = LeftOut::load(context, work)?;
    let held_out = hold_out(options, pairs, &left_out_pairs)?;
    remove_unfinished(work)?;
    let mut writer = CorpusWriter::create_in_shards(&options.out, options.overwrite, options.pairs_per_file)?;
    work.save(UNFINISHED, &writer.folder())?;
    let mut left_out = Tally::default();
    let mut contexts = Split::ALL.map(|split| Sorter::new(&work.scratch(), split.name(), options.memory_bytes / 8));
    let mut steps = Steps::new("writing", summary.pairs, context.posts(), report);
    pairs.visit(|number, pair, line| {
        steps.step();
        let split = split_of(options, &held_out, pair, left_out_pairs.contains(number));
        match split.and_then(|split| on_one_side(&held_out, pair, split)) {
            Ok(split) => {
                writer.write_line(split, line)?;
                contexts[split as usize].push(Written { hash: pair.context_hash })?;
            }
            Err(reason) => left_out.add(reason, || String::from_utf8_lossy(line).trim().chars().take(120).collect()),
        }
        Ok(())
    })?;
    for (split, contexts) in Split::ALL.into_iter().zip(contexts) {
        let n_contexts = distinct(contexts)?;
        writer.add_contexts(split, n_contexts);
    }
    if writer.n_pairs(Split::Train) == 0 {
        let summary = [&summary.dropped, &summary.left_out, &left_out].map(Tally::summary);
        let summary = summary.into_iter().filter(|part| !part.is_empty()).collect::<Vec<_>>().join(", ");
        return Err(ArchiveError::NoPairs { split: Split::Train, summary });
    }
    writer.finish(|splits| describe(splits, &left_out))?;
    Ok(())
}

/// An unfinished corpus folder of a build that was killed.
fn remove_unfinished(work: &Work) -> Result<(), ArchiveError> {
    match work.load::<std::path::PathBuf>(UNFINISHED) {
        Some(folder) => work.discard(&folder),
        None => Ok(()),
    }
}

fn distinct(contexts: Sorter<Written>) -> Result<u64, ArchiveError> {
    let (mut last, mut n_contexts) = (None, 0);
    for context in contexts.finish()? {
        let context = context?;
        n_contexts += u64::from(last != Some(context));
        last = Some(context);
    }
    Ok(n_contexts)
}

/// The split of a pair, or why it has none.
fn split_of(
    options: &BuildOptions,
    held_out: &HeldOut,
    pair: &PairHead,
    is_near_duplicate: bool,
) -> Result<Split, &'static str> {
    let draws_test = options.test_years.is_empty();
    if held_out.test.contains(&pair.root_hash) && (draws_test || options.test_years.contains(&pair.year)) {
        return if pair.eligible { Ok(Split::Test) } else { Err("too-few-replies-for-test") };
    }
    if options.test_years.contains(&pair.year) {
        return Err(if pair.eligible { "over-the-test-contexts" } else { "too-few-replies-for-test" });
    }
    if !is_train_year(options, pair.year) {
        return Err("other-year");
    }
    if held_out.test.contains(&pair.root_hash) {
        return Err("context-in-test");
    }
    if is_near_duplicate {
        return Err("near-duplicate");
    }
    Ok(if held_out.dev.contains(&pair.root_hash) { Split::Dev } else { Split::Train })
}

/// The split, unless the context is held out for another one.
fn on_one_side(held_out: &HeldOut, pair: &PairHead, split: Split) -> Result<Split, &'static str> {
    match (held_out.contexts.get(&pair.context_hash), split) {
        (Some(Split::Test), Split::Train | Split::Dev) => Err("context-in-test"),
        (Some(Split::Dev), Split::Train) => Err("context-in-dev"),
        _ => Ok(split),
    }
}

fn is_train_year(options: &BuildOptions, year: i32) -> bool {
    options.train_years.is_empty() || options.train_years.contains(&year)
}

/// Draws test contexts and then dev conversations, by rising hash.
fn hold_out(options: &BuildOptions, pairs: &Pairs, left_out: &LeftOut) -> Result<HeldOut, ArchiveError> {
    let mut held_out = HeldOut::default();
    if options.most_test_contexts() > 0 {
        for_each_head(pairs, |_, pair| {
            let draws_test = options.test_years.is_empty() && is_train_year(options, pair.year);
            if pair.eligible && (draws_test || options.test_years.contains(&pair.year)) {
                held_out.test.insert(pair.root_hash);
                if held_out.test.len() > options.most_test_contexts() {
                    held_out.test.pop_last();
                }
            }
        })?;
    }
    let mut dev: BTreeMap<u64, u64> = BTreeMap::new();
    let (wanted, mut chosen) = (options.dev_pairs as u64, 0);
    if wanted > 0 {
        for_each_head(pairs, |number, pair| {
            let split = split_of(options, &held_out, pair, left_out.contains(number));
            // Beyond the last of those that suffice nothing is needed.
            let is_needed = chosen < wanted || dev.last_key_value().is_some_and(|(last, _)| pair.root_hash <= *last);
            if split == Ok(Split::Train) && is_needed {
                *dev.entry(pair.root_hash).or_default() += 1;
                chosen += 1;
                while let Some((last, weight)) = dev.last_key_value().filter(|(_, weight)| chosen - **weight >= wanted)
                {
                    chosen -= weight;
                    let last = *last;
                    dev.remove(&last);
                }
            }
        })?;
    }
    held_out.dev = dev.into_keys().collect();
    if options.context_turns.is_some() {
        let mut contexts = HashMap::new();
        for_each_head(pairs, |number, pair| match split_of(options, &held_out, pair, left_out.contains(number)) {
            Ok(Split::Test) => drop(contexts.insert(pair.context_hash, Split::Test)),
            Ok(Split::Dev) => drop(contexts.entry(pair.context_hash).or_insert(Split::Dev)),
            Ok(Split::Train) | Err(_) => {}
        })?;
        held_out.contexts = contexts;
    }
    Ok(held_out)
}

/// Shows the pairs with their numbers, without their lines.
fn for_each_head(pairs: &Pairs, mut visit: impl FnMut(u64, &PairHead)) -> Result<(), ArchiveError> {
    pairs.visit(|number, pair, _| {
        visit(number, pair);
        Ok(())
    })
}
