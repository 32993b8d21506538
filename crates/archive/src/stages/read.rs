//! The first stage: all posts of all files, decoded and parsed on all cores, in input order on disk.
//!
//! Files are read in units, several at a time; what a unit gives is written in parts, each with a description of how far
//! it reaches. A killed build goes on after the last whole part of each unit.

use std::io::{BufWriter, Read, Write};
use std::ops::{ControlFlow, Range};
use std::path::PathBuf;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc::{self, RecvTimeoutError};
use std::thread;
use std::time::Duration;

use rayon::prelude::*;
use serde::{Deserialize, Serialize};

use super::judge::{Judged, judge};
use crate::ArchiveError;
use crate::context::{BuildProgress, Context, Report};
use crate::input::values::{Block, BlockReader, Position};
use crate::input::{decode, units};
use crate::tally::Tally;
use crate::work::Work;

/// A part is closed when it is so large: at most this much is read again after a kill.
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
    bytes: u64,
    /// File and position at which the next part begins.
    file: usize,
    position: Position,
    /// Whether the unit has no further part.
    is_last: bool,
}

/// A file of post records.
#[derive(Debug)]
pub(crate) struct Segment {
    pub(crate) path: PathBuf,
    /// Number of its first post in the input.
    pub(crate) first: u64,
    pub(crate) n_posts: u64,
    bytes: u64,
}

/// All that was read.
#[derive(Debug, Default)]
pub(crate) struct Posts {
    /// In input order.
    segments: Vec<Segment>,
    /// What all parts say, together.
    pub(crate) sum: Part,
}

impl Posts {
    /// Segments that can be in memory at once, when all may take `memory_bytes`; at least one at a time.
    pub(crate) fn waves(&self, memory_bytes: usize) -> impl Iterator<Item = &[Segment]> {
        let mut rest = &self.segments[..];
        std::iter::from_fn(move || {
            let mut bytes = 0;
            let fits = |segment: &&Segment| {
                bytes += segment.bytes;
                bytes <= memory_bytes as u64 / 16
            };
            let n_segments = rest.iter().take_while(fits).count().max(1).min(rest.len());
            let (wave, later) = rest.split_at(n_segments);
            rest = later;
            (!wave.is_empty()).then_some(wave)
        })
    }
}

/// Reads what was not read before.
pub(crate) fn read(context: &Context, work: &Work, report: &mut Report<'_>) -> Result<Posts, ArchiveError> {
    let units = units(&context.files);
    let next_unit = AtomicUsize::new(0);
    // Units after one that failed need not be read; those before must, so that the first failure is reported.
    let failed_unit = AtomicUsize::new(usize::MAX);
    let (sender, receiver) = mpsc::channel();
    let total = context.files.iter().map(|file| file.bytes).sum();
    thread::scope(|scope| {
        for _ in 0..context.threads.min(units.len()) {
            let (sender, units, next_unit, failed_unit) = (sender.clone(), &units, &next_unit, &failed_unit);
            scope.spawn(move || {
                loop {
                    let number = next_unit.fetch_add(1, Ordering::Relaxed);
                    let Some(files) = units.get(number) else { break };
                    let (files, n_units) = (files.clone(), units.len());
                    let unit = Unit { context, work, number, files, failed_unit, next_unit, n_units };
                    if let Err(error) = unit.read() {
                        failed_unit.fetch_min(number, Ordering::Relaxed);
                        // The receiver is there until all threads are done.
                        let _ = sender.send((number, error));
                    }
                }
            });
        }
        drop(sender);
        let mut failure: Option<(usize, ArchiveError)> = None;
        loop {
            match receiver.recv_timeout(Duration::from_millis(100)) {
                Ok(new) if failure.as_ref().is_none_or(|(number, _)| new.0 < *number) => failure = Some(new),
                Ok(_) => {}
                Err(RecvTimeoutError::Timeout) => {
                    let done = context.read_bytes.load(Ordering::Relaxed);
                    report(BuildProgress { stage: "reading", done, total, posts: context.posts() });
                }
                Err(RecvTimeoutError::Disconnected) => break,
            }
        }
        failure.map_or(Ok(()), |(_, error)| Err(error))
    })?;
    collect(work, units.len())
}

/// The parts of all units in order.
fn collect(work: &Work, n_units: usize) -> Result<Posts, ArchiveError> {
    let mut posts = Posts::default();
    for unit in 0..n_units {
        for number in 0.. {
            let name = part_name(unit, number);
            let path = work.path(&format!("{name}.posts"));
            let part: Part =
                work.load(&format!("{name}.json")).ok_or_else(|| ArchiveError::DamagedWork { path: path.clone() })?;
            let is_whole = fs_err::metadata(&path).is_ok_and(|metadata| metadata.len() == part.bytes);
            if !is_whole {
                return Err(ArchiveError::DamagedWork { path });
            }
            let is_last = part.is_last;
            posts.segments.push(Segment { path, first: posts.sum.posts, n_posts: part.posts, bytes: part.bytes });
            posts.sum.posts += part.posts;
            posts.sum.further_links += part.further_links;
            posts.sum.faults.merge(part.faults);
            posts.sum.changed.merge(part.changed);
            posts.sum.dropped.merge(part.dropped);
            if is_last {
                break;
            }
        }
    }
    Ok(posts)
}

