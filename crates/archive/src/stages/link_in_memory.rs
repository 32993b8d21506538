//! Links posts with hash tables, where all of them fit in memory: several times as fast as sorting them, and the same
//! verdicts.

use rayon::prelude::*;

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

/// In place of the number of a post that is not there.
const NOWHERE: u64 = u64::MAX;
/// In place of the number of a post that a root answers.
const NOBODY: u64 = u64::MAX - 1;

/// Posts of one task, where each has little to do.
const POSTS_PER_TASK: usize = 1 << 12;

/// The verdict of every post; all are in input order, so that a post's number is its place.
pub(super) fn verdicts(context: &Context, nodes: &[Node]) -> Vec<Verdict> {
    let places: Parts<Table<u64, u64>> = Parts::fill(nodes.len(), |part, table| {
        for node in nodes.iter().filter(|node| part.has(node.id)) {
            table.entry(node.id).or_insert(node.order);
        }
    });
    let place = |id: u64| places.of(id).get(&id).copied().unwrap_or(NOWHERE);
    let verdict = |node: &Node| {
        let first = place(node.id);
        let fate = match node.dropped {
            _ if first != node.order && nodes[first as usize].text_hash == node.text_hash => fate::REPEATED_ID,
            _ if first != node.order => fate::CONFLICTING_ID,
            0 => OPEN,
            _ => fate::DROPPED,
        };
        let parent = if node.parent == 0 { NOBODY } else { place(node.parent) };
        Verdict { order: node.order, root: 0, parent, depth: 0, fate }
    };
    let mut verdicts: Vec<Verdict> = nodes.par_iter().with_min_len(POSTS_PER_TASK).map(verdict).collect();
    drop_repeated(context, nodes, &mut verdicts);
    settle(&mut verdicts);
    verdicts
}

/// Tables that are filled on all threads at once: each has the keys of one part.
struct Parts<T>(Vec<T>);

/// Which keys belong to a part.
#[derive(Clone, Copy)]
struct Part {
    number: usize,
    n_parts: usize,
}

impl Part {
    fn number(key: u64, n_parts: usize) -> usize {
        // Tables look at the lowest and the highest bits.
        (key >> 32) as usize & (n_parts - 1)
    }

    fn has(self, key: u64) -> bool {
        Self::number(key, self.n_parts) == self.number
    }
}

impl<V: Send> Parts<Table<u64, V>> {
    /// For about `n_keys` keys in all.
    fn fill(n_keys: usize, fill: impl Fn(Part, &mut Table<u64, V>) + Sync) -> Self {
        let n_parts = rayon::current_num_threads().next_power_of_two();
        let part = |number| {
            // Some more than its share, since parts are not quite equal.
            let mut table = Table::with_capacity_and_hasher(n_keys / n_parts * 17 / 16, Default::default());
            fill(Part { number, n_parts }, &mut table);
            table
        };
        Self((0..n_parts).into_par_iter().map(part).collect())
    }

    /// The table that has a key if any has it.
    fn of(&self, key: u64) -> &Table<u64, V> {
        &self.0[Part::number(key, self.0.len())]
    }
}

/// Gives posts whose text occurs too often, among the first posts of their ids, the fate of the filter that drops them.
fn drop_repeated(context: &Context, nodes: &[Node], verdicts: &mut [Verdict]) {
    let is_open = |verdict: &Verdict| verdict.fate == OPEN;
    let open = || nodes.iter().zip(&*verdicts).filter(|(_, verdict)| is_open(verdict)).map(|(node, _)| node);
    // How often texts occur that do so more than once: few, so that they are looked up soon.
    let counts: Parts<Table<u64, u64>> = Parts::fill(nodes.len(), |part, table| {
        for node in open().filter(|node| part.has(node.text_hash)) {
            *table.entry(node.text_hash).or_default() += 1;
        }
        table.retain(|_, count| *count > 1);
    });
    let overall = |node: &Node| counts.of(node.text_hash).get(&node.text_hash).copied().unwrap_or(1);
    let mut same_day: Table<(u64, i32), u64> = Table::default();
    for node in open().filter(|node| overall(node) > 1) {
        *same_day.entry((node.text_hash, node.day)).or_default() += 1;
    }
    let filter_of_one = repetition_filter(context, Occurrences { same_day: 1, overall: 1 });
    let filter = |node: &Node| match overall(node) {
        1 => filter_of_one,
        overall => {
            let same_day = same_day.get(&(node.text_hash, node.day)).copied().unwrap_or_default();
            repetition_filter(context, Occurrences { same_day, overall })
        }
    };
    let open = verdicts.par_iter_mut().with_min_len(POSTS_PER_TASK).zip(nodes).filter(|(verdict, _)| is_open(verdict));
    open.for_each(|(verdict, node)| {
        if let Some(filter) = filter(node) {
            verdict.fate = fate::FILTER + filter;
        }
    });
}

/// Follows every post up to one whose verdict is known, and comes back with the verdicts.
fn settle(verdicts: &mut [Verdict]) {
    let mut path = Vec::new();
    for start in 0..verdicts.len() {
        if verdicts[start].fate != OPEN {
            continue;
        }
        let mut at = start;
        loop {
            let own = &mut verdicts[at];
            match own.parent {
                // Until somebody answers it.
                NOBODY => {
                    *own = Verdict { root: own.order, parent: own.order, depth: 1, fate: fate::UNANSWERED, ..*own }
                }
                NOWHERE => own.fate = fate::PARENT_MISSING,
                parent => match verdicts[parent as usize].fate {
                    OPEN => {
                        verdicts[at].fate = ON_PATH;
                        path.push(at);
                        at = parent as usize;
                        continue;
                    }
                    ON_PATH => verdicts[at].fate = fate::CYCLE,
                    _ => settle_reply(verdicts, at),
                },
            }
            break;
        }
        while let Some(reply) = path.pop() {
            settle_reply(verdicts, reply);
        }
    }
}

/// The verdict of a reply to a post whose own is known.
fn settle_reply(verdicts: &mut [Verdict], reply: usize) {
    let parent = &mut verdicts[verdicts[reply].parent as usize];
    let (root, depth, fate) = match parent.fate {
        fate::IN_TREE | fate::UNANSWERED => {
            parent.fate = fate::IN_TREE;
            (parent.root, parent.depth.saturating_add(1), fate::IN_TREE)
        }
        fate::PARENT_MISSING | fate::PARENT_DROPPED | fate::CYCLE => (0, 0, parent.fate),
        _ => (0, 0, fate::PARENT_DROPPED),
    };
    let own = &mut verdicts[reply];
    *own = Verdict { root, depth, fate, ..*own };
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
            let verdicts = context.pool.install(|| verdicts(&context, &nodes));
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
