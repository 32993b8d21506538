//! The third stage: posts in trees are sorted by conversation, and conversations are cut to pairs on all cores.

use std::io::{self, BufRead, BufReader, Read, Write};
use std::iter::Peekable;
use std::path::PathBuf;

use rayon::prelude::*;
use serde::{Deserialize, Serialize};

use super::link::{VERDICTS, Verdict, Verdicts, fate};
use super::near_duplicates::Collector;
use super::segments::{Posts, Segment};
use super::tree::{Outcome, cut};
use crate::context::{Context, Report, Steps};
use crate::post::{Head, PostRecord};
use crate::sorter::{Record, Sorted, Sorter, read_whole};
use crate::tally::{Tally, excerpt};
use crate::work::Work;
use crate::{ArchiveError, Fault};

/// The stage's output where it is a file.
const PAIRS: &str = "pairs";
/// What the stage counted.
const SUMMARY: &str = "pairs.json";

/// Posts of conversations that are cut at once on all cores.
const POSTS_PER_BATCH: usize = 1 << 15;

/// Conversations that one task of the thread pool cuts.
const CONVERSATIONS_PER_TASK: usize = 256;

/// A post within its conversation, ordered by root and input order.
#[derive(Debug)]
pub(crate) struct Member<B> {
    pub(crate) root: u64,
    pub(crate) order: u64,
    pub(crate) parent: u64,
    pub(crate) depth: u32,
    /// Its record: where it is in memory, or a copy.
    pub(crate) post: B,
}

impl<B> Member<B> {
    fn key(&self) -> (u64, u64) {
        (self.root, self.order)
    }
}

impl<B> PartialEq for Member<B> {
    fn eq(&self, other: &Self) -> bool {
        self.key() == other.key()
    }
}

impl<B> Eq for Member<B> {}

impl<B> Ord for Member<B> {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        self.key().cmp(&other.key())
    }
}

impl<B> PartialOrd for Member<B> {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

impl Record for Member<Box<[u8]>> {
    fn encode(&self, out: &mut Vec<u8>) {
        for number in [self.root, self.order, self.parent, u64::from(self.depth), self.post.len() as u64] {
            out.extend_from_slice(&number.to_le_bytes());
        }
        out.extend_from_slice(&self.post);
    }

    fn decode(reader: &mut impl BufRead) -> io::Result<Option<Self>> {
        let mut bytes = [0; 40];
        if !read_whole(reader, &mut bytes)? {
            return Ok(None);
        }
        let number = |idx: usize| {
            let mut number = [0; 8];
            number.copy_from_slice(&bytes[8 * idx..8 * idx + 8]);
            u64::from_le_bytes(number)
        };
        let mut post = vec![0; number(4) as usize].into_boxed_slice();
        reader.read_exact(&mut post)?;
        Ok(Some(Self { root: number(0), order: number(1), parent: number(2), depth: number(3) as u32, post }))
    }

    fn memory_bytes(&self) -> usize {
        // With the allocator's own share.
        size_of::<Self>() + self.post.len() + 16
    }
}

/// What decides about the split of a pair.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct PairHead {
    /// Of the root's text, under the seed.
    pub(crate) root_hash: u64,
    pub(crate) context_hash: u64,
    /// Of the root, in UTC.
    pub(crate) year: i32,
    /// Whether its context has enough distinct replies for test.
    pub(crate) eligible: bool,
}

impl PairHead {
    /// Bytes before the line: the head and the length of the line.
    const BYTES: usize = 25;
    const ELIGIBLE: usize = 24;

    /// Appends a pair, whose line `write_line` appends.
    pub(crate) fn encode(&self, out: &mut Vec<u8>, write_line: impl FnOnce(&mut Vec<u8>)) {
        let start = out.len();
        out.extend_from_slice(&self.root_hash.to_le_bytes());
        out.extend_from_slice(&self.context_hash.to_le_bytes());
        out.extend_from_slice(&self.year.to_le_bytes());
        out.extend_from_slice(&[0; 4]);
        out.push(u8::from(self.eligible));
        write_line(out);
        let line_bytes = (out.len() - start - Self::BYTES) as u32;
        out[start + 20..start + 24].copy_from_slice(&line_bytes.to_le_bytes());
    }

    /// The head of a pair and the length of its line.
    fn decode(bytes: &[u8; Self::BYTES]) -> (Self, usize) {
        let long = |at: usize| {
            let mut number = [0; 8];
            number.copy_from_slice(&bytes[at..at + 8]);
            u64::from_le_bytes(number)
        };
        let short = |at: usize| [bytes[at], bytes[at + 1], bytes[at + 2], bytes[at + 3]];
        let head = Self {
            root_hash: long(0),
            context_hash: long(8),
            year: i32::from_le_bytes(short(16)),
            eligible: bytes[Self::ELIGIBLE] != 0,
        };
        (head, u32::from_le_bytes(short(20)) as usize)
    }

