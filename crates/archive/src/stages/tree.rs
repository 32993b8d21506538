//! One conversation: a root with all that answers it, to pairs.
//!
//! A chain leads from the root to a message that nobody answers. As in the paper, a chain counts if it is not too long
//! and has exactly two authors, and pairs are cut from chains that count. A pair that several chains share is one pair.
//!
//! Deviation: the authors' code gives such a pair once for every chain (model.md 7a), which also inflates the number of
//! replies of test contexts; and it keeps a message that its own author answers, if a second author comes later.

use std::collections::{BTreeMap, HashSet};
use std::hash::BuildHasherDefault;

use chrono::{DateTime, Datelike};
use serde::Serialize;

use super::near_duplicates::{Signature, signature};
use super::pair::PairRecord;
use crate::context::Context;
use crate::filters::Scope;
use crate::hash::{AsItIs, hash, keyed};
use crate::post::PostRecord;
use crate::sorter::Record;
use crate::tally::{Tally, excerpt};

/// A post within its conversation, ordered by root and input order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Member {
    pub(crate) root: u64,
    pub(crate) order: u64,
    pub(crate) parent: u64,
    pub(crate) depth: u32,
    /// Of the post in memory.
    post_bytes: u32,
    /// Apart, because members are moved when they are sorted.
    pub(crate) post: Box<PostRecord>,
}

impl Member {
    pub(crate) fn new(root: u64, order: u64, parent: u64, depth: u32, post: PostRecord) -> Self {
        let post_bytes = post.memory_bytes().min(u32::MAX as usize) as u32;
        Self { root, order, parent, depth, post_bytes, post: Box::new(post) }
    }
}

impl Ord for Member {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        (self.root, self.order).cmp(&(other.root, other.order))
    }
}

impl PartialOrd for Member {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

impl Record for Member {
    fn encode(&self, out: &mut Vec<u8>) {
        for number in [self.root, self.order, self.parent, u64::from(self.depth)] {
            out.extend_from_slice(&number.to_le_bytes());
        }
        self.post.encode(out);
    }

    fn decode(reader: &mut impl std::io::BufRead) -> std::io::Result<Option<Self>> {
        let mut bytes = [0; 32];
        if !crate::sorter::read_whole(reader, &mut bytes)? {
            return Ok(None);
        }
        let number = |idx: usize| {
            let mut number = [0; 8];
            number.copy_from_slice(&bytes[8 * idx..8 * idx + 8]);
            u64::from_le_bytes(number)
        };
        let post = PostRecord::decode(reader)?.ok_or(std::io::ErrorKind::UnexpectedEof)?;
        Ok(Some(Self::new(number(0), number(1), number(2), number(3) as u32, post)))
    }

    fn memory_bytes(&self) -> usize {
        size_of::<Self>() + self.post_bytes as usize
    }
}

/// What conversations gave.
#[derive(Default)]
pub(crate) struct Outcome {
    /// [`PairRecord`]s, one after the other.
    pub(crate) pairs: Vec<u8>,
    pub(crate) n_pairs: u64,
    pub(crate) signatures: Vec<Signature>,
    /// Replies that gave no pair, by reason.
    pub(crate) left_out: Tally,
}

/// Cuts pairs from conversations; the members of each are in input order.
pub(crate) fn cut(context: &Context, conversations: &mut [&mut [Member]]) -> Outcome {
    let mut outcome = Outcome::default();
    for members in conversations {
        let Some(root) = members.iter().position(|member| member.order == member.root) else { continue };
        let mut tree = Tree::new(context, members, root, &mut outcome);
        tree.filter_replies();
        tree.mark_chains();
        tree.cut();
    }
    outcome
}

/// A message in its tree.
#[derive(Clone, Default)]
struct Node {
    parent: usize,
    first_reply: Option<usize>,
    next_sibling: Option<usize>,
    /// Whether it is still there after the filters that compare it with its parent.
    is_kept: bool,
    /// Whether it is on a chain that counts.
    on_chain: bool,
    /// Whether it is on a chain that is too long.
    on_long_chain: bool,
}

struct Tree<'t> {
    context: &'t Context,
    members: &'t mut [Member],
    root: usize,
    nodes: Vec<Node>,
    outcome: &'t mut Outcome,
}

