//! Finds the root of every reply, level by level: the posts whose fate is known, sorted by id, are merged with the links
//! to them, sorted by parent, which settles the next level. As soon as the links that are left fit in memory they are
//! followed there. Links that are left when no post is new lead in circles.

use super::link::{Node, Verdict, fate};
use crate::ArchiveError;
use crate::context::Context;
use crate::hash::Table;
use crate::sorter::{Sorted, Sorter, plain_record};
use crate::spool::{Spool, Spooled};
use crate::work::Work;

/// What a link takes in memory with its share of a hash table, about.
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
    unique: &Spooled<Node>,
    mut known: Sorter<Known>,
    edges: Sorter<Edge>,
    verdicts: &mut Sorter<Verdict>,
) -> Result<(), ArchiveError> {
    let (scratch, memory_bytes) = (work.scratch(), context.options.memory_bytes);
    let spool = |level: u32| Spool::new(&scratch, &format!("links-{}", level % 2), memory_bytes / 8);
    let mut links = orphans(edges, unique, spool(1), &mut known, verdicts)?;
    let mut level = 0;
    while links.len() > 0 || level == 0 {
        // Replies to roots are merged in any case: that tells which roots have none.
        if level > 0 && (links.len() as usize).saturating_mul(LINK_BYTES_IN_MEMORY) < memory_bytes / 4 {
            return follow(&links, known.finish()?, verdicts);
        }
        let known_now = std::mem::replace(&mut known, Sorter::new(&scratch, "known", memory_bytes / 6)).finish()?;
        let left = merge(known_now, &links, spool(level), level == 0, &mut known, verdicts)?;
        if left.len() == links.len() {
            return circles(&left, verdicts);
        }
        links = left;
        level += 1;
    }
    Ok(())
}

/// Links to posts that are not in the archive settle their posts; the others are left, by parent.
fn orphans(
    edges: Sorter<Edge>,
    unique: &Spooled<Node>,
    mut links: Spool<Edge>,
    known: &mut Sorter<Known>,
    verdicts: &mut Sorter<Verdict>,
) -> Result<Spooled<Edge>, ArchiveError> {
    let mut nodes = unique.iter()?;
    let mut node = nodes.next().transpose()?;
    for edge in edges.finish()? {
        let edge = edge?;
        while node.is_some_and(|node| node.id < edge.parent) {
            node = nodes.next().transpose()?;
        }
        if node.is_some_and(|node| node.id == edge.parent) {
            links.push(edge)?;
        } else {
            let fate = fate::PARENT_MISSING;
            verdicts.push(Verdict { order: edge.order, root: 0, parent: 0, depth: 0, fate })?;
            known.push(Known { id: edge.id, order: edge.order, root: 0, depth: 0, fate })?;
        }
    }
    links.finish()
}

/// Settles the posts that answer known ones; the links of others are left.
fn merge(
    known: Sorted<Known>,
    links: &Spooled<Edge>,
    mut left: Spool<Edge>,
    has_roots: bool,
    next: &mut Sorter<Known>,
    verdicts: &mut Sorter<Verdict>,
) -> Result<Spooled<Edge>, ArchiveError> {
    let mut edges = links.iter()?;
    let mut edge = edges.next().transpose()?;
    for parent in known {
        let parent = parent?;
        while let Some(before) = edge.filter(|edge| edge.parent < parent.id) {
            left.push(before)?;
            edge = edges.next().transpose()?;
        }
        let mut n_replies = 0;
        while let Some(reply) = edge.filter(|edge| edge.parent == parent.id) {
            let (child, verdict) = parent.child(&reply);
            verdicts.push(verdict)?;
            next.push(child)?;
            n_replies += 1;
            edge = edges.next().transpose()?;
        }
        if has_roots && parent.fate == fate::IN_TREE {
            let fate = if n_replies == 0 { fate::UNANSWERED } else { fate::IN_TREE };
            verdicts.push(Verdict { order: parent.order, root: parent.order, parent: parent.order, depth: 1, fate })?;
        }
    }
    while let Some(after) = edge {
        left.push(after)?;
        edge = edges.next().transpose()?;
    }
    left.finish()
}

/// Settles all posts below known ones, in memory; the rest lead in circles.
fn follow(links: &Spooled<Edge>, known: Sorted<Known>, verdicts: &mut Sorter<Verdict>) -> Result<(), ArchiveError> {
    let links: Vec<Edge> = links.iter()?.collect::<Result<_, _>>()?;
    let replies = links.chunk_by(|one, next| one.parent == next.parent);
    let mut replies: Table<u64, &[Edge]> = replies.map(|replies| (replies[0].parent, replies)).collect();
    let mut open: Vec<Known> = known.collect::<Result<_, _>>()?;
    while let Some(parent) = open.pop() {
        for edge in replies.remove(&parent.id).unwrap_or_default() {
            let (child, verdict) = parent.child(edge);
            verdicts.push(verdict)?;
            open.push(child);
        }
    }
    // The verdicts are sorted, so the order of the table does not show.
    for edge in replies.into_values().flatten() {
        verdicts.push(circle(edge))?;
    }
    Ok(())
}

fn circles(links: &Spooled<Edge>, verdicts: &mut Sorter<Verdict>) -> Result<(), ArchiveError> {
    for edge in links.iter()? {
        verdicts.push(circle(&edge?))?;
    }
    Ok(())
}

fn circle(edge: &Edge) -> Verdict {
    Verdict { order: edge.order, root: 0, parent: 0, depth: 0, fate: fate::CYCLE }
}
