//! One conversation: a root with all that answers it, to pairs.
//!
//! A chain leads from the root to a message that nobody answers. As in the paper, a chain counts if it is not too long
//! and has exactly two authors, and pairs are cut from chains that count. A pair that several chains share is one pair.
//!
//! Deviation: the authors' code gives such a pair once for every chain (model.md 7a), which also inflates the number of
//! replies of test contexts; and it keeps a message that its own author answers, if a second author comes later.

use std::borrow::Cow;
use std::collections::HashSet;
use std::hash::BuildHasherDefault;

use chrono::{DateTime, Datelike};
use serde::Serialize;

use super::near_duplicates::{Signature, signature};
use super::pair::Member;
use super::pairs::PairHead;
use crate::context::Context;
use crate::filters::Scope;
use crate::hash::{AsItIs, Table, hash, keyed};
use crate::post::{Head, PostRecord};
use crate::tally::{Tally, excerpt};

/// A post within its conversation.
struct Turn<'m> {
    order: u64,
    /// Number of the post that it answers.
    answers: u64,
    depth: u32,
    head: Head,
    text: Cow<'m, str>,
    id: &'m str,
}

impl<'m> Turn<'m> {
    fn of<B: AsRef<[u8]>>(member: &'m Member<B>) -> Option<Self> {
        let PostRecord { head, text, id } = PostRecord::of(member.post.as_ref())?;
        let Member { order, parent, depth, .. } = *member;
        Some(Self { order, answers: parent, depth, head, text: Cow::Borrowed(text), id })
    }
}

/// What conversations gave.
#[derive(Default)]
pub(crate) struct Outcome {
    /// Pairs as [`PairHead`] writes them, one after the other.
    pub(crate) pairs: Vec<u8>,
    pub(crate) n_pairs: u64,
    pub(crate) n_conversations: u64,
    pub(crate) signatures: Vec<Signature>,
    /// Replies that gave no pair, by reason.
    pub(crate) left_out: Tally,
}

/// Cuts pairs from conversations, whose members are in input order; nothing if one of these is damaged.
pub(crate) fn cut<B: AsRef<[u8]>>(context: &Context, conversations: &[&[Member<B>]]) -> Option<Outcome> {
    let mut tree = Tree {
        context,
        turns: Vec::new(),
        root: 0,
        nodes: Vec::new(),
        seen: HashSet::default(),
        n_replies: Table::default(),
        outcome: Outcome { n_conversations: conversations.len() as u64, ..Outcome::default() },
    };
    for members in conversations {
        if tree.grow(members)? {
            tree.filter_replies();
            tree.mark_chains();
            tree.cut();
        }
    }
    Some(tree.outcome)
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

/// One conversation after the other, in the same memory.
struct Tree<'m> {
    context: &'m Context,
    turns: Vec<Turn<'m>>,
    root: usize,
    nodes: Vec<Node>,
    /// Hashes of the contexts and replies that gave a pair.
    seen: HashSet<(u64, u64), BuildHasherDefault<AsItIs>>,
    /// Distinct replies to each context.
    n_replies: Table<u64, usize>,
    outcome: Outcome,
}

impl<'m> Tree<'m> {
    /// Takes a conversation in place of the last; says whether it has a root, or nothing if a member is damaged.
    fn grow<B: AsRef<[u8]>>(&mut self, members: &'m [Member<B>]) -> Option<bool> {
        self.turns.clear();
        for member in members {
            self.turns.push(Turn::of(member)?);
        }
        let Some(root) = members.iter().position(|member| member.order == member.root) else { return Some(false) };
        self.root = root;
        self.nodes.clear();
        self.nodes.resize(members.len(), Node { parent: root, ..Node::default() });
        // From the last to the first, so that the replies to a message are in input order.
        for (idx, turn) in self.turns.iter().enumerate().rev() {
            // Parents of posts in a tree are in the tree.
            if let Ok(parent) = self.turns.binary_search_by_key(&turn.answers, |turn| turn.order)
                && idx != root
            {
                self.nodes[idx].parent = parent;
                self.nodes[idx].next_sibling = self.nodes[parent].first_reply.replace(idx);
            }
        }
        Some(true)
    }

    fn text(&self, idx: usize) -> &str {
        &self.turns[idx].text
    }