    /// Makes those of the pairs eligible of whose contexts that holds.
    pub(crate) fn mark_eligible(mut pairs: &mut [u8], is_eligible: impl Fn(u64) -> bool) {
        while let Some((bytes, rest)) = pairs.split_first_chunk_mut::<{ Self::BYTES }>() {
            let (head, line_bytes) = Self::decode(bytes);
            bytes[Self::ELIGIBLE] = u8::from(is_eligible(head.context_hash));
            pairs = &mut rest[line_bytes..];
        }
    }
}

/// The stage's output: pairs in the order of their roots.
pub(crate) enum Pairs {
    /// In pieces of whole pairs.
    Memory(Vec<Vec<u8>>),
    /// All of a file.
    File(PathBuf),
}

impl Pairs {
    /// Shows all pairs with their numbers and lines.
    ///
    /// # Errors
    /// Those of `visit`; [`ArchiveError::Read`] or [`ArchiveError::DamagedWork`] for a file.
    pub(crate) fn visit(
        &self,
        mut visit: impl FnMut(u64, &PairHead, &[u8]) -> Result<(), ArchiveError>,
    ) -> Result<(), ArchiveError> {
        let mut numbers = 0..;
        let mut visit =
            |head: &PairHead, line: &[u8]| numbers.next().map_or(Ok(()), |number| visit(number, head, line));
        match self {
            Self::Memory(pieces) => {
                for piece in pieces {
                    let mut pairs = &piece[..];
                    while let Some((bytes, rest)) = pairs.split_first_chunk() {
                        let (head, line_bytes) = PairHead::decode(bytes);
                        let (line, rest) = rest.split_at(line_bytes);
                        visit(&head, line)?;
                        pairs = rest;
                    }
                }
                Ok(())
            }
            Self::File(path) => {
                let file = fs_err::File::open(path).map_err(ArchiveError::read(path))?;
                let mut reader = BufReader::with_capacity(1 << 18, file);
                let damaged = |_| ArchiveError::DamagedWork { path: path.clone() };
                let mut bytes = [0; PairHead::BYTES];
                let mut line = Vec::new();
                while read_whole(&mut reader, &mut bytes).map_err(damaged)? {
                    let (head, line_bytes) = PairHead::decode(&bytes);
                    line.resize(line_bytes, 0);
                    reader.read_exact(&mut line).map_err(damaged)?;
                    visit(&head, &line)?;
                }
                Ok(())
            }
        }
    }
}

/// What the stage counted.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub(crate) struct Summary {
    pub(crate) pairs: u64,
    /// Posts that are in no conversation, by reason.
    pub(crate) dropped: Tally,
    /// Replies in conversations that gave no pair, by reason.
    pub(crate) left_out: Tally,
    pub(crate) faults: Tally,
    pub(crate) conversations: u64,
    pub(crate) posts_in_conversations: u64,
}

/// Cuts all conversations to pairs.
pub(crate) fn pair(
    context: &Context,
    work: &Work,
    posts: &Posts,
    verdicts: &Verdicts,
    report: &mut Report<'_>,
) -> Result<(Summary, Pairs), ArchiveError> {
    let path = work.path(PAIRS);
    if let Some(summary) = work.load(SUMMARY) {
        return Ok((summary, Pairs::File(path)));
    }
    let near_duplicates = context.options.near_duplicates.map(|threshold| Collector::new(context, work, threshold));
    let mut output = Output { collector: near_duplicates.transpose()?, ..Output::default() };
    if posts.are_in_memory() {
        let mut members: Vec<Member<&[u8]>> = Vec::new();
        let sift = |segment| {
            let mut sift = Sift::new(context, work, verdicts.of(segment)?);
            segment.visit_in_memory(|_, record| sift.take(record))?;
            Ok(sift.sifted)
        };
        group(context, posts, &mut output.summary, report, sift, &mut |part| {
            members.extend(part);
            Ok(())
        })?;
        members.par_sort_unstable();
        output.take(cut_all(context, work, &members)?)?;
        output.near_duplicates(work)?;
        return Ok((output.summary, Pairs::Memory(output.pieces)));
    }
    let temporary = work.scratch().join("pairs-whole");
    let mut file = fs_err::File::create(&temporary).map_err(ArchiveError::write(&temporary))?;
    let mut sorter: Sorter<Member<Box<[u8]>>> =
        Sorter::new(&work.scratch(), "members", context.options.memory_bytes / 2);
    let sift = |segment: &Segment| {
        let mut sift = Sift::new(context, work, verdicts.of(segment)?);
        let mut buffer = context.records.take();
        segment.visit(&mut buffer, |_, record| sift.take(record))?;
        context.records.give(buffer);
        Ok(sift.sifted)
    };
    group(context, posts, &mut output.summary, report, sift, &mut |part| sorter.push_all(part))?;
    let members = sorter.finish()?.peekable();
    let mut conversations = Conversations { members, most_bytes: context.options.memory_bytes / 4 };
    let n_posts = output.summary.posts_in_conversations;
    let mut steps = Steps::new("pairing", n_posts, posts.sum.posts, report);
    let mut batch = conversations.next_batch(&mut output.summary)?;
    while !batch.is_empty() {
        // One batch is read while another one is cut.
        let (outcomes, next) =
            rayon::join(|| cut_all(context, work, &batch), || conversations.next_batch(&mut output.summary));
        output.take(outcomes?)?;
        output
            .pieces
            .drain(..)
            .try_for_each(|piece| file.write_all(&piece))
            .map_err(ArchiveError::write(&temporary))?;
        steps.steps(batch.len() as u64);
        batch = next?;
    }
    output.near_duplicates(work)?;
    work.publish(&temporary, PAIRS)?;
    work.save(SUMMARY, &output.summary)?;
    Ok((output.summary, Pairs::File(path)))
}

