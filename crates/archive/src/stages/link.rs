//! The second stage: which posts are in a tree that begins with a true root. Ids are made unique, repeated texts are
//! judged, and every reply finds its root: with hash tables where all posts fit in memory, else by sorting and merging
//! records of fixed size.

use std::iter::Peekable;
use std::path::PathBuf;

use rayon::prelude::*;

use super::link_in_memory::{self, Settled, Vertex};
use super::resolve::{Edge, Known, resolve};
use super::segments::{Posts, Segment};
use crate::ArchiveError;
use crate::context::{Context, Report, Steps};
use crate::filters::Occurrences;
use crate::post::Head;
use crate::sorter::{RecordReader, RecordWriter, Sorted, Sorter, plain_record};
use crate::spool::{Spool, Spooled};
use crate::work::Work;

/// The stage's output where it is a file.
pub(crate) const VERDICTS: &str = "verdicts";

plain_record! {
    /// What became of a post, ordered by its number in the input.
    Verdict {
        order: u64,
        /// Number of the root, for posts in a tree.
        root: u64,
        /// Number of the post that it answers.
        parent: u64,
        /// 1 for a root.
        depth: u32,
        fate: u8,
    }
}

/// What a verdict says. From [`fate::FILTER`] on it is a filter, by its index.
pub(crate) mod fate {
    /// In a tree with replies.
    pub(crate) const IN_TREE: u8 = 0;
    /// A root that nobody answers.
    pub(crate) const UNANSWERED: u8 = 1;
    /// It, or a post above it, answers a post that is not in the archive.
    pub(crate) const PARENT_MISSING: u8 = 2;
    /// It answers a post that was dropped, or one below such.
    pub(crate) const PARENT_DROPPED: u8 = 3;
    /// Its reply links lead in a circle.
    pub(crate) const CYCLE: u8 = 4;
    /// The same post occurred before.
    pub(crate) const REPEATED_ID: u8 = 5;
    /// Another post with its id occurred before.
    pub(crate) const CONFLICTING_ID: u8 = 6;
    /// It was dropped when it was read.
    pub(crate) const DROPPED: u8 = 7;
    /// Dropped by the first filter; further filters follow.
    pub(crate) const FILTER: u8 = 8;
}

plain_record! {
    /// A post in the reply graph, ordered by id.
    Node { id: u64, order: u64, parent: u64, text_hash: u64, day: i32, dropped: u8 }
}

plain_record! {
    /// An occurrence of a text.
    Text { hash: u64, day: i32, id: u64 }
}

plain_record! {
    /// A post that a filter drops for how often its text occurs.
    Drop { id: u64, fate: u8 }
}

/// The stage's output: a [`Verdict`] for every post, in input order.
pub(crate) enum Verdicts {
    /// Where the posts are in memory, too.
    Memory(Vec<Settled>),
    /// All of a file.
    File(PathBuf),
}

impl Verdicts {
    /// Those of a segment's posts.
    ///
    /// # Errors
    /// [`ArchiveError::Read`] if the file cannot be opened.
    pub(crate) fn of(
        &self,
        segment: &Segment,
    ) -> Result<impl Iterator<Item = Result<Verdict, ArchiveError>>, ArchiveError> {
        let (settled, file) = match self {
            Self::Memory(settled) => (&settled[segment.first as usize..], None),
            Self::File(path) => (&[][..], Some(RecordReader::open_at(path, segment.first * Verdict::BYTES as u64)?)),
        };
        let verdicts = (segment.first..).zip(settled).map(|(order, settled)| Ok(settled.verdict(order)));
        Ok(verdicts.chain(file.into_iter().flatten()))
    }
}