fn part_name(unit: usize, number: usize) -> String {
    format!("segments/{unit:06}-{number:05}")
}

/// Some consecutive files, read by one thread.
struct Unit<'c> {
    context: &'c Context,
    work: &'c Work,
    number: usize,
    files: Range<usize>,
    failed_unit: &'c AtomicUsize,
    /// The next unit that nobody has begun, and how many there are.
    next_unit: &'c AtomicUsize,
    n_units: usize,
}

impl<'c> Unit<'c> {
    fn read(&self) -> Result<(), ArchiveError> {
        let mut n_parts = 0;
        let mut last = Part { file: self.files.start, ..Part::default() };
        while let Some(part) = self.work.load::<Part>(&format!("{}.json", part_name(self.number, n_parts))) {
            self.context.read_posts.fetch_add(part.posts, Ordering::Relaxed);
            last = part;
            n_parts += 1;
        }
        // Progress counts what need not be read again.
        let skipped =
            self.context.files[self.files.start..last.file.max(self.files.start)].iter().map(|file| file.bytes);
        self.context.read_bytes.fetch_add(skipped.sum(), Ordering::Relaxed);
        if last.is_last {
            let rest = self.context.files[last.file..self.files.end].iter().map(|file| file.bytes);
            self.context.read_bytes.fetch_add(rest.sum(), Ordering::Relaxed);
            return Ok(());
        }
        let mut writer = PartWriter::create(self.work, part_name(self.number, n_parts))?;
        for file in last.file..self.files.end {
            let start = if file == last.file { last.position } else { Position::default() };
            self.read_file(file, start, &mut writer, &mut n_parts)?;
        }
        (writer.part.is_last, writer.part.file) = (true, self.files.end);
        writer.finish()
    }

    fn read_file(
        &self,
        file: usize,
        start: Position,
        writer: &mut PartWriter<'c>,
        n_parts: &mut usize,
    ) -> Result<(), ArchiveError> {
        let context = self.context;
        let count = |bytes| {
            context.read_bytes.fetch_add(bytes, Ordering::Relaxed);
        };
        let decoded = decode::open(&context.files[file].path, count)?;
        let blocks = BlockReader::new(decoded.reader, context.options.max_line_bytes, &context.blocks);
        let mut take = |block: Block| {
            if self.failed_unit.load(Ordering::Relaxed) < self.number {
                return Ok(ControlFlow::Break(()));
            }
            self.judge_block(file, &block, writer)?;
            if writer.part.bytes >= PART_BYTES {
                (writer.part.file, writer.part.position) = (file, block.end);
                *n_parts += 1;
                let next = PartWriter::create(self.work, part_name(self.number, *n_parts))?;
                std::mem::replace(writer, next).finish()?;
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

    /// Judges a block: on this thread as long as the others have units of their own, then on all.
    fn judge_block(&self, file: usize, block: &Block, writer: &mut PartWriter<'_>) -> Result<(), ArchiveError> {
        let context = self.context;
        let mut faults = block.faults.clone();
        let mut take = |judged: Judged| -> Result<(), ArchiveError> {
            faults.extend_from_slice(&judged.faults);
            context.read_posts.fetch_add(judged.posts, Ordering::Relaxed);
            context.records.give(writer.write(judged)?);
            Ok(())
        };
        if self.next_unit.load(Ordering::Relaxed) < self.n_units {
            take(judge(context, file, &block.bytes, &block.values))?;
        } else {
            let tasks: Vec<Judged> = context.pool.install(|| {
                let tasks = block.values.par_chunks(VALUES_PER_TASK);
                tasks.map(|values| judge(context, file, &block.bytes, values)).collect()
            });
            tasks.into_iter().try_for_each(take)?;
        }
        faults.sort_by_key(|(line, _)| *line);
        for (line, fault) in faults {
            context.fault(&mut writer.part.faults, file, line, fault)?;
        }
        Ok(())
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

/// A part in the making.
struct PartWriter<'w> {
    work: &'w Work,
    name: String,
    temporary: PathBuf,
    writer: BufWriter<fs_err::File>,
    part: Part,
}

impl<'w> PartWriter<'w> {
    fn create(work: &'w Work, name: String) -> Result<Self, ArchiveError> {
        let temporary = work.path(&format!("{name}.unfinished"));
        let file = fs_err::File::create(&temporary).map_err(ArchiveError::write(&temporary))?;
        let writer = BufWriter::with_capacity(1 << 18, file);
        Ok(Self { work, name, temporary, writer, part: Part::default() })
    }

    /// Writes the records and gives back their memory.
    fn write(&mut self, judged: Judged) -> Result<Vec<u8>, ArchiveError> {
        self.writer.write_all(&judged.bytes).map_err(ArchiveError::write(&self.temporary))?;
        self.part.bytes += judged.bytes.len() as u64;
        self.part.posts += judged.posts;
        self.part.further_links += judged.further_links;
        self.part.changed.merge(judged.changed);
        self.part.dropped.merge(judged.dropped);
        Ok(judged.bytes)
    }

    fn finish(mut self) -> Result<(), ArchiveError> {
        self.writer.flush().map_err(ArchiveError::write(&self.temporary))?;
        self.work.publish(&self.temporary, &format!("{}.posts", self.name))?;
        self.work.save(&format!("{}.json", self.name), &self.part)
    }
}