/// What was cut so far.
#[derive(Default)]
struct Output {
    summary: Summary,
    collector: Option<Collector>,
    pieces: Vec<Vec<u8>>,
}

impl Output {
    fn take(&mut self, outcomes: Vec<Outcome>) -> Result<(), ArchiveError> {
        for outcome in outcomes {
            self.summary.left_out.merge(outcome.left_out);
            self.summary.pairs += outcome.n_pairs;
            self.summary.conversations += outcome.n_conversations;
            if let Some(collector) = &mut self.collector {
                outcome.signatures.iter().try_for_each(|signature| collector.push(signature))?;
            }
            self.pieces.push(outcome.pairs);
        }
        Ok(())
    }

    fn near_duplicates(&mut self, work: &Work) -> Result<(), ArchiveError> {
        self.collector.take().map_or(Ok(()), |collector| collector.finish(work))
    }
}

/// Cuts whole conversations on all threads.
fn cut_all<B: AsRef<[u8]> + Sync>(
    context: &Context,
    work: &Work,
    members: &[Member<B>],
) -> Result<Vec<Outcome>, ArchiveError> {
    let conversations: Vec<&[Member<B>]> = members.chunk_by(|one, next| one.root == next.root).collect();
    let tasks = conversations.par_chunks(CONVERSATIONS_PER_TASK);
    let outcomes: Option<Vec<Outcome>> = tasks.map(|conversations| cut(context, conversations)).collect();
    outcomes.ok_or_else(|| ArchiveError::DamagedWork { path: work.scratch() })
}

/// Hands on the posts that are in trees, and counts what is left out.
fn group<'p, B: Send>(
    context: &Context,
    posts: &'p Posts,
    summary: &mut Summary,
    report: &mut Report<'_>,
    sift: impl Fn(&'p Segment) -> Result<Sifted<B>, ArchiveError> + Sync,
    take: &mut dyn FnMut(Vec<Member<B>>) -> Result<(), ArchiveError>,
) -> Result<(), ArchiveError> {
    let mut steps = Steps::new("grouping", posts.sum.posts, posts.sum.posts, report);
    for wave in posts.waves(context.wave_bytes()) {
        let parts: Vec<_> = wave.par_iter().map(&sift).collect();
        for (segment, part) in wave.iter().zip(parts) {
            let Sifted { members, counts } = part?;
            summary.dropped.merge(counts.dropped);
            summary.faults.merge(counts.faults);
            summary.posts_in_conversations += counts.posts_in_conversations;
            take(members)?;
            steps.steps(segment.n_posts);
        }
    }
    Ok(())
}

/// The posts of a segment that are in trees.
struct Sifted<B> {
    members: Vec<Member<B>>,
    counts: Summary,
}

/// Joins posts with their verdicts.
struct Sift<'c, V, B> {
    context: &'c Context,
    work: &'c Work,
    verdicts: V,
    sifted: Sifted<B>,
}

impl<'c, V: Iterator<Item = Result<Verdict, ArchiveError>>, B> Sift<'c, V, B> {
    fn new(context: &'c Context, work: &'c Work, verdicts: V) -> Self {
        Self { context, work, verdicts, sifted: Sifted { members: Vec::new(), counts: Summary::default() } }
    }

