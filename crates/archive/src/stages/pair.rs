//! The third stage: posts in trees are sorted by conversation, and conversations are cut to pairs on all cores.

use std::io::{self, BufRead, BufReader};
use std::iter::Peekable;
use std::path::Path;

use rayon::prelude::*;
use serde::{Deserialize, Serialize};

use super::link::{VERDICTS, Verdict, fate};
use super::near_duplicates::Collector;
use super::read::{Posts, Segment};
use super::tree::{Member, Outcome, cut};
use crate::context::{Context, Report, Steps};
use crate::post::{PostRecord, read_bytes, skip};
use crate::sorter::{Record, RecordReader, RecordWriter, Sorted, Sorter, read_whole};
use crate::tally::{Tally, excerpt};
use crate::work::Work;
use crate::{ArchiveError, Fault};

/// The stage's output: [`PairRecord`]s in the order of their roots.
pub(crate) const PAIRS: &str = "pairs";
/// What the stage counted.
const SUMMARY: &str = "pairs.json";

/// Posts of conversations that are cut at once on all cores.
const POSTS_PER_BATCH: usize = 1 << 15;

/// Conversations that one task of the thread pool cuts.
const CONVERSATIONS_PER_TASK: usize = 256;

/// A pair with what decides about its split.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct PairRecord {
    /// Of the root's text, under the seed.
    pub(crate) root_hash: u64,
    pub(crate) context_hash: u64,
    /// Of the root, in UTC.
    pub(crate) year: i32,
    /// Whether its context has enough distinct replies for test.
    pub(crate) eligible: bool,
    /// The line of the split file.
    pub(crate) line: Vec<u8>,
}

impl PairRecord {
    /// Reads a pair without its line.
    pub(crate) fn decode_head(reader: &mut impl BufRead) -> io::Result<Option<Self>> {
        let Some((head, line_bytes)) = decode_fixed(reader)? else { return Ok(None) };
        skip(reader, line_bytes)?;
        Ok(Some(head))
    }
}

impl Record for PairRecord {
    fn encode(&self, out: &mut Vec<u8>) {
        out.extend_from_slice(&self.root_hash.to_le_bytes());
        out.extend_from_slice(&self.context_hash.to_le_bytes());
        out.extend_from_slice(&self.year.to_le_bytes());
        out.extend_from_slice(&(self.line.len() as u32).to_le_bytes());
        out.push(u8::from(self.eligible));
        out.extend_from_slice(&self.line);
    }

    fn decode(reader: &mut impl BufRead) -> io::Result<Option<Self>> {
        let Some((head, line_bytes)) = decode_fixed(reader)? else { return Ok(None) };
        Ok(Some(Self { line: read_bytes(reader, line_bytes)?, ..head }))
    }
}

fn decode_fixed(reader: &mut impl BufRead) -> io::Result<Option<(PairRecord, usize)>> {
    let mut bytes = [0; 25];
    if !read_whole(reader, &mut bytes)? {
        return Ok(None);
    }
    let mut long = [[0; 8]; 2];
    long[0].copy_from_slice(&bytes[..8]);
    long[1].copy_from_slice(&bytes[8..16]);
    let short = |at: usize| [bytes[at], bytes[at + 1], bytes[at + 2], bytes[at + 3]];
    let head = PairRecord {
        root_hash: u64::from_le_bytes(long[0]),
        context_hash: u64::from_le_bytes(long[1]),
        year: i32::from_le_bytes(short(16)),
        eligible: bytes[24] != 0,
        line: Vec::new(),
    };
    Ok(Some((head, u32::from_le_bytes(short(20)) as usize)))
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
    report: &mut Report<'_>,
) -> Result<Summary, ArchiveError> {
    if let Some(summary) = work.load(SUMMARY) {
        return Ok(summary);
    }
    let mut summary = Summary::default();
    let members = members(context, work, posts, &mut summary, report)?;
    let temporary = work.scratch().join("pairs-whole");
    let mut writer = RecordWriter::<PairRecord>::create(&temporary)?;
    let mut collector = Collector::new(context, work)?;
    let mut conversations = Conversations { members: members.peekable(), most_bytes: context.options.memory_bytes / 4 };
    let mut steps = Steps::new("pairing", summary.posts_in_conversations, posts.sum.posts, report);
    loop {
        let mut batch = conversations.next_batch(&mut summary)?;
        if batch.is_empty() {
            break;
        }
        let mut conversations: Vec<&mut [Member]> = batch.chunk_by_mut(|one, next| one.root == next.root).collect();
        summary.conversations += conversations.len() as u64;
        let tasks = conversations.par_chunks_mut(CONVERSATIONS_PER_TASK);
        let outcomes: Vec<Outcome> = tasks.map(|conversations| cut(context, conversations)).collect();
        for outcome in outcomes {
            summary.left_out.merge(outcome.left_out);
            summary.pairs += outcome.n_pairs;
            outcome.signatures.iter().try_for_each(|signature| collector.push(signature))?;
            writer.write_encoded(&outcome.pairs)?;
        }
        steps.steps(batch.len() as u64);
    }
    writer.finish()?;
    collector.finish(work)?;
    work.publish(&temporary, PAIRS)?;
    work.save(SUMMARY, &summary)?;
    Ok(summary)
}