/// Decides the fate of every post.
pub(crate) fn link(
    context: &Context,
    work: &Work,
    posts: &Posts,
    report: &mut Report<'_>,
) -> Result<Verdicts, ArchiveError> {
    let path = work.path(VERDICTS);
    if path.exists() {
        return Ok(Verdicts::File(path));
    }
    let mut settled = Vec::new();
    let fits = link_in_memory::fits(posts.sum.posts, context.options.memory_bytes);
    if fits {
        settled = link_in_memory::settled(context, &vertices(context, posts)?);
        if posts.are_in_memory() {
            return Ok(Verdicts::Memory(settled));
        }
    }
    let temporary = work.scratch().join("verdicts-whole");
    let mut writer = RecordWriter::create(&temporary)?;
    if fits {
        (0..).zip(&settled).try_for_each(|(order, settled)| writer.write(&settled.verdict(order)))?;
    } else {
        let mut nodes = Sorter::new(&work.scratch(), "nodes", context.options.memory_bytes / 4);
        read_nodes(context, posts, report, &mut |part| nodes.push_all(part))?;
        for verdict in by_sorting(context, work, nodes.finish()?)?.finish()? {
            writer.write(&verdict?)?;
        }
    }
    writer.finish()?;
    work.publish(&temporary, VERDICTS)?;
    Ok(Verdicts::File(path))
}

/// The verdicts of nodes that are sorted by id.
pub(super) fn by_sorting(context: &Context, work: &Work, nodes: Sorted<Node>) -> Result<Sorter<Verdict>, ArchiveError> {
    let scratch = work.scratch();
    let budget = context.options.memory_bytes / 4;
    let mut verdicts = Sorter::new(&scratch, "verdicts", budget);
    let (unique, texts) = unique(context, work, nodes, &mut verdicts)?;
    let drops = repeated(context, work, texts)?;

    let mut known = Sorter::new(&scratch, "known", budget / 2);
    let mut edges = Sorter::new(&scratch, "edges", budget / 2);
    for node in with_drops(unique.iter()?, drops) {
        let (node, fate) = node?;
        let settled = |fate, root, depth| Known { id: node.id, order: node.order, root, depth, fate };
        match fate {
            Some(fate) => {
                verdicts.push(Verdict { order: node.order, root: 0, parent: 0, depth: 0, fate })?;
                known.push(settled(fate::PARENT_DROPPED, 0, 0))?;
            }
            None if node.parent == 0 => known.push(settled(fate::IN_TREE, node.order, 1))?,
            None => edges.push(Edge { parent: node.parent, id: node.id, order: node.order })?,
        }
    }
    resolve(context, work, &unique, known, edges, &mut verdicts)?;
    Ok(verdicts)
}

/// All posts in input order.
fn vertices(context: &Context, posts: &Posts) -> Result<Vec<Vertex>, ArchiveError> {
    let mut vertices = vec![Vertex::default(); posts.sum.posts as usize];
    let mut rest = &mut vertices[..];
    let segments = posts.segments.iter().map(|segment| {
        let own;
        (own, rest) = std::mem::take(&mut rest).split_at_mut(segment.n_posts as usize);
        (segment, own)
    });
    let segments: Vec<(&Segment, &mut [Vertex])> = segments.collect();
    segments.into_par_iter().try_for_each(|(segment, own)| {
        let mut own = own.iter_mut();
        visit_nodes(context, segment, &mut |node| own.next().into_iter().for_each(|own| *own = Vertex::of(&node)))
    })?;
    Ok(vertices)
}

/// Hands all posts on as nodes, in input order, so many at once that they fit in memory.
fn read_nodes(
    context: &Context,
    posts: &Posts,
    report: &mut Report<'_>,
    take: &mut dyn FnMut(Vec<Node>) -> Result<(), ArchiveError>,
) -> Result<(), ArchiveError> {
    let mut steps = Steps::new("linking", posts.sum.posts, posts.sum.posts, report);
    let nodes_of = |segment: &Segment| {
        let mut nodes = Vec::with_capacity(segment.n_posts as usize);
        visit_nodes(context, segment, &mut |node| nodes.push(node))?;
        Ok(nodes)
    };
    for wave in posts.waves(context.wave_bytes()) {
        let parts: Vec<Result<Vec<Node>, ArchiveError>> = wave.par_iter().map(nodes_of).collect();
        for part in parts {
            let part = part?;
            steps.steps(part.len() as u64);
            take(part)?;
        }
    }
    Ok(())
}

