//! Links posts with hash tables, where all of them fit in memory without their texts: several times as fast as sorting
//! them, and the same verdicts.

use hashbrown::HashTable;
use rayon::prelude::*;

use super::link::{Node, Verdict, fate, repetition_filter};
use crate::context::Context;
use crate::filters::Occurrences;
use crate::hash::Table;

/// What a post takes here at most: itself, its verdict, and its share of a table that is half full.
const POST_BYTES: u64 = 32 + 16 + 20;

/// A post in the reply graph. Its number is its place among the others, which are in input order.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Vertex {
    id: u64,
    /// 0 if it answers nothing.
    parent: u64,
    text_hash: u64,
    day: i32,
    dropped: bool,
}

impl Vertex {
    pub(super) fn of(node: &Node) -> Self {
        let Node { id, parent, text_hash, day, dropped, .. } = *node;
        Self { id, parent, text_hash, day, dropped: dropped != 0 }
    }
}

/// A verdict, as small as it can be.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Settled {
    root: u32,
    parent: u32,
    depth: u32,
    fate: u8,
}

impl Settled {
    /// The verdict of the post of this number.
    pub(super) fn verdict(&self, order: u64) -> Verdict {
        let Self { root, parent, depth, fate } = *self;
        Verdict { order, root: root.into(), parent: parent.into(), depth, fate }
    }
}

/// No verdict yet.
const OPEN: u8 = u8::MAX;
/// No verdict yet, and on the way up that is being followed.
const ON_PATH: u8 = u8::MAX - 1;

/// In place of the number of a post that is not there.
const NOWHERE: u32 = u32::MAX;
/// In place of the number of a post that a root answers.
const NOBODY: u32 = u32::MAX - 1;

/// Posts of one task, where each has little to do.
const POSTS_PER_TASK: usize = 1 << 12;

/// Whether so many posts can be linked in so much memory, with some to spare for what is read meanwhile.
pub(super) fn fits(n_posts: u64, memory_bytes: usize) -> bool {
    n_posts < u64::from(NOBODY) && n_posts.saturating_mul(POST_BYTES) <= memory_bytes as u64 / 8 * 7
}

/// The verdict of every post.
pub(super) fn settled(context: &Context, vertices: &[Vertex]) -> Vec<Settled> {
    let mut settled = first_settled(vertices);
    drop_repeated(context, vertices, &mut settled);
    settle(&mut settled);
    settled
}

/// What the ids say: which posts are the first of theirs, and which ones they answer.
fn first_settled(vertices: &[Vertex]) -> Vec<Settled> {
    let id_of = |place: &u32| vertices[*place as usize].id;
    let places: Parts<u32> = Parts::fill(vertices.len(), id_of, |part, table| {
        for (place, Vertex { id, .. }) in (0..).zip(vertices).filter(|(_, vertex)| part.has(vertex.id)) {
            table.entry(*id, |other| id_of(other) == *id, id_of).or_insert(place);
        }
    });
    let place = |id: u64| places.of(id).find(id, |place| id_of(place) == id).copied().unwrap_or(NOWHERE);
    let settled = |(number, vertex): (usize, &Vertex)| {
        let first = place(vertex.id) as usize;
        let fate = match vertex.dropped {
            _ if first != number && vertices[first].text_hash == vertex.text_hash => fate::REPEATED_ID,
            _ if first != number => fate::CONFLICTING_ID,
            false => OPEN,
            true => fate::DROPPED,
        };
        let parent = if vertex.parent == 0 { NOBODY } else { place(vertex.parent) };
        Settled { root: 0, parent, depth: 0, fate }
    };
    vertices.par_iter().with_min_len(POSTS_PER_TASK).enumerate().map(settled).collect()
}

/// Hash tables that are filled on all threads at once: each has the keys of one part. They hold places, not keys, which
/// are hashes already.
struct Parts<V>(Vec<HashTable<V>>);

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

impl<V: Send> Parts<V> {
    /// For about `n_keys` keys in all.
    fn fill(n_keys: usize, key_of: impl Fn(&V) -> u64 + Sync, fill: impl Fn(Part, &mut HashTable<V>) + Sync) -> Self {
        let n_parts = rayon::current_num_threads().next_power_of_two();
        let part = |number| {
            // Some more than its share, since parts are not quite equal.
            let mut table = HashTable::with_capacity(n_keys / n_parts * 17 / 16);
            fill(Part { number, n_parts }, &mut table);
            if table.len() < table.capacity() / 2 {
                table.shrink_to_fit(&key_of);
            }
            table
        };
        Self((0..n_parts).into_par_iter().map(part).collect())
    }

    /// The table that has a key if any has it.
    fn of(&self, key: u64) -> &HashTable<V> {
        &self.0[Part::number(key, self.0.len())]
    }
}

