//! Lines of a file of any size, with an upper bound on the memory that one line may take.
//!
//! Owns line numbers, line ends (LF or CRLF), the leading byte order mark and the BLAKE3 of what was read.

use std::io::{self, BufRead, Read};

const BYTE_ORDER_MARK: &[u8] = b"\xef\xbb\xbf";

/// Reads lines one by one into one buffer.
pub(crate) struct Lines<R> {
    reader: R,
    max_bytes: usize,
    number: u64,
    buffer: Vec<u8>,
}

/// One line without its line end.
pub(crate) struct Line<'a> {
    /// Counted from 1.
    pub(crate) number: u64,
    /// `None` if the line is longer than the bound; it has then been skipped.
    pub(crate) bytes: Option<&'a [u8]>,
}

impl<R: BufRead> Lines<R> {
    /// Lines of at most `max_bytes` bytes each, line end not counted.
    pub(crate) fn new(reader: R, max_bytes: usize) -> Self {
        Self { reader, max_bytes, number: 0, buffer: Vec::new() }
    }

    /// Number of the line read last; 0 before the first.
    pub(crate) fn number(&self) -> u64 {
        self.number
    }

    /// The reader underneath.
    pub(crate) fn into_inner(self) -> R {
        self.reader
    }

    /// The next line, or `None` at the end of the file. A last line needs no line end.
    pub(crate) fn next_line(&mut self) -> io::Result<Option<Line<'_>>> {
        self.buffer.clear();
        let mut too_long = false;
        let mut read_any = false;
        loop {
            let available = match self.reader.fill_buf() {
                Ok(available) => available,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
                Err(error) => return Err(error),
            };
            if available.is_empty() {
                break;
            }
            read_any = true;
            let end = available.iter().position(|&byte| byte == b'\n');
            let part = &available[..end.unwrap_or(available.len())];
            // Two bytes more than allowed, for a carriage return and so that "longer" shows.
            let room = (self.max_bytes + BYTE_ORDER_MARK.len() + 2).saturating_sub(self.buffer.len());
            too_long |= part.len() > room;
            self.buffer.extend_from_slice(&part[..part.len().min(room)]);
            let consumed = end.map_or(available.len(), |end| end + 1);
            self.reader.consume(consumed);
            if end.is_some() {
                break;
            }
        }
        if !read_any {
            return Ok(None);
        }
        self.number += 1;
        let mut bytes = self.buffer.strip_suffix(b"\r").unwrap_or(&self.buffer);
        if self.number == 1 {
            bytes = bytes.strip_prefix(BYTE_ORDER_MARK).unwrap_or(bytes);
        }
        let bytes = (!too_long && bytes.len() <= self.max_bytes).then_some(bytes);
        Ok(Some(Line { number: self.number, bytes }))
    }
}

/// Hashes and counts the bytes that pass through.
pub(crate) struct Hashing<R> {
    inner: R,
    hasher: blake3::Hasher,
    bytes: u64,
}

impl<R: Read> Hashing<R> {
    /// Starts at the first byte of `inner`.
    pub(crate) fn new(inner: R) -> Self {
        Self { inner, hasher: blake3::Hasher::new(), bytes: 0 }
    }

    /// Bytes read so far.
    pub(crate) fn bytes(&self) -> u64 {
        self.bytes
    }

    /// BLAKE3 of the bytes read so far, in hexadecimal.
    pub(crate) fn hash(&self) -> String {
        self.hasher.finalize().to_hex().to_string()
    }
}

impl<R: Read> Read for Hashing<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let n_bytes = self.inner.read(buffer)?;
        self.hasher.update(&buffer[..n_bytes]);
        self.bytes += n_bytes as u64;
        Ok(n_bytes)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lines(text: &[u8], max_bytes: usize) -> Vec<Option<String>> {
        // A tiny buffer makes every line cross a border.
        let mut lines = Lines::new(io::BufReader::with_capacity(2, text), max_bytes);
        let mut all = Vec::new();
        while let Some(line) = lines.next_line().unwrap() {
            assert_eq!(line.number, all.len() as u64 + 1);
            all.push(line.bytes.map(|bytes| String::from_utf8(bytes.to_vec()).unwrap()));
        }
        all
    }

    #[test]
    fn line_ends_and_byte_order_mark() {
        let line = |text: &str| Some(text.to_owned());
        for (text, expected) in [
            (&b""[..], vec![]),
            (b"\n", vec![line("")]),
            (b"a\r\n\r\nb", vec![line("a"), line(""), line("b")]),
            (b"\xef\xbb\xbfa\nb\n", vec![line("a"), line("b")]),
        ] {
            assert_eq!(lines(text, 8), expected, "{text:?}");
        }
    }

    #[test]
    fn a_long_line_is_skipped_and_the_next_is_read() {
        let line = |text: &str| Some(text.to_owned());
        assert_eq!(lines(b"1234\r\n12345\n123456789012345\r\n1234", 4), [line("1234"), None, None, line("1234")]);
    }
}
