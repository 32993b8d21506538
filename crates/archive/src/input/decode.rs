//! Opening a file, compressed or not. The compression is told from the first bytes, whatever the file is called.

use std::io::{self, BufRead, BufReader, Read};
use std::path::Path;

use bzip2::bufread::MultiBzDecoder;
use flate2::bufread::MultiGzDecoder;
use fs_err::File;

use crate::ArchiveError;

/// Windows of up to 2 GiB, as dumps packed with `zstd --long=31` have.
const LARGEST_ZSTD_WINDOW: u32 = 31;

/// A file as a stream of what is in it.
pub(crate) struct Decoded<'a> {
    pub(crate) reader: Box<dyn Read + Send + 'a>,
    /// Whether decoding takes time, more than reading does.
    pub(crate) is_compressed: bool,
}

/// Opens a file for reading what is in it, decoded; `count` is told how many bytes are read from the disk.
///
/// # Errors
/// [`ArchiveError::Read`] if it cannot be opened. Damaged data show as errors of the reader.
pub(crate) fn open<'a>(path: &Path, count: impl Fn(u64) + Send + 'a) -> Result<Decoded<'a>, ArchiveError> {
    let file = File::open(path).map_err(ArchiveError::read(path))?;
    // Small: larger reads than that go past the buffer, without a copy.
    let mut reader = BufReader::with_capacity(1 << 15, Counting { inner: file, count });
    let start = reader.fill_buf().map_err(ArchiveError::read(path))?;
    let compressed = |reader| Ok(Decoded { reader, is_compressed: true });
    match start {
        [0x1f, 0x8b, ..] => compressed(Box::new(MultiGzDecoder::new(reader))),
        [b'B', b'Z', b'h', ..] => compressed(Box::new(MultiBzDecoder::new(reader))),
        [0x28, 0xb5, 0x2f, 0xfd, ..] => {
            let mut decoder = zstd::stream::read::Decoder::with_buffer(reader).map_err(ArchiveError::read(path))?;
            decoder.window_log_max(LARGEST_ZSTD_WINDOW).map_err(ArchiveError::read(path))?;
            compressed(Box::new(decoder))
        }
        _ => Ok(Decoded { reader: Box::new(reader), is_compressed: false }),
    }
}

struct Counting<R, F> {
    inner: R,
    count: F,
}

impl<R: Read, F: Fn(u64)> Read for Counting<R, F> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let n_bytes = self.inner.read(buffer)?;
        (self.count)(n_bytes as u64);
        Ok(n_bytes)
    }
}
