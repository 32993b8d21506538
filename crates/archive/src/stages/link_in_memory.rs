//! Links posts with hash tables, where all of them fit in memory: several times as fast as sorting them, and the same
//! verdicts.

use std::collections::hash_map::Entry;

use super::link::{Node, Verdict, fate, repetition_filter};
use crate::context::Context;
use crate::filters::Occurrences;
use crate::hash::Table;

/// What a post takes here, about.
const POST_BYTES: usize = 224;

/// No verdict yet.
const OPEN: u8 = u8::MAX;
/// No verdict yet, and on the way up that is being followed.
const ON_PATH: u8 = u8::MAX - 1;

/// Whether so many posts can be linked in so much memory.
pub(super) fn fits(n_posts: u64, memory_bytes: usize) -> bool {
    n_posts < u64::from(u32::MAX) && n_posts.saturating_mul(POST_BYTES as u64) <= memory_bytes as u64 / 3
}

/// The verdict of every post; all are in input order, so that a post's number is its place.
pub(super) fn verdicts(context: &Context, nodes: &[Node]) -> Vec<Verdict> {
    let mut places: Table<u64, u32> = Table::with_capacity_and_hasher(nodes.len(), Default::default());
    let mut verdicts = Vec::with_capacity(nodes.len());
    for (place, node) in (0..).zip(nodes) {
        let fate = match places.entry(node.id) {
            Entry::Occupied(first) if nodes[*first.get() as usize].text_hash == node.text_hash => fate::REPEATED_ID,
            Entry::Occupied(_) => fate::CONFLICTING_ID,
            Entry::Vacant(entry) => {
                entry.insert(place);
                if node.dropped == 0 { OPEN } else { fate::DROPPED }
            }
        };
        verdicts.push(Verdict { order: node.order, root: 0, parent: 0, depth: 0, fate });
    }
    let parent = |node: &Node| places.get(&node.parent).copied();
    let (filters, parents) =
        rayon::join(|| repeated(context, nodes, &verdicts), || nodes.iter().map(parent).collect::<Vec<Option<u32>>>());
    for (verdict, filter) in verdicts.iter_mut().zip(filters) {
        if let Some(filter) = filter {
            verdict.fate = fate::FILTER + filter;
        }
    }
    settle(nodes, &parents, &mut verdicts);
    verdicts
}

/// For every post the filter that drops it for how often its text occurs among the first posts of their ids.
fn repeated(context: &Context, nodes: &[Node], verdicts: &[Verdict]) -> Vec<Option<u8>> {
    let mut overall: Table<u64, u64> = Table::with_capacity_and_hasher(nodes.len(), Default::default());
    let mut same_day: Table<(u64, i32), u64> = Table::with_capacity_and_hasher(nodes.len(), Default::default());
    let is_open = |verdict: &Verdict| verdict.fate == OPEN;
    for (node, _) in nodes.iter().zip(verdicts).filter(|(_, verdict)| is_open(verdict)) {
        *overall.entry(node.text_hash).or_default() += 1;
        *same_day.entry((node.text_hash, node.day)).or_default() += 1;
    }
    let filter = |(node, verdict): (&Node, &Verdict)| {
        let same_day = *same_day.get(&(node.text_hash, node.day)).filter(|_| is_open(verdict))?;
        let overall = *overall.get(&node.text_hash)?;
        repetition_filter(context, Occurrences { same_day, overall })
    };
    nodes.iter().zip(verdicts).map(filter).collect()
}

/// Follows every post up to one whose verdict is known, and comes back with the verdicts.
fn settle(nodes: &[Node], parents: &[Option<u32>], verdicts: &mut [Verdict]) {
    let mut path = Vec::new();
    for start in 0..nodes.len() {
        if verdicts[start].fate != OPEN {
            continue;
        }
        let mut at = start;
        let mut verdict = loop {
            path.push(at);
            verdicts[at].fate = ON_PATH;
            let order = nodes[at].order;
            if nodes[at].parent == 0 {
                break Verdict { order, root: order, parent: order, depth: 1, fate: fate::IN_TREE };
            }
            let Some(parent) = parents[at] else {
                break Verdict { fate: fate::PARENT_MISSING, ..verdicts[at] };
            };
            match verdicts[parent as usize].fate {
                OPEN => at = parent as usize,
                ON_PATH => break Verdict { fate: fate::CYCLE, ..verdicts[at] },
                _ => break reply_to(&verdicts[parent as usize], order),
            }
        };
        while let Some(at) = path.pop() {
            verdict.order = nodes[at].order;
            verdicts[at] = verdict;
            verdict = reply_to(&verdict, 0);
        }
    }
    let mut is_answered = vec![false; nodes.len()];
    for reply in verdicts.iter().filter(|verdict| verdict.fate == fate::IN_TREE && verdict.depth == 2) {
        is_answered[reply.root as usize] = true;
    }
    for (verdict, is_answered) in verdicts.iter_mut().zip(is_answered) {
        if verdict.fate == fate::IN_TREE && verdict.depth == 1 && !is_answered {
            verdict.fate = fate::UNANSWERED;
        }
    }
}