    fn leave_out(&mut self, reason: &str, idx: usize) {
        let (context, Turn { head, text, .. }) = (self.context, &self.turns[idx]);
        let example = || format!("{}: {}", context.place(head.file as usize, head.line), excerpt(text));
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
                self.turns[reply].text = Cow::Owned(rewritten);
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
        for leaf in 0..self.turns.len() {
            if !self.nodes[leaf].is_kept || leaf == self.root || self.is_answered(leaf) {
                continue;
            }
            let is_long = self.turns[leaf].depth as usize > self.context.options.max_depth;
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
        let user = |idx: usize| self.turns[idx].head.user;
        let (first, mut second) = (user(leaf), None);
        let mut is_third = |user: u64| user != first && *second.get_or_insert(user) != user;
        let has_third = self.path(leaf).map(user).any(&mut is_third);
        !has_third && second.is_some()
    }

    /// Writes the pairs, replies to one message together.
    fn cut(&mut self) {
        let deepest = if self.context.options.multi_turn { self.context.options.max_depth } else { 2 };
        let is_reply = |turn: &Turn<'_>| (2..=deepest).contains(&(turn.depth as usize));
        let mut replies: Vec<usize> =
            (0..self.turns.len()).filter(|idx| self.nodes[*idx].is_kept && is_reply(&self.turns[*idx])).collect();
        replies.sort_by_key(|idx| (self.nodes[*idx].parent, *idx));
        let root_hash = keyed(self.context.options.seed, self.text(self.root).as_bytes());
        let year = year(self.turns[self.root].head.seconds);
        self.seen.clear();
        self.n_replies.clear();
        let mut pairs = std::mem::take(&mut self.outcome.pairs);
        let start = pairs.len();
        for reply in replies {
            if let Some(reason) = self.no_pair(reply) {
                self.leave_out(reason, reply);
                continue;
            }
            let turns = self.context_of(reply);
            let context_hash = hash(turns.as_bytes());
            let reply_hash = hash(self.text(reply).as_bytes());
            if self.seen.contains(&(context_hash, reply_hash)) {
                self.leave_out("duplicate-pair", reply);
                continue;
            }
            let signature = self.context.options.near_duplicates.map(|_| signature(&turns, self.text(reply)));
            let head = PairHead { root_hash, context_hash, year, eligible: false };
            head.encode(&mut pairs, |line| self.write_line(line, &turns, reply));
            self.seen.insert((context_hash, reply_hash));
            *self.n_replies.entry(context_hash).or_default() += 1;
            self.outcome.signatures.extend(signature);
            self.outcome.n_pairs += 1;
        }
        let enough = self.context.options.min_test_replies;
        PairHead::mark_eligible(&mut pairs[start..], |context| self.n_replies[&context] >= enough);
        self.outcome.pairs = pairs;
    }

    /// Why a reply gives no pair.
    fn no_pair(&self, reply: usize) -> Option<&'static str> {
        if !self.nodes[reply].on_chain {
            return Some(if self.nodes[reply].on_long_chain { "chain-too-long" } else { "no-two-speaker-chain" });
        }
        let parent = self.nodes[reply].parent;
        if self.turns[reply].head.user == self.turns[parent].head.user {
            return Some("self-reply");
        }
        let filter = self.path(reply).map(|idx| self.turns[idx].head.pair_filter).filter(|filter| *filter != 0).last();
        filter.map(|filter| self.context.filters[usize::from(filter) - 1].name)
    }

    /// All that was said from the root to the message that is answered, or the last turns of it.
    fn context_of(&self, reply: usize) -> Cow<'_, str> {
        let parent = self.nodes[reply].parent;
        let most = self.context.options.context_turns.unwrap_or(usize::MAX);
        if parent == self.root || most == 1 {
            return Cow::Borrowed(self.text(parent));
        }
        let mut turns: Vec<&str> = self.path(parent).take(most).map(|idx| self.text(idx)).collect();
        turns.reverse();
        Cow::Owned(turns.join(&self.context.options.turn_separator))
    }

    fn write_line(&self, line: &mut Vec<u8>, context: &str, reply: usize) {
        let id = |idx: usize| Some(self.turns[idx].id).filter(|id| !id.is_empty());
        let (context_id, response_id) = (id(self.nodes[reply].parent), id(reply));
        // Strings always can be written as JSON.
        let _ =
            serde_json::to_writer(&mut *line, &Line { context, response: self.text(reply), context_id, response_id });
        line.push(b'\n');
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
