//! The first stage: all posts of all files, decoded and parsed on all cores, in input order.
//!
//! Files are read in units, several at a time. What a unit gives is kept in memory as long as there is little of it, and
//! written in parts otherwise, each with a description of how far it reaches. A killed build goes on after the last whole
//! part of each unit; what was in memory is read again, which takes no time to speak of.

use std::io::{Read, Write};
use std::ops::{ControlFlow, Range};
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::mpsc::{self, RecvTimeoutError};
use std::thread;
use std::time::Duration;

use rayon::prelude::*;
use serde::{Deserialize, Serialize};

use super::judge::{Judged, judge};
use super::segments::{Posts, Records};
use crate::ArchiveError;
use crate::context::{BuildProgress, Context, Report};
use crate::input::values::{Block, BlockReader, Position};
use crate::input::{decode, units};
use crate::tally::Tally;
use crate::work::Work;

/// A part is closed when it is so large, or earlier where there is little memory.
const PART_BYTES: u64 = 16 << 20;

/// Values that one task of the thread pool judges.
const VALUES_PER_TASK: usize = 256;

/// Blocks that are decoded ahead of those being judged.
const BLOCKS_AHEAD: usize = 2;

/// What takes the blocks of a file.
type TakeBlock<'t> = dyn FnMut(Block) -> Result<ControlFlow<()>, ArchiveError> + 't;

/// What a part holds, and where the next one begins.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub(crate) struct Part {
    pub(crate) posts: u64,
    pub(crate) faults: Tally,
    pub(crate) changed: Tally,
    pub(crate) dropped: Tally,
    pub(crate) further_links: u64,
    pub(crate) bytes: u64,
    /// File and position at which the next part begins.
    file: usize,
    position: Position,
    /// Whether the unit has no further part.
    is_last: bool,
}

impl Part {
    /// Counts a part that comes later in the input.
    pub(crate) fn add(&mut self, later: Self) {
        self.posts += later.posts;
        self.further_links += later.further_links;
        self.faults.merge(later.faults);
        self.changed.merge(later.changed);
        self.dropped.merge(later.dropped);
    }
}

/// What all threads that read know.
struct Reading<'c> {
    context: &'c Context,
    work: &'c Work,
    next_unit: AtomicUsize,
    /// Units after one that failed need not be read; those before must, so that the first failure is reported.
    failed_unit: AtomicUsize,
    /// Threads that read. As soon as they are fewer than the cores each judges on all of them.
    n_readers: AtomicUsize,
    /// Of the records that stay in memory.
    kept_bytes: AtomicU64,
}

/// Reads what was not read before.
pub(crate) fn read(context: &Context, work: &Work, report: &mut Report<'_>) -> Result<Posts, ArchiveError> {
    let units = units(&context.files);
    let n_readers = context.threads.min(units.len());
    let reading = Reading {
        context,
        work,
        next_unit: AtomicUsize::new(0),
        failed_unit: AtomicUsize::new(usize::MAX),
        n_readers: AtomicUsize::new(n_readers),
        kept_bytes: AtomicU64::new(0),
    };
    let (sender, receiver) = mpsc::channel();
    let total = context.files.iter().map(|file| file.bytes).sum();
    let mut parts: Vec<Vec<(Part, Records)>> = units.iter().map(|_| Vec::new()).collect();
    thread::scope(|scope| {
        for _ in 0..n_readers {
            let (sender, units, reading) = (sender.clone(), &units, &reading);
            scope.spawn(move || {
                loop {
                    let number = reading.next_unit.fetch_add(1, Ordering::Relaxed);
                    let Some(files) = units.get(number) else { break };
                    let parts = Unit { reading, number, files: files.clone() }.read();
                    if parts.is_err() {
                        reading.failed_unit.fetch_min(number, Ordering::Relaxed);
                    }
                    // The receiver is there until all threads are done.
                    let _ = sender.send((number, parts));
                }
                reading.n_readers.fetch_sub(1, Ordering::Relaxed);
            });
        }
        drop(sender);
        let mut failure: Option<(usize, ArchiveError)> = None;
        loop {
            match receiver.recv_timeout(Duration::from_millis(100)) {
                Ok((number, Ok(read))) => parts[number] = read,
                Ok((number, Err(error))) => {
                    if failure.as_ref().is_none_or(|(earlier, _)| number < *earlier) {
                        failure = Some((number, error));
                    }
                }
                Err(RecvTimeoutError::Timeout) => {
                    let done = context.read_bytes.load(Ordering::Relaxed);
                    report(BuildProgress { stage: "reading", done, total, posts: context.posts() });
                }
                Err(RecvTimeoutError::Disconnected) => break,
            }
        }
        failure.map_or(Ok(()), |(_, error)| Err(error))
    })?;
    let mut posts = Posts::default();
    parts.into_iter().flatten().for_each(|(part, records)| posts.push(part, records));
    Ok(posts)
}

