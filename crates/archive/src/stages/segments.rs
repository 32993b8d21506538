//! The posts that were read, in input order: in memory as long as they take a small share of what a build may use, else
//! in files.

use std::io::Read;
use std::path::PathBuf;

use super::read::Part;
use crate::ArchiveError;
use crate::post::next_record;

/// Post records, one after the other.
#[derive(Debug)]
pub(crate) enum Records {
    /// In pieces of whole records.
    Memory(Vec<Vec<u8>>),
    /// All of a file.
    File(PathBuf),
}

/// Some consecutive posts.
#[derive(Debug)]
pub(crate) struct Segment {
    records: Records,
    /// Number of its first post in the input.
    pub(crate) first: u64,
    pub(crate) n_posts: u64,
    bytes: u64,
}

impl Segment {
    /// The pieces of a segment that is in memory.
    fn in_memory(&self) -> Option<&[Vec<u8>]> {
        match &self.records {
            Records::Memory(pieces) => Some(pieces),
            Records::File(_) => None,
        }
    }

    /// Shows all its records with their numbers. What is in a file is read over `buffer`.
    ///
    /// # Errors
    /// Those of `visit`; [`ArchiveError::Read`], and [`ArchiveError::DamagedWork`] if there are fewer posts.
    pub(crate) fn visit(
        &self,
        buffer: &mut Vec<u8>,
        mut visit: impl FnMut(u64, &[u8]) -> Result<(), ArchiveError>,
    ) -> Result<(), ArchiveError> {
        match &self.records {
            Records::Memory(_) => self.visit_in_memory(&mut visit),
            Records::File(path) => {
                let mut file = fs_err::File::open(path).map_err(ArchiveError::read(path))?;
                buffer.clear();
                file.read_to_end(buffer).map_err(ArchiveError::read(path))?;
                let mut numbers = self.first..self.first + self.n_posts;
                visit_records(buffer, &mut numbers, &mut visit)?;
                numbers.next().map_or(Ok(()), |_| Err(ArchiveError::DamagedWork { path: path.clone() }))
            }
        }
    }

    /// As [`Segment::visit`], for records in memory, which are there for as long as the segment is.
    pub(crate) fn visit_in_memory<'s>(
        &'s self,
        mut visit: impl FnMut(u64, &'s [u8]) -> Result<(), ArchiveError>,
    ) -> Result<(), ArchiveError> {
        let mut numbers = self.first..self.first + self.n_posts;
        let pieces = self.in_memory().unwrap_or_default();
        pieces.iter().try_for_each(|piece| visit_records(piece, &mut numbers, &mut visit))
    }
}

fn visit_records<'r>(
    mut records: &'r [u8],
    numbers: &mut std::ops::Range<u64>,
    visit: &mut impl FnMut(u64, &'r [u8]) -> Result<(), ArchiveError>,
) -> Result<(), ArchiveError> {
    while let Some(record) = next_record(&mut records)
        && let Some(number) = numbers.next()
    {
        visit(number, record)?;
    }
    Ok(())
}

/// All that was read.
#[derive(Debug, Default)]
pub(crate) struct Posts {
    /// In input order.
    pub(crate) segments: Vec<Segment>,
    /// What all parts say, together.
    pub(crate) sum: Part,
}

impl Posts {
    /// Takes what comes next in the input.
    pub(crate) fn push(&mut self, part: Part, records: Records) {
        self.segments.push(Segment { records, first: self.sum.posts, n_posts: part.posts, bytes: part.bytes });
        self.sum.add(part);
    }

    /// Whether nothing of it is in files.
    pub(crate) fn are_in_memory(&self) -> bool {
        self.segments.iter().all(|segment| segment.in_memory().is_some())
    }

    /// Segments that can be in memory at once, when they may take `memory_bytes`; at least one at a time.
    pub(crate) fn waves(&self, memory_bytes: u64) -> impl Iterator<Item = &[Segment]> {
        let mut rest = &self.segments[..];
        std::iter::from_fn(move || {
            let mut bytes = 0;
            let fits = |segment: &&Segment| {
                bytes += segment.bytes;
                bytes <= memory_bytes
            };
            let n_segments = rest.iter().take_while(fits).count().max(1).min(rest.len());
            let (wave, later) = rest.split_at(n_segments);
            rest = later;
            (!wave.is_empty()).then_some(wave)
        })
    }
}
