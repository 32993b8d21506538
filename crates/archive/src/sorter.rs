//! Sorting more records than fit in memory: sorted runs on disk, merged at the end.
//!
//! Owns runs and the memory they may take. Equal records keep no order, so a record type orders all its fields that
//! matter.

use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::collections::binary_heap::PeekMut;
use std::io::{self, BufRead, BufReader, Seek, SeekFrom, Write};
use std::marker::PhantomData;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU32, Ordering};

use fs_err::File;
use rayon::prelude::*;

use crate::ArchiveError;

/// Buffer of each file that is read or written in sequence.
const BUFFER_BYTES: usize = 1 << 18;

/// Something that can be written to a file and read back.
pub(crate) trait Record: Send + Sized {
    /// Appends the record's bytes.
    fn encode(&self, out: &mut Vec<u8>);

    /// Reads a record, or nothing at the end of the file.
    ///
    /// # Errors
    /// What the reader says, and `UnexpectedEof` within a record.
    fn decode(reader: &mut impl BufRead) -> io::Result<Option<Self>>;

    /// What it takes in memory, its heap included.
    fn memory_bytes(&self) -> usize {
        size_of::<Self>()
    }
}

/// Defines a record of plain numbers; it is ordered by its fields from the first to the last.
macro_rules! plain_record {
    ($(#[$meta:meta])* $name:ident { $($(#[$field_meta:meta])* $field:ident: $type:ty),* $(,)? }) => {
        $(#[$meta])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
        pub(crate) struct $name { $($(#[$field_meta])* pub(crate) $field: $type),* }

        impl $name {
            /// Of a record in a file.
            pub(crate) const BYTES: usize = 0 $(+ size_of::<$type>())*;
        }

        impl $crate::sorter::Record for $name {
            fn encode(&self, out: &mut Vec<u8>) {
                let mut bytes = [0; Self::BYTES];
                let mut at = 0;
                $(
                    bytes[at..at + size_of::<$type>()].copy_from_slice(&self.$field.to_le_bytes());
                    at += size_of::<$type>();
                )*
                debug_assert_eq!(at, Self::BYTES);
                out.extend_from_slice(&bytes);
            }

            fn decode(reader: &mut impl std::io::BufRead) -> std::io::Result<Option<Self>> {
                let mut bytes = [0; Self::BYTES];
                if !$crate::sorter::read_whole(reader, &mut bytes)? {
                    return Ok(None);
                }
                let mut at = 0;
                $(
                    let mut field = [0; size_of::<$type>()];
                    field.copy_from_slice(&bytes[at..at + size_of::<$type>()]);
                    at += size_of::<$type>();
                    let $field = <$type>::from_le_bytes(field);
                )*
                debug_assert_eq!(at, Self::BYTES);
                Ok(Some(Self { $($field),* }))
            }
        }
    };
}
pub(crate) use plain_record;

/// Fills the buffer, or says that the file has ended before its first byte.
pub(crate) fn read_whole(reader: &mut impl BufRead, bytes: &mut [u8]) -> io::Result<bool> {
    if reader.fill_buf()?.is_empty() {
        return Ok(false);
    }
    reader.read_exact(bytes)?;
    Ok(true)
}

/// Takes records in any order.
pub(crate) struct Sorter<R> {
    /// Of its runs' paths.
    prefix: PathBuf,
    budget_bytes: usize,
    used_bytes: usize,
    records: Vec<R>,
    runs: Vec<PathBuf>,
}

impl<R: Record + Ord> Sorter<R> {
    /// Keeps its runs in `folder` under `name` and a number of its own, for another sorter of that name may be read
    /// meanwhile, and at most `budget_bytes` of records in memory.
    pub(crate) fn new(folder: &Path, name: &'static str, budget_bytes: usize) -> Self {
        static NEXT: AtomicU32 = AtomicU32::new(0);
        let prefix = folder.join(format!("{name}-{}", NEXT.fetch_add(1, Ordering::Relaxed)));
        Self { prefix, budget_bytes, used_bytes: 0, records: Vec::new(), runs: Vec::new() }
    }

    /// Takes a record.
    ///
    /// # Errors
    /// [`ArchiveError::Write`] if a run does not reach the disk.
    pub(crate) fn push(&mut self, record: R) -> Result<(), ArchiveError> {
        // A vector that grows has up to twice the size of what is in it while it is copied.
        self.used_bytes += record.memory_bytes() + size_of::<R>() / 2;
        self.records.push(record);
        if self.used_bytes >= self.budget_bytes { self.spill() } else { Ok(()) }
    }

    /// Takes several records at once.
    ///
    /// # Errors
    /// [`ArchiveError::Write`] if a run does not reach the disk.
    pub(crate) fn push_all(&mut self, records: Vec<R>) -> Result<(), ArchiveError> {
        self.used_bytes += records.iter().map(|record| record.memory_bytes() + size_of::<R>() / 2).sum::<usize>();
        self.records.extend(records);
        if self.used_bytes >= self.budget_bytes { self.spill() } else { Ok(()) }
    }

    fn spill(&mut self) -> Result<(), ArchiveError> {
        sort(&mut self.records);
        let path = PathBuf::from(format!("{}-{:05}.run", self.prefix.display(), self.runs.len()));
        let mut writer = RecordWriter::create(&path)?;
        for record in self.records.drain(..) {
            writer.write(&record)?;
        }
        writer.finish()?;
        self.runs.push(path);
        self.used_bytes = 0;
        Ok(())
    }

    /// The records in order.
    ///
    /// # Errors
    /// [`ArchiveError::Write`] or [`ArchiveError::Read`] if a run cannot be written or opened.
    pub(crate) fn finish(mut self) -> Result<Sorted<R>, ArchiveError> {
        if self.runs.is_empty() {
            sort(&mut self.records);
            return Ok(Sorted::Memory(self.records.into_iter()));
        }
        self.spill()?;
        self.records = Vec::new();
        let mut readers = Vec::new();
        let mut heads = BinaryHeap::new();
        for (run, path) in self.runs.into_iter().enumerate() {
            let mut reader = RecordReader::open(&path)?;
            if let Some(record) = reader.next().transpose()? {
                heads.push(Reverse((record, run)));
            }
            readers.push((reader, path));
        }
        Ok(Sorted::Merged(Merge { readers, heads }))
    }
}

/// On all threads where that is worth it: with few records one thread is sooner done.
fn sort<R: Record + Ord>(records: &mut [R]) {
    const MANY: usize = 1 << 14;
    if records.len() < MANY { records.sort_unstable() } else { records.par_sort_unstable() }
}

/// Sorted records, from memory or from runs.
pub(crate) enum Sorted<R> {
    /// All fitted in memory.
    Memory(std::vec::IntoIter<R>),
    /// Merged from runs, which are removed at the end.
    Merged(Merge<R>),
}

/// Several sorted files being merged.
pub(crate) struct Merge<R> {
    readers: Vec<(RecordReader<R>, PathBuf)>,
    heads: BinaryHeap<Reverse<(R, usize)>>,
}

impl<R: Record + Ord> Iterator for Sorted<R> {
    type Item = Result<R, ArchiveError>;

    fn next(&mut self) -> Option<Self::Item> {
        match self {
            Self::Memory(records) => records.next().map(Ok),
            Self::Merged(merge) => {
                let mut first = merge.heads.peek_mut()?;
                match merge.readers[first.0.1].0.next() {
                    // The next record of the run in its place is put in order at once.
                    Some(Ok(next)) => Some(Ok(std::mem::replace(&mut first.0.0, next))),
                    Some(Err(error)) => Some(Err(error)),
                    None => Some(Ok(PeekMut::pop(first).0.0)),
                }
            }
        }
    }
}

impl<R> Drop for Merge<R> {
    fn drop(&mut self) {
        for (_, path) in &self.readers {
            // What stays is removed with the work folder.
            let _ = fs_err::remove_file(path);
        }
    }
}

/// Writes records one after the other.
pub(crate) struct RecordWriter<R> {
    path: PathBuf,
    file: File,
    buffer: Vec<u8>,
    record: PhantomData<fn(R)>,
}

impl<R: Record> RecordWriter<R> {
    pub(crate) fn create(path: &Path) -> Result<Self, ArchiveError> {
        let file = File::create(path).map_err(ArchiveError::write(path))?;
        Ok(Self { path: path.to_path_buf(), file, buffer: Vec::new(), record: PhantomData })
    }

    pub(crate) fn write(&mut self, record: &R) -> Result<(), ArchiveError> {
        record.encode(&mut self.buffer);
        if self.buffer.len() < BUFFER_BYTES { Ok(()) } else { self.flush() }
    }

    pub(crate) fn finish(mut self) -> Result<(), ArchiveError> {
        self.flush()
    }

    fn flush(&mut self) -> Result<(), ArchiveError> {
        self.file.write_all(&self.buffer).map_err(ArchiveError::write(&self.path))?;
        self.buffer.clear();
        Ok(())
    }
}

/// Reads records one after the other.
pub(crate) struct RecordReader<R> {
    path: PathBuf,
    reader: BufReader<File>,
    record: PhantomData<fn() -> R>,
}

impl<R: Record> RecordReader<R> {
    pub(crate) fn open(path: &Path) -> Result<Self, ArchiveError> {
        Self::open_at(path, 0)
    }

    /// Begins so many bytes after the beginning.
    pub(crate) fn open_at(path: &Path, bytes: u64) -> Result<Self, ArchiveError> {
        let mut file = File::open(path).map_err(ArchiveError::read(path))?;
        file.seek(SeekFrom::Start(bytes)).map_err(ArchiveError::read(path))?;
        let reader = BufReader::with_capacity(BUFFER_BYTES, file);
        Ok(Self { path: path.to_path_buf(), reader, record: PhantomData })
    }
}

impl<R: Record> Iterator for RecordReader<R> {
    type Item = Result<R, ArchiveError>;

    fn next(&mut self) -> Option<Self::Item> {
        match R::decode(&mut self.reader) {
            Ok(record) => record.map(Ok),
            Err(_) => Some(Err(ArchiveError::DamagedWork { path: self.path.clone() })),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    plain_record!(Sample { key: u64, value: u32 });

    #[test]
    fn runs_on_disk_give_the_same_order_as_memory() {
        let folder = tempfile::tempdir().unwrap();
        let records: Vec<Sample> = (0..5000_u64)
            .map(|idx| Sample { key: crate::hash::hash(&idx.to_le_bytes()) % 97, value: idx as u32 })
            .collect();
        let sorted = |budget_bytes| {
            let mut sorter = Sorter::new(folder.path(), "sample", budget_bytes);
            records.iter().for_each(|record| sorter.push(*record).unwrap());
            let sorted = sorter.finish().unwrap();
            assert_eq!(matches!(sorted, Sorted::Merged(_)), budget_bytes < 1 << 20);
            sorted.map(Result::unwrap).collect::<Vec<_>>()
        };
        let mut expected = records.clone();
        expected.sort();
        assert_eq!(sorted(1 << 20), expected);
        assert_eq!(sorted(4096), expected);
        assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 0, "runs are removed");
    }

    #[test]
    fn a_cut_file_is_an_error() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("cut");
        std::fs::write(&path, [1; 13]).unwrap();
        let read: Vec<_> = RecordReader::<Sample>::open(&path).unwrap().take(2).collect();
        assert!(read[0].is_ok());
        assert!(matches!(read[1], Err(ArchiveError::DamagedWork { .. })));
    }
}