/// What holds for a reply to a post.
fn reply_to(parent: &Verdict, order: u64) -> Verdict {
    let (root, depth, fate) = match parent.fate {
        fate::IN_TREE => (parent.root, parent.depth.saturating_add(1), fate::IN_TREE),
        fate::PARENT_MISSING | fate::PARENT_DROPPED | fate::CYCLE => (0, 0, parent.fate),
        _ => (0, 0, fate::PARENT_DROPPED),
    };
    Verdict { order, root, parent: parent.order, depth, fate }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::filters::{FilterSettings, active};
    use crate::hash::hash;
    use crate::sorter::Sorter;
    use crate::stages::link::by_sorting;
    use crate::work::Work;
    use crate::{BuildOptions, Preset};

    /// Posts that answer any others, also later ones and themselves, with few ids, texts and days.
    fn nodes(n_posts: u64, seed: u64) -> Vec<Node> {
        let draw = |order: u64, what: u64, n: u64| hash(&[order, what, seed].map(u64::to_le_bytes).concat()) % n;
        let id = |number: u64| hash(&number.to_le_bytes());
        let parent = |order: u64| match draw(order, 1, 10) {
            0..4 => 0,
            4 => id(draw(order, 2, 2 * n_posts)),
            5..9 => id(draw(order, 2, order + 1)),
            _ => id(draw(order, 2, n_posts)),
        };
        let node = |order| Node {
            id: id(if draw(order, 3, 20) == 0 { draw(order, 4, n_posts) } else { order }),
            order,
            parent: parent(order),
            text_hash: 1 + draw(order, 5, n_posts),
            day: draw(order, 6, 2) as i32,
            dropped: u8::from(draw(order, 7, 15) == 0),
        };
        (0..n_posts).map(node).collect()
    }

    #[test]
    fn tables_and_sorting_agree() {
        let folder = tempfile::tempdir().unwrap();
        let settings = Arc::new(FilterSettings { max_repetitions: 2, ..FilterSettings::default() });
        let with = ["repeated".to_owned()];
        let mut fates = [0; 256];
        for (seed, n_posts) in [(1, 1), (2, 2), (3, 50), (4, 3000), (5, 3000), (6, 20_000)] {
            // Little memory: sorted runs go to the disk.
            let options = BuildOptions { threads: 2, memory_bytes: 1 << 16, ..BuildOptions::default() };
            let filters = active(Preset::Paper, &with, &[], &settings).unwrap();
            let context = Context::new(&options, Vec::new(), filters).unwrap();
            let work = Work::open(&folder.path().join(seed.to_string()), String::new(), false).unwrap();
            let nodes = nodes(n_posts, seed);
            let mut sorter = Sorter::new(&work.scratch(), "nodes", 1 << 14);
            nodes.iter().for_each(|node| sorter.push(*node).unwrap());
            let sorted = by_sorting(&context, &work, sorter.finish().unwrap()).unwrap().finish().unwrap();
            let sorted: Vec<Verdict> = sorted.map(Result::unwrap).collect();
            let verdicts = verdicts(&context, &nodes);
            // Of a post in no tree only the fate matters.
            let shown = |verdict: &Verdict| match verdict.fate {
                fate::IN_TREE => *verdict,
                fate => Verdict { order: verdict.order, root: 0, parent: 0, depth: 0, fate },
            };
            assert!(verdicts.iter().map(shown).eq(sorted.iter().map(shown)), "seed {seed}");
            verdicts.iter().for_each(|verdict| fates[usize::from(verdict.fate)] += 1);
        }
        let all = 0..=fate::FILTER;
        assert!(all.into_iter().all(|fate| fates[usize::from(fate)] > 0 || fate == fate::FILTER), "{:?}", &fates[..16]);
        assert!(fates[usize::from(fate::FILTER)..].iter().filter(|count| **count > 0).count() >= 2, "both filters");
    }

    #[test]
    fn memory_limits_what_is_linked_here() {
        assert!(fits(0, 0) && fits(100_000, 768 << 20));
        assert!(!fits(10_000_000, 768 << 20) && !fits(u64::from(u32::MAX), usize::MAX));
    }
}