impl<'t> Tree<'t> {
    fn new(context: &'t Context, members: &'t mut [Member], root: usize, outcome: &'t mut Outcome) -> Self {
        let mut nodes = vec![Node { parent: root, ..Node::default() }; members.len()];
        // From the last to the first, so that the replies to a message are in input order.
        for (idx, member) in members.iter().enumerate().rev() {
            // Parents of posts in a tree are in the tree.
            if let Ok(parent) = members.binary_search_by_key(&member.parent, |member| member.order)
                && idx != root
            {
                nodes[idx].parent = parent;
                nodes[idx].next_sibling = nodes[parent].first_reply.replace(idx);
            }
        }
        Self { context, members, root, nodes, outcome }
    }

    fn text(&self, idx: usize) -> &str {
        &self.members[idx].post.text
    }

    fn leave_out(&mut self, reason: &str, idx: usize) {
        let (context, post) = (self.context, &self.members[idx].post);
        let example = || format!("{}: {}", context.place(post.head.file as usize, post.head.line), excerpt(&post.text));
        self.outcome.left_out.add(reason, example);
    }

    /// From the root down: a reply that is dropped takes all below it along.
    fn filter_replies(&mut self) {
        self.nodes[self.root].is_kept = true;
        let mut open = vec![self.root];
        while let Some(parent) = open.pop() {
            let mut next = self.nodes[parent].first_reply;
            while let Some(reply) = next {
                next = self.nodes[reply].next_sibling;
                if let Some(reason) = self.drop_reason(parent, reply) {
                    self.leave_out(reason, reply);
                    self.leave_out_below(reply);
                } else {
                    self.nodes[reply].is_kept = true;
                    open.push(reply);
                }
            }
        }
    }

