//! Finds the root of every reply, level by level: the posts whose fate is known, sorted by id, are merged with the links
//! to them, sorted by parent, which settles the next level. Links that are left when no post is new lead in circles.

use std::collections::HashMap;
use std::iter::Peekable;
use std::path::Path;

use super::link::{Node, Verdict, fate};
use crate::ArchiveError;
use crate::context::Context;
use crate::sorter::{RecordReader, RecordWriter, Sorted, Sorter, plain_record};
use crate::work::Work;

/// From this level on few links are left, and they are followed in memory if they fit.
const LEVELS_BY_MERGING: u32 = 64;

/// What a link takes in a hash table, about.
const LINK_BYTES_IN_MEMORY: usize = 96;

plain_record! {
    /// A reply link.
    Edge { parent: u64, id: u64, order: u64 }
}

plain_record! {
    /// A post whose fate is known, as it matters for those that answer it.
    Known { id: u64, order: u64, root: u64, depth: u32, fate: u8 }
}

impl Known {
    /// What holds for a reply to this post.
    fn child(&self, edge: &Edge) -> (Self, Verdict) {
        let depth = if self.fate == fate::IN_TREE { self.depth.saturating_add(1) } else { 0 };
        let known = Self { id: edge.id, order: edge.order, root: self.root, depth, fate: self.fate };
        let verdict = Verdict { order: edge.order, root: self.root, parent: self.order, depth, fate: self.fate };
        (known, verdict)
    }
}

/// Gives every known post and every link its verdict.
pub(crate) fn resolve(
    context: &Context,
    work: &Work,
    unique: &Path,
    mut known: Sorter<Known>,
    edges: Sorter<Edge>,
    verdicts: &mut Sorter<Verdict>,
) -> Result<(), ArchiveError> {
    let links = work.scratch().join("links");
    let mut n_links = orphans(edges, unique, &links, &mut known, verdicts)?;
    let mut level = 0;
    while n_links > 0 || level == 0 {
        let fits = n_links as usize * LINK_BYTES_IN_MEMORY < context.options.memory_bytes / 2;
        if level >= LEVELS_BY_MERGING && fits {
            follow(&links, known.finish()?, verdicts)?;
            break;
        }
        let next = Sorter::new(&work.scratch(), "known", context.options.memory_bytes / 6);
        let known_now = std::mem::replace(&mut known, next).finish()?;
        let rest = work.scratch().join(format!("links-{}", level % 2));
        let n_left = merge(known_now, &links, &rest, level == 0, &mut known, verdicts)?;
        fs_err::rename(&rest, &links).map_err(ArchiveError::write(&links))?;
        if n_left == n_links {
            circles(&links, verdicts)?;
            break;
        }
        n_links = n_left;
        level += 1;
    }
    work.discard(&links)
}

/// Links to posts that are not in the archive settle their posts; the others are written to `links`, by parent.
fn orphans(
    edges: Sorter<Edge>,
    unique: &Path,
    links: &Path,
    known: &mut Sorter<Known>,
    verdicts: &mut Sorter<Verdict>,
) -> Result<u64, ArchiveError> {
    let mut nodes = RecordReader::<Node>::open(unique)?;
    let mut node = nodes.next().transpose()?;
    let mut writer = RecordWriter::create(links)?;
    let mut n_links = 0;
    for edge in edges.finish()? {
        let edge = edge?;
        while node.is_some_and(|node| node.id < edge.parent) {
            node = nodes.next().transpose()?;
        }
        if node.is_some_and(|node| node.id == edge.parent) {
            writer.write(&edge)?;
            n_links += 1;
        } else {
            let fate = fate::PARENT_MISSING;
            verdicts.push(Verdict { order: edge.order, root: 0, parent: 0, depth: 0, fate })?;
            known.push(Known { id: edge.id, order: edge.order, root: 0, depth: 0, fate })?;
        }
    }
    writer.finish()?;
    Ok(n_links)
}

/// Settles the posts that answer known ones; the links of others are written to `rest`. Returns their number.
fn merge(
    known: Sorted<Known>,
    links: &Path,
    rest: &Path,
    has_roots: bool,
    next: &mut Sorter<Known>,
    verdicts: &mut Sorter<Verdict>,
) -> Result<u64, ArchiveError> {
    let mut edges = RecordReader::<Edge>::open(links)?.peekable();
    let mut writer = RecordWriter::create(rest)?;
    let mut n_left = 0;
    for parent in known {
        let parent = parent?;
        n_left += pass_links_before(&mut edges, parent.id, &mut writer)?;
        let mut n_replies = 0;
        while let Some(Ok(edge)) = edges.peek()
            && edge.parent == parent.id
        {
            let (child, verdict) = parent.child(edge);
            verdicts.push(verdict)?;
            next.push(child)?;
            n_replies += 1;
            edges.next();
        }
        if has_roots && parent.fate == fate::IN_TREE {
            let fate = if n_replies == 0 { fate::UNANSWERED } else { fate::IN_TREE };
            verdicts.push(Verdict { order: parent.order, root: parent.order, parent: parent.order, depth: 1, fate })?;
        }
    }
    n_left += pass_links_before(&mut edges, u64::MAX, &mut writer)?;
    writer.finish()?;
    Ok(n_left)
}

/// Copies links to posts with smaller ids, all that are left if `id` is the largest number.
fn pass_links_before(
    edges: &mut Peekable<RecordReader<Edge>>,
    id: u64,
    writer: &mut RecordWriter<Edge>,
) -> Result<u64, ArchiveError> {
    let mut n_links = 0;
    while let Some(edge) = edges.next_if(|edge| edge.as_ref().map_or(true, |edge| edge.parent < id || id == u64::MAX)) {
        writer.write(&edge?)?;
        n_links += 1;
    }
    Ok(n_links)
}

/// Settles all posts below known ones, in memory; the rest lead in circles.
fn follow(links: &Path, known: Sorted<Known>, verdicts: &mut Sorter<Verdict>) -> Result<(), ArchiveError> {
    let mut replies: HashMap<u64, Vec<Edge>> = HashMap::new();
    for edge in RecordReader::<Edge>::open(links)? {
        let edge = edge?;
        replies.entry(edge.parent).or_default().push(edge);
    }
    let mut open: Vec<Known> = known.collect::<Result<_, _>>()?;
    while let Some(parent) = open.pop() {
        for edge in replies.remove(&parent.id).unwrap_or_default() {
            let (child, verdict) = parent.child(&edge);
            verdicts.push(verdict)?;
            open.push(child);
        }
    }
    // The verdicts are sorted, so the order of the table does not show.
    for edge in replies.into_values().flatten() {
        verdicts.push(circle(&edge))?;
    }
    Ok(())
}

fn circles(links: &Path, verdicts: &mut Sorter<Verdict>) -> Result<(), ArchiveError> {
    for edge in RecordReader::<Edge>::open(links)? {
        verdicts.push(circle(&edge?))?;
    }
    Ok(())
}

fn circle(edge: &Edge) -> Verdict {
    Verdict { order: edge.order, root: 0, parent: 0, depth: 0, fate: fate::CYCLE }
}
