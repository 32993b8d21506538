//! A post as the stages hand it on: ids and users as hashes, the text cleaned, masked and, if asked for, segmented.

use std::io::{self, BufRead};

use crate::sorter::{Record, read_whole};

/// What of a post is needed to place it in the reply graph.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Head {
    /// Index of the input file.
    pub(crate) file: u32,
    /// Line of the file, from 1.
    pub(crate) line: u64,
    pub(crate) id: u64,
    /// 0 if it answers nothing.
    pub(crate) parent: u64,
    pub(crate) user: u64,
    /// Of the cleaned text before masking.
    pub(crate) text_hash: u64,
    pub(crate) seconds: i64,
    /// Whether it was dropped when it was read; then it has no text.
    pub(crate) dropped: bool,
    /// One more than the index of the filter that keeps it out of pairs; 0 for none.
    pub(crate) pair_filter: u8,
}

impl Head {
    /// Day since 1970 in UTC.
    pub(crate) fn day(&self) -> i32 {
        self.seconds.div_euclid(86_400) as i32
    }
}

const HEAD_BYTES: usize = 4 + 6 * 8 + 2;

/// A post with its text.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct PostRecord {
    pub(crate) head: Head,
    pub(crate) text: String,
    /// The id as it was, if ids are wanted; empty otherwise.
    pub(crate) id: String,
}

impl PostRecord {
    /// Reads a post without its text.
    pub(crate) fn decode_head(reader: &mut impl BufRead) -> io::Result<Option<Head>> {
        let Some((head, text_bytes, id_bytes)) = decode_fixed(reader)? else { return Ok(None) };
        skip(reader, text_bytes + id_bytes)?;
        Ok(Some(head))
    }

    /// Reads the next post into this one, whose memory is used again; says whether there was one.
    pub(crate) fn decode_over(&mut self, reader: &mut impl BufRead) -> io::Result<bool> {
        let Some((head, text_bytes, id_bytes)) = decode_fixed(reader)? else { return Ok(false) };
        self.head = head;
        read_over(&mut self.text, reader, text_bytes)?;
        read_over(&mut self.id, reader, id_bytes)?;
        Ok(true)
    }
}

impl Record for PostRecord {
    fn encode(&self, out: &mut Vec<u8>) {
        encode(&self.head, &self.text, &self.id, out);
    }

    fn decode(reader: &mut impl BufRead) -> io::Result<Option<Self>> {
        let mut post = Self::default();
        Ok(post.decode_over(reader)?.then_some(post))
    }

    fn memory_bytes(&self) -> usize {
        size_of::<Self>() + heap_bytes(&self.text) + heap_bytes(&self.id)
    }
}

/// Appends a post's bytes.
pub(crate) fn encode(head: &Head, text: &str, id: &str, out: &mut Vec<u8>) {
    out.extend_from_slice(&head.file.to_le_bytes());
    for number in [head.line, head.id, head.parent, head.user, head.text_hash, head.seconds.cast_unsigned()] {
        out.extend_from_slice(&number.to_le_bytes());
    }
    out.extend_from_slice(&[u8::from(head.dropped), head.pair_filter]);
    for length in [text.len(), id.len()] {
        out.extend_from_slice(&(length as u32).to_le_bytes());
    }
    out.extend_from_slice(text.as_bytes());
    out.extend_from_slice(id.as_bytes());
}

fn decode_fixed(reader: &mut impl BufRead) -> io::Result<Option<(Head, usize, usize)>> {
    let mut bytes = [0; HEAD_BYTES + 8];
    if !read_whole(reader, &mut bytes)? {
        return Ok(None);
    }
    let number = |idx: usize| {
        let mut number = [0; 8];
        number.copy_from_slice(&bytes[4 + 8 * idx..12 + 8 * idx]);
        u64::from_le_bytes(number)
    };
    let short = |at: usize| u32::from_le_bytes([bytes[at], bytes[at + 1], bytes[at + 2], bytes[at + 3]]);
    let head = Head {
        file: short(0),
        line: number(0),
        id: number(1),
        parent: number(2),
        user: number(3),
        text_hash: number(4),
        seconds: number(5).cast_signed(),
        dropped: bytes[HEAD_BYTES - 2] != 0,
        pair_filter: bytes[HEAD_BYTES - 1],
    };
    Ok(Some((head, short(HEAD_BYTES) as usize, short(HEAD_BYTES + 4) as usize)))
}

/// Reads a string of known length over another one.
fn read_over(text: &mut String, reader: &mut impl BufRead, bytes: usize) -> io::Result<()> {
    let mut buffer = std::mem::take(text).into_bytes();
    buffer.resize(bytes, 0);
    reader.read_exact(&mut buffer)?;
    *text = String::from_utf8(buffer).map_err(|_| io::ErrorKind::InvalidData)?;
    Ok(())
}

/// Reads bytes of known number.
pub(crate) fn read_bytes(reader: &mut impl BufRead, bytes: usize) -> io::Result<Vec<u8>> {
    let mut buffer = vec![0; bytes];
    reader.read_exact(&mut buffer)?;
    Ok(buffer)
}

/// Passes over bytes.
pub(crate) fn skip(reader: &mut impl BufRead, mut bytes: usize) -> io::Result<()> {
    while bytes > 0 {
        let available = reader.fill_buf()?.len().min(bytes);
        if available == 0 {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        reader.consume(available);
        bytes -= available;
    }
    Ok(())
}

/// What a string takes on the heap, with the allocator's own share.
pub(crate) fn heap_bytes(text: &str) -> usize {
    if text.is_empty() { 0 } else { text.len() + 16 }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn records_round_trip() {
        let head = Head {
            file: 3,
            line: 5,
            id: 7,
            parent: 0,
            user: u64::MAX,
            text_hash: 9,
            seconds: -86_401,
            dropped: true,
            pair_filter: 2,
        };
        let record = PostRecord { head, text: "あ b".to_owned(), id: "x".to_owned() };
        let mut bytes = Vec::new();
        record.encode(&mut bytes);
        record.encode(&mut bytes);
        let mut reader = &bytes[..];
        assert_eq!(PostRecord::decode_head(&mut reader).unwrap(), Some(head));
        assert_eq!(PostRecord::decode(&mut reader).unwrap(), Some(record.clone()));
        let mut over = PostRecord { text: "longer than the other".to_owned(), ..PostRecord::default() };
        assert!(over.decode_over(&mut &bytes[..]).unwrap());
        assert_eq!(over, record);
        assert_eq!(PostRecord::decode(&mut reader).unwrap(), None);
        assert!(PostRecord::decode(&mut &bytes[..bytes.len() - 1]).unwrap().is_some());
        assert!(PostRecord::decode(&mut &bytes[..20]).is_err());
        assert_eq!(head.day(), -2);
    }
}
