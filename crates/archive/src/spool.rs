//! Records that are read again in the order in which they came: in memory as long as they fit, else in a file.

use std::path::{Path, PathBuf};

use crate::ArchiveError;
use crate::sorter::{Record, RecordReader, RecordWriter};

/// Takes records.
pub(crate) struct Spool<R> {
    path: PathBuf,
    most_records: usize,
    records: Vec<R>,
    writer: Option<RecordWriter<R>>,
    n_records: u64,
}

/// All records that a [`Spool`] took.
pub(crate) enum Spooled<R> {
    /// All fitted.
    Memory(Vec<R>),
    /// The file and the number of its records.
    File(PathBuf, u64),
}

impl<R: Record + Copy> Spool<R> {
    /// Keeps at most `budget_bytes` in memory; the file would be `name` in `folder`.
    pub(crate) fn new(folder: &Path, name: &str, budget_bytes: usize) -> Self {
        // A vector that grows has up to twice the size of what is in it while it is copied.
        let most_records = budget_bytes / (size_of::<R>() * 3 / 2);
        Self { path: folder.join(name), most_records, records: Vec::new(), writer: None, n_records: 0 }
    }

    /// Takes a record.
    ///
    /// # Errors
    /// [`ArchiveError::Write`] if it does not reach the disk.
    pub(crate) fn push(&mut self, record: R) -> Result<(), ArchiveError> {
        self.n_records += 1;
        if let Some(writer) = &mut self.writer {
            return writer.write(&record);
        }
        self.records.push(record);
        if self.records.len() < self.most_records {
            return Ok(());
        }
        let mut writer = RecordWriter::create(&self.path)?;
        self.records.iter().try_for_each(|record| writer.write(record))?;
        self.records = Vec::new();
        self.writer = Some(writer);
        Ok(())
    }

    /// What was taken.
    ///
    /// # Errors
    /// [`ArchiveError::Write`] if the rest does not reach the disk.
    pub(crate) fn finish(self) -> Result<Spooled<R>, ArchiveError> {
        let Some(writer) = self.writer else { return Ok(Spooled::Memory(self.records)) };
        writer.finish()?;
        Ok(Spooled::File(self.path, self.n_records))
    }
}

impl<R: Record + Copy> Spooled<R> {
    pub(crate) fn len(&self) -> u64 {
        match self {
            Self::Memory(records) => records.len() as u64,
            Self::File(_, n_records) => *n_records,
        }
    }

    /// The records in order.
    ///
    /// # Errors
    /// [`ArchiveError::Read`] if the file cannot be opened.
    pub(crate) fn iter(&self) -> Result<impl Iterator<Item = Result<R, ArchiveError>>, ArchiveError> {
        let (records, file) = match self {
            Self::Memory(records) => (&records[..], None),
            Self::File(path, _) => (&[][..], Some(RecordReader::open(path)?)),
        };
        Ok(records.iter().map(|record| Ok(*record)).chain(file.into_iter().flatten()))
    }
}

impl<R> Drop for Spooled<R> {
    fn drop(&mut self) {
        if let Self::File(path, _) = self {
            // What stays is removed with the work folder.
            let _ = fs_err::remove_file(path);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sorter::plain_record;

    plain_record!(Sample { value: u64 });

    #[test]
    fn records_come_back_in_order_from_memory_and_file() {
        let folder = tempfile::tempdir().unwrap();
        for (budget_bytes, n_files) in [(1 << 20, 0), (600, 1), (0, 1)] {
            let mut spool = Spool::new(folder.path(), "sample", budget_bytes);
            (0..1000).for_each(|value| spool.push(Sample { value }).unwrap());
            let spooled = spool.finish().unwrap();
            assert_eq!(spooled.len(), 1000);
            assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), n_files);
            for _ in 0..2 {
                let values: Vec<u64> = spooled.iter().unwrap().map(|record| record.unwrap().value).collect();
                assert!(values.into_iter().eq(0..1000));
            }
            drop(spooled);
            assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 0, "the file is removed");
        }
    }
}