fn visit_nodes(context: &Context, segment: &Segment, visit: &mut impl FnMut(Node)) -> Result<(), ArchiveError> {
    let mut buffer = context.records.take();
    segment.visit(&mut buffer, |order, record| {
        let node = |head: Head| Node {
            id: head.id,
            order,
            parent: head.parent,
            text_hash: head.text_hash,
            day: head.day(),
            dropped: u8::from(head.dropped),
        };
        Head::of(record).map(node).into_iter().for_each(&mut *visit);
        Ok(())
    })?;
    context.records.give(buffer);
    Ok(())
}

/// Keeps the first post of each id, and takes down its text if it was not dropped.
fn unique(
    context: &Context,
    work: &Work,
    nodes: Sorted<Node>,
    verdicts: &mut Sorter<Verdict>,
) -> Result<(Spooled<Node>, Sorter<Text>), ArchiveError> {
    let mut texts = Sorter::new(&work.scratch(), "texts", context.options.memory_bytes / 4);
    let mut unique = Spool::new(&work.scratch(), "unique", context.options.memory_bytes / 8);
    let mut last: Option<Node> = None;
    for node in nodes {
        let node = node?;
        if let Some(first) = last.filter(|last| last.id == node.id) {
            let is_same = first.text_hash == node.text_hash;
            let fate = if is_same { fate::REPEATED_ID } else { fate::CONFLICTING_ID };
            verdicts.push(Verdict { order: node.order, root: 0, parent: 0, depth: 0, fate })?;
            continue;
        }
        unique.push(node)?;
        if node.dropped == 0 {
            texts.push(Text { hash: node.text_hash, day: node.day, id: node.id })?;
        }
        last = Some(node);
    }
    Ok((unique.finish()?, texts))
}

/// The first filter that drops posts whose text occurs so often, by its index.
pub(super) fn repetition_filter(context: &Context, occurrences: Occurrences) -> Option<u8> {
    let filter = context.filters.iter().position(|active| active.filter.drops_repeated(occurrences));
    filter.map(|filter| filter as u8)
}

/// The posts whose texts occur too often, by id.
fn repeated(context: &Context, work: &Work, texts: Sorter<Text>) -> Result<Sorted<Drop>, ArchiveError> {
    let mut drops = Sorter::new(&work.scratch(), "drops", context.options.memory_bytes / 6);
    let mut judge = |same_text: &[Text], overall: u64| -> Result<(), ArchiveError> {
        for same_day in same_text.chunk_by(|left, right| left.day == right.day) {
            let occurrences = Occurrences { same_day: same_day.len() as u64, overall };
            if let Some(filter) = repetition_filter(context, occurrences) {
                for text in same_day {
                    drops.push(Drop { id: text.id, fate: fate::FILTER + filter })?;
                }
            }
        }
        Ok(())
    };
    let mut same_text: Vec<Text> = Vec::new();
    for text in texts.finish()? {
        let text = text?;
        if same_text.first().is_some_and(|first| first.hash != text.hash) {
            judge(&same_text, same_text.len() as u64)?;
            same_text.clear();
        }
        same_text.push(text);
    }
    judge(&same_text, same_text.len() as u64)?;
    drops.finish()
}

/// Nodes with the fate of those that are dropped; both are in the order of ids.
fn with_drops(
    nodes: impl Iterator<Item = Result<Node, ArchiveError>>,
    drops: Sorted<Drop>,
) -> impl Iterator<Item = Result<(Node, Option<u8>), ArchiveError>> {
    let mut drops: Peekable<Sorted<Drop>> = drops.peekable();
    nodes.map(move |node| {
        let node = node?;
        if node.dropped != 0 {
            return Ok((node, Some(fate::DROPPED)));
        }
        match drops.peek() {
            Some(Ok(drop)) if drop.id == node.id => {
                let fate = drop.fate;
                drops.next();
                Ok((node, Some(fate)))
            }
            Some(Err(_)) => Err(drops.next().and_then(Result::err).unwrap_or(ArchiveError::NoInput)),
            _ => Ok((node, None)),
        }
    })
}