    fn take<'r>(&mut self, record: &'r [u8]) -> Result<(), ArchiveError>
    where
        B: From<&'r [u8]>,
    {
        let verdict = self.verdicts.next();
        let verdict = verdict.ok_or_else(|| ArchiveError::DamagedWork { path: self.work.path(VERDICTS) })??;
        let Verdict { root, order, parent, depth, fate } = verdict;
        if fate != fate::IN_TREE {
            return count(self.context, record, fate, &mut self.sifted.counts);
        }
        self.sifted.counts.posts_in_conversations += 1;
        // One more than the longest chain: that a chain is longer must show.
        if depth as usize <= self.context.options.max_depth + 1 {
            self.sifted.members.push(Member { root, order, parent, depth, post: record.into() });
        }
        Ok(())
    }
}

/// Counts a post that is in no conversation.
fn count(context: &Context, record: &[u8], fate: u8, summary: &mut Summary) -> Result<(), ArchiveError> {
    let place = || Head::of(record).map_or((0, 0), |head| (head.file as usize, head.line));
    let mut fault = |fault| {
        let (file, line) = place();
        context.fault(&mut summary.faults, file, line, fault)
    };
    let name = match fate {
        fate::DROPPED => return Ok(()),
        fate::CYCLE => return fault(Fault::Cycle),
        fate::CONFLICTING_ID => return fault(Fault::ConflictingId),
        fate::UNANSWERED => "unanswered",
        fate::PARENT_MISSING => "parent-missing",
        fate::PARENT_DROPPED => "parent-dropped",
        fate::REPEATED_ID => "repeated-id",
        filter => context.filters[usize::from(filter - fate::FILTER)].name,
    };
    summary.dropped.add(name, || {
        let (file, line) = place();
        let text = PostRecord::of(record).map_or("", |post| post.text);
        format!("{}: {}", context.place(file, line), excerpt(text))
    });
    Ok(())
}

/// The members of one conversation after the other.
struct Conversations {
    members: Peekable<Sorted<Member<Box<[u8]>>>>,
    /// A conversation that takes more memory is left out.
    most_bytes: usize,
}

impl Conversations {
    /// The members of some whole conversations; none at the end.
    fn next_batch(&mut self, summary: &mut Summary) -> Result<Vec<Member<Box<[u8]>>>, ArchiveError> {
        let mut batch: Vec<Member<Box<[u8]>>> = Vec::with_capacity(POSTS_PER_BATCH);
        while batch.len() < POSTS_PER_BATCH
            && let Some(first) = self.members.next().transpose()?
        {
            let (root, start) = (first.root, batch.len());
            let mut bytes = first.memory_bytes();
            let mut n_members = 1_u64;
            batch.push(first);
            while let Some(member) =
                self.members.next_if(|member| member.as_ref().map_or(true, |member| member.root == root))
            {
                let member = member?;
                n_members += 1;
                bytes += member.memory_bytes();
                if bytes <= self.most_bytes {
                    batch.push(member);
                } else {
                    batch.truncate(start);
                }
            }
            if bytes > self.most_bytes {
                let size = || format!("a conversation of {n_members} posts; --memory raises the limit");
                summary.dropped.add("conversation-too-large", size);
            }
        }
        Ok(batch)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pairs_round_trip() {
        let folder = tempfile::tempdir().unwrap();
        let head = PairHead { root_hash: 1, context_hash: 2, year: 2019, eligible: false };
        let mut bytes = Vec::new();
        head.encode(&mut bytes, |line| line.extend_from_slice(b"{}\n"));
        PairHead { context_hash: 3, ..head }.encode(&mut bytes, |line| line.extend_from_slice(b"{\"a\":1}\n"));
        PairHead::mark_eligible(&mut bytes, |context| context == 3);
        let path = folder.path().join(PAIRS);
        std::fs::write(&path, &bytes).unwrap();
        for pairs in [Pairs::Memory(vec![bytes.clone()]), Pairs::File(path.clone())] {
            let mut read = Vec::new();
            let visited = pairs.visit(|number, head, line| {
                read.push((number, *head, line.to_vec()));
                Ok(())
            });
            visited.unwrap();
            let second = PairHead { context_hash: 3, eligible: true, ..head };
            assert_eq!(read, [(0, head, b"{}\n".to_vec()), (1, second, b"{\"a\":1}\n".to_vec())]);
        }
        std::fs::write(&path, &bytes[..bytes.len() - 1]).unwrap();
        let cut = Pairs::File(path).visit(|_, _, _| Ok(()));
        assert!(matches!(cut, Err(ArchiveError::DamagedWork { .. })));
    }
}