/// Joins posts with their verdicts, counts what is left out, and sorts the rest by conversation.
fn members(
    context: &Context,
    work: &Work,
    posts: &Posts,
    summary: &mut Summary,
    report: &mut Report<'_>,
) -> Result<Sorted<Member>, ArchiveError> {
    let mut sorter = Sorter::new(&work.scratch(), "members", context.options.memory_bytes / 2);
    let mut steps = Steps::new("grouping", posts.sum.posts, posts.sum.posts, report);
    for wave in posts.waves(context.options.memory_bytes) {
        let parts: Vec<_> = wave.par_iter().map(|segment| members_of(context, work, segment)).collect();
        for (segment, part) in wave.iter().zip(parts) {
            let (members, counts) = part?;
            summary.dropped.merge(counts.dropped);
            summary.faults.merge(counts.faults);
            summary.posts_in_conversations += counts.posts_in_conversations;
            sorter.push_all(members)?;
            steps.steps(segment.n_posts);
        }
    }
    sorter.finish()
}

fn members_of(context: &Context, work: &Work, segment: &Segment) -> Result<(Vec<Member>, Summary), ArchiveError> {
    let damaged = |path: &Path| ArchiveError::DamagedWork { path: path.to_path_buf() };
    let path = work.path(VERDICTS);
    let mut verdicts = RecordReader::<Verdict>::open_at(&path, segment.first * Verdict::BYTES as u64)?;
    let file = fs_err::File::open(&segment.path).map_err(ArchiveError::read(&segment.path))?;
    let mut reader = BufReader::with_capacity(1 << 18, file);
    let (mut members, mut counts) = (Vec::new(), Summary::default());
    let mut post = PostRecord::default();
    for _ in 0..segment.n_posts {
        if !post.decode_over(&mut reader).unwrap_or(false) {
            return Err(damaged(&segment.path));
        }
        let Verdict { root, order, parent, depth, fate } = verdicts.next().ok_or_else(|| damaged(&path))??;
        if fate != fate::IN_TREE {
            count(context, &post, fate, &mut counts)?;
            continue;
        }
        counts.posts_in_conversations += 1;
        // One more than the longest chain: that a chain is longer must show.
        if depth as usize <= context.options.max_depth + 1 {
            members.push(Member::new(root, order, parent, depth, std::mem::take(&mut post)));
        }
    }
    Ok((members, counts))
}

/// Counts a post that is in no conversation.
fn count(context: &Context, post: &PostRecord, fate: u8, summary: &mut Summary) -> Result<(), ArchiveError> {
    let (file, line) = (post.head.file as usize, post.head.line);
    let name = match fate {
        fate::DROPPED => return Ok(()),
        fate::CYCLE => return context.fault(&mut summary.faults, file, line, Fault::Cycle),
        fate::CONFLICTING_ID => return context.fault(&mut summary.faults, file, line, Fault::ConflictingId),
        fate::UNANSWERED => "unanswered",
        fate::PARENT_MISSING => "parent-missing",
        fate::PARENT_DROPPED => "parent-dropped",
        fate::REPEATED_ID => "repeated-id",
        filter => context.filters[usize::from(filter - fate::FILTER)].name,
    };
    summary.dropped.add(name, || format!("{}: {}", context.place(file, line), excerpt(&post.text)));
    Ok(())
}

/// The members of one conversation after the other.
struct Conversations {
    members: Peekable<Sorted<Member>>,
    /// A conversation that takes more memory is left out.
    most_bytes: usize,
}

impl Conversations {
    /// The members of some whole conversations; none at the end.
    fn next_batch(&mut self, summary: &mut Summary) -> Result<Vec<Member>, ArchiveError> {
        let mut batch: Vec<Member> = Vec::with_capacity(POSTS_PER_BATCH);
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
    fn pair_records_round_trip() {
        let pair = PairRecord { root_hash: 1, context_hash: 2, year: 2019, eligible: true, line: b"{}\n".to_vec() };
        let mut bytes = Vec::new();
        pair.encode(&mut bytes);
        pair.encode(&mut bytes);
        let mut reader = &bytes[..];
        let head = PairRecord::decode_head(&mut reader).unwrap().unwrap();
        assert_eq!(PairRecord { line: pair.line.clone(), ..head }, pair);
        assert_eq!(PairRecord::decode(&mut reader).unwrap(), Some(pair));
        assert_eq!(PairRecord::decode(&mut reader).unwrap(), None);
    }
}