fn part_name(unit: usize, number: usize) -> String {
    format!("segments/{unit:06}-{number:05}")
}

/// Some consecutive files, read by one thread.
struct Unit<'r, 'c> {
    reading: &'r Reading<'c>,
    number: usize,
    files: Range<usize>,
}

impl Unit<'_, '_> {
    fn read(&self) -> Result<Vec<(Part, Records)>, ArchiveError> {
        let context = self.reading.context;
        let mut parts = self.read_before()?;
        let last =
            parts.last().map_or_else(|| Part { file: self.files.start, ..Part::default() }, |(part, _)| part.clone());
        // Progress counts what need not be read again.
        let end = if last.is_last { self.files.end } else { last.file };
        let skipped = context.files[self.files.start..end].iter().map(|file| file.bytes);
        context.read_bytes.fetch_add(skipped.sum(), Ordering::Relaxed);
        if last.is_last {
            return Ok(parts);
        }
        let mut open = OpenPart::default();
        for file in last.file..self.files.end {
            let start = if file == last.file { last.position } else { Position::default() };
            self.read_file(file, start, &mut open, &mut parts)?;
        }
        (open.part.is_last, open.part.file) = (true, self.files.end);
        parts.push(self.close(open, parts.len())?);
        Ok(parts)
    }

    /// The parts that a former build wrote.
    fn read_before(&self) -> Result<Vec<(Part, Records)>, ArchiveError> {
        let Reading { context, work, .. } = self.reading;
        let mut parts = Vec::new();
        while let Some(part) = work.load::<Part>(&format!("{}.json", part_name(self.number, parts.len()))) {
            let path = work.path(&format!("{}.posts", part_name(self.number, parts.len())));
            if !fs_err::metadata(&path).is_ok_and(|metadata| metadata.len() == part.bytes) {
                return Err(ArchiveError::DamagedWork { path });
            }
            context.read_posts.fetch_add(part.posts, Ordering::Relaxed);
            parts.push((part, Records::File(path)));
        }
        Ok(parts)
    }

    fn read_file(
        &self,
        file: usize,
        start: Position,
        open: &mut OpenPart,
        parts: &mut Vec<(Part, Records)>,
    ) -> Result<(), ArchiveError> {
        let context = self.reading.context;
        let part_bytes = (context.wave_bytes() / context.threads as u64).min(PART_BYTES);
        let count = |bytes| {
            context.read_bytes.fetch_add(bytes, Ordering::Relaxed);
        };
        let decoded = decode::open(&context.files[file].path, count)?;
        let blocks = BlockReader::new(decoded.reader, context.options.max_line_bytes, &context.blocks);
        let mut take = |block: Block| {
            if self.reading.failed_unit.load(Ordering::Relaxed) < self.number {
                return Ok(ControlFlow::Break(()));
            }
            self.judge_block(file, &block, open)?;
            if !decoded.is_compressed {
                count(block.bytes.len() as u64);
            }
            if open.part.bytes >= part_bytes {
                (open.part.file, open.part.position) = (file, block.end);
                parts.push(self.close(std::mem::take(open), parts.len())?);
            }
            context.blocks.give(block.bytes);
            Ok(ControlFlow::Continue(()))
        };
        if decoded.is_compressed {
            blocks_ahead(blocks, start, &mut take)
        } else {
            blocks_in_turn(blocks, start, &mut take)
        }
    }