/// Gives posts whose text occurs too often, among the first posts of their ids, the fate of the filter that drops them.
fn drop_repeated(context: &Context, vertices: &[Vertex], settled: &mut [Settled]) {
    let is_open = |settled: &Settled| settled.fate == OPEN;
    let text_of = |(place, _): &(u32, u32)| vertices[*place as usize].text_hash;
    let open = || (0..).zip(vertices).zip(&*settled).filter(|(_, settled)| is_open(settled)).map(|(vertex, _)| vertex);
    // How often texts occur that do so more than once: few, so that they are looked up soon.
    let counts: Parts<(u32, u32)> = Parts::fill(vertices.len(), text_of, |part, table| {
        for (place, Vertex { text_hash: text, .. }) in open().filter(|(_, vertex)| part.has(vertex.text_hash)) {
            let entry = table.entry(*text, |other| text_of(other) == *text, text_of);
            entry.and_modify(|(_, count)| *count += 1).or_insert((place, 1));
        }
        table.retain(|(_, count)| *count > 1);
    });
    let overall = |Vertex { text_hash: text, .. }: &Vertex| {
        counts.of(*text).find(*text, |other| text_of(other) == *text).map_or(1, |(_, count)| u64::from(*count))
    };
    let mut same_day: Table<(u64, i32), u64> = Table::default();
    for (_, vertex) in open().filter(|(_, vertex)| overall(vertex) > 1) {
        *same_day.entry((vertex.text_hash, vertex.day)).or_default() += 1;
    }
    let filter_of_one = repetition_filter(context, Occurrences { same_day: 1, overall: 1 });
    let filter = |vertex: &Vertex| match overall(vertex) {
        1 => filter_of_one,
        overall => {
            let same_day = same_day.get(&(vertex.text_hash, vertex.day)).copied().unwrap_or_default();
            repetition_filter(context, Occurrences { same_day, overall })
        }
    };
    let both = settled.par_iter_mut().with_min_len(POSTS_PER_TASK).zip(vertices);
    both.filter(|(settled, _)| is_open(settled)).for_each(|(settled, vertex)| {
        if let Some(filter) = filter(vertex) {
            settled.fate = fate::FILTER + filter;
        }
    });
}

/// Follows every post up to one whose verdict is known, and comes back with the verdicts.
fn settle(settled: &mut [Settled]) {
    let mut path = Vec::new();
    for start in 0..settled.len() {
        if settled[start].fate != OPEN {
            continue;
        }
        let mut at = start;
        loop {
            let own = &mut settled[at];
            match own.parent {
                // Until somebody answers it.
                NOBODY => *own = Settled { root: at as u32, parent: at as u32, depth: 1, fate: fate::UNANSWERED },
                NOWHERE => own.fate = fate::PARENT_MISSING,
                parent => match settled[parent as usize].fate {
                    OPEN => {
                        settled[at].fate = ON_PATH;
                        path.push(at as u32);
                        at = parent as usize;
                        continue;
                    }
                    ON_PATH => settled[at].fate = fate::CYCLE,
                    _ => settle_reply(settled, at),
                },
            }
            break;
        }
        while let Some(reply) = path.pop() {
            settle_reply(settled, reply as usize);
        }
    }
}

/// The verdict of a reply to a post whose own is known.
fn settle_reply(settled: &mut [Settled], reply: usize) {
    let parent = &mut settled[settled[reply].parent as usize];
    let (root, depth, fate) = match parent.fate {
        fate::IN_TREE | fate::UNANSWERED => {
            parent.fate = fate::IN_TREE;
            (parent.root, parent.depth.saturating_add(1), fate::IN_TREE)
        }
        fate::PARENT_MISSING | fate::PARENT_DROPPED | fate::CYCLE => (0, 0, parent.fate),
        _ => (0, 0, fate::PARENT_DROPPED),
    };
    let own = &mut settled[reply];
    *own = Settled { root, depth, fate, ..*own };
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
        let node = |order| {
            let number = if draw(order, 3, 20) == 0 { draw(order, 4, n_posts) } else { order };
            let text_of = if draw(order, 8, 2) == 0 { number } else { order };
            Node {
                id: id(number),
                order,
                parent: parent(order),
                text_hash: 1 + draw(text_of, 5, n_posts),
                day: draw(order, 6, 2) as i32,
                dropped: u8::from(draw(order, 7, 15) == 0),
            }
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
            let vertices: Vec<Vertex> = nodes.iter().map(Vertex::of).collect();
            let settled = context.pool.install(|| settled(&context, &vertices));
            let verdicts: Vec<Verdict> = (0..).zip(&settled).map(|(order, settled)| settled.verdict(order)).collect();
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
        assert!(!fits(40_000_000, 768 << 20) && !fits(u64::from(u32::MAX), usize::MAX));
    }
}
