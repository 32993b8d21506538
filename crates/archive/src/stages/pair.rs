//! The third stage: posts in trees are sorted by conversation, and conversations are cut to pairs on all cores.

use std::io::{self, BufRead, Write};
use std::iter::Peekable;

use rayon::prelude::*;
use serde::{Deserialize, Serialize};

use super::link::{VERDICTS, Verdict, Verdicts, fate};
use super::near_duplicates::Collector;
use super::pairs::Pairs;
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