    /// Judges a block: on this thread as long as all the others read, too, else on all cores.
    fn judge_block(&self, file: usize, block: &Block, open: &mut OpenPart) -> Result<(), ArchiveError> {
        let context = self.reading.context;
        let mut faults = block.faults.clone();
        let mut take = |judged: Judged| {
            faults.extend_from_slice(&judged.faults);
            context.read_posts.fetch_add(judged.posts, Ordering::Relaxed);
            open.push(judged);
        };
        if self.reading.n_readers.load(Ordering::Relaxed) >= context.threads {
            take(judge(context, file, &block.bytes, &block.values));
        } else {
            let tasks: Vec<Judged> = context.pool.install(|| {
                let tasks = block.values.par_chunks(VALUES_PER_TASK);
                tasks.map(|values| judge(context, file, &block.bytes, values)).collect()
            });
            tasks.into_iter().for_each(take);
        }
        faults.sort_by_key(|(line, _)| *line);
        for (line, fault) in faults {
            context.fault(&mut open.part.faults, file, line, fault)?;
        }
        Ok(())
    }

    /// Keeps a whole part in memory if there is room, else writes it.
    fn close(&self, open: OpenPart, number: usize) -> Result<(Part, Records), ArchiveError> {
        let Reading { context, work, kept_bytes, .. } = self.reading;
        let OpenPart { part, pieces } = open;
        if kept_bytes.fetch_add(part.bytes, Ordering::Relaxed) + part.bytes <= context.wave_bytes() {
            return Ok((part, Records::Memory(pieces)));
        }
        let name = part_name(self.number, number);
        let temporary = work.path(&format!("{name}.unfinished"));
        let write_error = ArchiveError::write(&temporary);
        let written = fs_err::File::create(&temporary).and_then(|mut file| {
            pieces.into_iter().try_for_each(|piece| {
                file.write_all(&piece)?;
                context.records.give(piece);
                Ok(())
            })
        });
        written.map_err(write_error)?;
        let published = format!("{name}.posts");
        work.publish(&temporary, &published)?;
        work.save(&format!("{name}.json"), &part)?;
        Ok((part, Records::File(work.path(&published))))
    }
}

/// A part in the making.
#[derive(Default)]
struct OpenPart {
    part: Part,
    pieces: Vec<Vec<u8>>,
}

impl OpenPart {
    fn push(&mut self, judged: Judged) {
        self.part.bytes += judged.bytes.len() as u64;
        self.part.posts += judged.posts;
        self.part.further_links += judged.further_links;
        self.part.changed.merge(judged.changed);
        self.part.dropped.merge(judged.dropped);
        self.pieces.push(judged.bytes);
    }
}

/// Reads and judges on one thread.
fn blocks_in_turn<R: Read>(
    mut blocks: BlockReader<'_, R>,
    start: Position,
    take: &mut TakeBlock<'_>,
) -> Result<(), ArchiveError> {
    blocks.skip_to(start);
    while let Some(block) = blocks.next_block()
        && take(block)?.is_continue()
    {}
    Ok(())
}

/// Decodes on a thread of its own, ahead of what is judged.
fn blocks_ahead<R: Read + Send>(
    mut blocks: BlockReader<'_, R>,
    start: Position,
    take: &mut TakeBlock<'_>,
) -> Result<(), ArchiveError> {
    thread::scope(|scope| {
        let (sender, receiver) = mpsc::sync_channel::<Block>(BLOCKS_AHEAD);
        scope.spawn(move || {
            blocks.skip_to(start);
            // Sending fails when the other side has stopped.
            while let Some(block) = blocks.next_block()
                && sender.send(block).is_ok()
            {}
        });
        for block in receiver {
            if take(block)?.is_break() {
                break;
            }
        }
        Ok(())
    })
}