    fn drop_reason(&mut self, parent: usize, reply: usize) -> Option<&'static str> {
        for active in self.context.filters.iter().filter(|active| active.scope == Scope::Message) {
            if let Some(rewritten) = active.filter.rewrites_reply(self.text(parent), self.text(reply)) {
                self.members[reply].post.text = rewritten;
            }
            if active.filter.drops_reply(self.text(parent), self.text(reply)) {
                return Some(active.name);
            }
        }
        None
    }

    fn leave_out_below(&mut self, dropped: usize) {
        let mut open: Vec<usize> = self.replies(dropped).collect();
        while let Some(idx) = open.pop() {
            self.leave_out("parent-dropped", idx);
            open.extend(self.replies(idx));
        }
    }

    /// Replies to a message in input order.
    fn replies(&self, idx: usize) -> impl Iterator<Item = usize> {
        std::iter::successors(self.nodes[idx].first_reply, |reply| self.nodes[*reply].next_sibling)
    }

    fn is_answered(&self, idx: usize) -> bool {
        self.replies(idx).any(|reply| self.nodes[reply].is_kept)
    }

    /// From a message up to the root.
    fn path(&self, idx: usize) -> impl Iterator<Item = usize> {
        std::iter::successors(Some(idx), |at| (*at != self.root).then(|| self.nodes[*at].parent))
    }

    /// Marks what is on chains that count, and on those that are too long.
    fn mark_chains(&mut self) {
        for leaf in 0..self.members.len() {
            if !self.nodes[leaf].is_kept || leaf == self.root || self.is_answered(leaf) {
                continue;
            }
            let is_long = self.members[leaf].depth as usize > self.context.options.max_depth;
            if !is_long && self.context.options.two_speakers && !self.has_two_speakers(leaf) {
                continue;
            }
            let mark = |node: &mut Node| {
                std::mem::replace(if is_long { &mut node.on_long_chain } else { &mut node.on_chain }, true)
            };
            let mut at = leaf;
            while !mark(&mut self.nodes[at]) && at != self.root {
                at = self.nodes[at].parent;
            }
        }
    }

    fn has_two_speakers(&self, leaf: usize) -> bool {
        let user = |idx: usize| self.members[idx].post.head.user;
        let (first, mut second) = (user(leaf), None);
        let mut is_third = |user: u64| user != first && *second.get_or_insert(user) != user;
        let has_third = self.path(leaf).map(user).any(&mut is_third);
        !has_third && second.is_some()
    }

    /// Writes the pairs, replies to one message together.
    fn cut(&mut self) {
        let deepest = if self.context.options.multi_turn { self.context.options.max_depth } else { 2 };
        let is_reply = |member: &Member| (2..=deepest).contains(&(member.depth as usize));
        let mut replies: Vec<usize> =
            (0..self.members.len()).filter(|idx| self.nodes[*idx].is_kept && is_reply(&self.members[*idx])).collect();
        replies.sort_by_key(|idx| (self.nodes[*idx].parent, *idx));
        let root_hash = keyed(self.context.options.seed, self.text(self.root).as_bytes());
        let year = year(self.members[self.root].post.head.seconds);
        let mut seen: HashSet<(u64, u64), BuildHasherDefault<AsItIs>> = HashSet::default();
        let mut replies_of: BTreeMap<u64, usize> = BTreeMap::new();
        let mut pairs = Vec::new();
        for reply in replies {
            if let Some(reason) = self.no_pair(reply) {
                self.leave_out(reason, reply);
                continue;
            }
            let turns = self.context_of(reply);
            let context_hash = hash(turns.as_bytes());
            if !seen.insert((context_hash, hash(self.text(reply).as_bytes()))) {
                self.leave_out("duplicate-pair", reply);
                continue;
            }
            *replies_of.entry(context_hash).or_default() += 1;
            if self.context.options.near_duplicates.is_some() {
                self.outcome.signatures.push(signature(&turns, self.text(reply)));
            }
            let line = self.line(&turns, reply);
            pairs.push(PairRecord { root_hash, context_hash, year, eligible: false, line });
        }
        for mut pair in pairs {
            pair.eligible = replies_of[&pair.context_hash] >= self.context.options.min_test_replies;
            pair.encode(&mut self.outcome.pairs);
            self.outcome.n_pairs += 1;
        }
    }

    /// Why a reply gives no pair.
    fn no_pair(&self, reply: usize) -> Option<&'static str> {
        if !self.nodes[reply].on_chain {
            return Some(if self.nodes[reply].on_long_chain { "chain-too-long" } else { "no-two-speaker-chain" });
        }
        let parent = self.nodes[reply].parent;
        if self.members[reply].post.head.user == self.members[parent].post.head.user {
            return Some("self-reply");
        }
        let filter =
            self.path(reply).map(|idx| self.members[idx].post.head.pair_filter).filter(|filter| *filter != 0).last();
        filter.map(|filter| self.context.filters[usize::from(filter) - 1].name)
    }

    /// All that was said from the root to the message that is answered, or the last turns of it.
    fn context_of(&self, reply: usize) -> String {
        let most = self.context.options.context_turns.unwrap_or(usize::MAX);
        let mut turns: Vec<&str> = self.path(self.nodes[reply].parent).take(most).map(|idx| self.text(idx)).collect();
        turns.reverse();
        turns.join(&self.context.options.turn_separator)
    }

    fn line(&self, context: &str, reply: usize) -> Vec<u8> {
        let id = |idx: usize| Some(self.members[idx].post.id.as_str()).filter(|id| !id.is_empty());
        let (context_id, response_id) = (id(self.nodes[reply].parent), id(reply));
        let mut line = Vec::with_capacity(context.len() + self.text(reply).len() + 32);
        let pair = Line { context, response: self.text(reply), context_id, response_id };
        // Strings always can be written as JSON.
        let _ = serde_json::to_writer(&mut line, &pair);
        line.push(b'\n');
        line
    }
}

/// A line of a split file.
#[derive(Serialize)]
struct Line<'l> {
    context: &'l str,
    response: &'l str,
    #[serde(skip_serializing_if = "Option::is_none")]
    context_id: Option<&'l str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    response_id: Option<&'l str>,
}

fn year(seconds: i64) -> i32 {
    DateTime::from_timestamp(seconds, 0).map_or(0, |time| time.year())
}
