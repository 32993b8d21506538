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

/// Opens a file for reading what is in it, decoded; `count` is told how many bytes of a compressed file are used.
///
/// # Errors
/// [`ArchiveError::Read`] if it cannot be opened. Damaged data show as errors of the reader.
pub(crate) fn open<'a>(path: &Path, count: impl Fn(u64) + Send + 'a) -> Result<Decoded<'a>, ArchiveError> {
    let file = File::open(path).map_err(ArchiveError::read(path))?;
    // Small: larger reads than that go past the buffer, without a copy; into memory that need not be cleared first, as long
    // as every reader on the way is of the standard library.
    let mut reader = BufReader::with_capacity(1 << 15, file.into_parts().0);
    let start = reader.fill_buf().map_err(ArchiveError::read(path))?;
    let start = *start.first_chunk::<4>().unwrap_or(&[0; 4]);
    let compressed = |reader| Ok(Decoded { reader, is_compressed: true });
    match start {
        [0x1f, 0x8b, ..] => compressed(Box::new(MultiGzDecoder::new(Counting { inner: reader, count }))),
        [b'B', b'Z', b'h', ..] => compressed(Box::new(MultiBzDecoder::new(Counting { inner: reader, count }))),
        [0x28, 0xb5, 0x2f, 0xfd] => {
            let reader = Counting { inner: reader, count };
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

impl<R: BufRead, F: Fn(u64)> Read for Counting<R, F> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let n_bytes = self.inner.read(buffer)?;
        (self.count)(n_bytes as u64);
        Ok(n_bytes)
    }
}

impl<R: BufRead, F: Fn(u64)> BufRead for Counting<R, F> {
    fn fill_buf(&mut self) -> io::Result<&[u8]> {
        self.inner.fill_buf()
    }

    fn consume(&mut self, n_bytes: usize) {
        self.inner.consume(n_bytes);
        (self.count)(n_bytes as u64);
    }
}
