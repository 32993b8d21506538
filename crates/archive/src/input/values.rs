//! Where JSON values begin and end in a stream of bytes, with their lines, in blocks of bounded size.
//!
//! Two layouts are told apart by how a file begins: one value a line, where a bad line costs that line only, and
//! documents, where objects stand in an array, over several lines or behind `window.YTD.tweets.part0 =`.

use std::io::{self, Read};

use serde::de::IgnoredAny;

use crate::Fault;
use crate::memory::Memory;

const BLOCK_BYTES: usize = 1 << 20;
const BYTE_ORDER_MARK: &[u8] = b"\xef\xbb\xbf";

/// A part of a file that holds whole values.
#[derive(Debug, Default)]
pub(crate) struct Block {
    pub(crate) bytes: Vec<u8>,
    pub(crate) values: Vec<Value>,
    /// What is wrong here, with its line.
    pub(crate) faults: Vec<(u64, Fault)>,
    /// What a later reader needs to go on after this block.
    pub(crate) end: Position,
}

/// One value: a range of the block's bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Value {
    pub(crate) start: usize,
    pub(crate) end: usize,
    /// Line on which it begins, from 1.
    pub(crate) line: u64,
}

/// How far a file was read: decoded bytes and lines before the next value.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub(crate) struct Position {
    pub(crate) bytes: u64,
    pub(crate) lines: u64,
    /// Whether a line that is too long goes on here.
    pub(crate) within_long_line: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Layout {
    Lines,
    Documents,
}

/// Cuts a stream into blocks.
pub(crate) struct BlockReader<'m, R> {
    reader: R,
    memory: &'m Memory,
    layout: Option<Layout>,
    max_bytes: usize,
    /// Bytes read, but not yet in a block.
    pending: Vec<u8>,
    position: Position,
    ended: bool,
}

impl<'m, R: Read> BlockReader<'m, R> {
    /// Values of at most `max_bytes` each; blocks have their bytes from `memory`.
    pub(crate) fn new(reader: R, max_bytes: usize, memory: &'m Memory) -> Self {
        let position = Position::default();
        Self { reader, memory, layout: None, max_bytes, pending: memory.take(), position, ended: false }
    }

    /// Goes to where a block ended when the file was read before.
    pub(crate) fn skip_to(&mut self, position: Position) {
        if position.bytes > 0 {
            // The beginning tells the layout; a fault shows again when the next block is read.
            self.fill(BLOCK_BYTES.min(position.bytes as usize));
            self.layout = Some(layout(&self.pending));
            let missing = position.bytes - (self.pending.len() as u64).min(position.bytes);
            self.pending.drain(..self.pending.len().min(position.bytes as usize));
            let _ = io::copy(&mut (&mut self.reader).take(missing), &mut io::sink());
            self.position = position;
        }
    }

    /// The next block, or nothing at the end of the file.
    pub(crate) fn next_block(&mut self) -> Option<Block> {
        if self.ended && self.pending.is_empty() {
            return None;
        }
        let problem = self.fill(BLOCK_BYTES);
        let layout = *self.layout.get_or_insert_with(|| layout(&self.pending));
        let mut block = Block::default();
        let taken = match layout {
            Layout::Lines => self.lines(&mut block, problem.is_some()),
            Layout::Documents => self.documents(&mut block, problem.is_some()),
        };
        let mut rest = self.memory.take();
        rest.extend_from_slice(&self.pending[taken..]);
        block.bytes = std::mem::replace(&mut self.pending, rest);
        block.bytes.truncate(taken);
        // Of a broken file all that is pending is taken, so nothing is left for a next block.
        if let Some(problem) = problem {
            block.faults.push((self.position.lines + 1, Fault::Undecodable { problem }));
            self.pending.clear();
        }
        self.position.bytes += taken as u64;
        block.end = self.position;
        Some(block)
    }

    /// Reads until so many bytes more are pending or the file has ended; returns what was wrong.
    fn fill(&mut self, bytes: usize) -> Option<String> {
        if self.ended {
            return None;
        }
        // A little more than that: the reader asks once more to see the end.
        self.pending.reserve(bytes + 64);
        let read = (&mut self.reader).take(bytes as u64).read_to_end(&mut self.pending);
        self.ended = !matches!(read, Ok(n_bytes) if n_bytes == bytes);
        read.err().map(|error| error.to_string().replace('\n', " "))
    }
}

impl<R> Drop for BlockReader<'_, R> {
    fn drop(&mut self) {
        self.memory.give(std::mem::take(&mut self.pending));
    }
}

impl<R> BlockReader<'_, R> {
    /// Finds whole lines in what is pending; returns how much of it they take.
    fn lines(&mut self, block: &mut Block, broken: bool) -> usize {
        let mut start = 0;
        let ends = memchr::memchr_iter(b'\n', &self.pending).map(|end| (end, end + 1));
        let last = (self.ended && !broken).then_some((self.pending.len(), self.pending.len()));
        for (end, next) in ends.chain(last) {
            if end == start && next == start {
                break;
            }
            self.position.lines += 1;
            if std::mem::take(&mut self.position.within_long_line) {
                // The end of a line that was reported already.
            } else if end - start > self.max_bytes {
                block.faults.push((self.position.lines, Fault::TooLong { max_bytes: self.max_bytes }));
            } else {
                block.values.push(Value { start, end, line: self.position.lines });
            }
            start = next;
        }
        let rest = self.pending.len() - start;
        if rest > self.max_bytes && !self.ended {
            if !self.position.within_long_line {
                block.faults.push((self.position.lines + 1, Fault::TooLong { max_bytes: self.max_bytes }));
            }
            self.position.within_long_line = true;
            return self.pending.len();
        }
        // What is left of a broken file belongs to no value.
        if broken { self.pending.len() } else { start }
    }

    /// Finds whole objects in what is pending; returns how much of it they take. Whatever stands outside of braces is
    /// passed over.
    fn documents(&mut self, block: &mut Block, broken: bool) -> usize {
        let (mut depth, mut in_string, mut escaped) = (0_usize, false, false);
        let (mut start, mut lines, mut taken) = (0, self.position.lines, 0);
        let mut start_line = 0;
        for (at, &byte) in self.pending.iter().enumerate() {
            lines += u64::from(byte == b'\n');
            if depth == 0 {
                if byte == b'{' {
                    (depth, start, start_line) = (1, at, lines + 1);
                } else {
                    taken = at + 1;
                    self.position.lines = lines;
                }
                continue;
            }
            match byte {
                _ if std::mem::take(&mut escaped) => {}
                b'\\' => escaped = in_string,
                b'"' => in_string = !in_string,
                b'{' if !in_string => depth += 1,
                b'}' if !in_string => {
                    depth -= 1;
                    if depth == 0 {
                        self.object(block, Value { start, end: at + 1, line: start_line });
                        taken = at + 1;
                        self.position.lines = lines;
                    }
                }
                _ => {}
            }
        }
        if depth > 0 && (self.ended || self.pending.len() - start > self.max_bytes) {
            let too_long = !self.ended;
            let fault = if too_long { Fault::TooLong { max_bytes: self.max_bytes } } else { Fault::Unfinished };
            if !broken {
                block.faults.push((start_line, fault));
            }
            // Without its end nothing tells where the next object begins.
            self.ended = true;
            self.position.lines = lines;
            return self.pending.len();
        }
        taken
    }

    fn object(&self, block: &mut Block, value: Value) {
        if value.end - value.start > self.max_bytes {
            block.faults.push((value.line, Fault::TooLong { max_bytes: self.max_bytes }));
        } else {
            block.values.push(value);
        }
    }
}

/// One value a line, unless the first line begins with something else than a brace, or with an object that neither ends
/// there nor is followed by another on the next line.
fn layout(start: &[u8]) -> Layout {
    let start = start.strip_prefix(BYTE_ORDER_MARK).unwrap_or(start);
    let mut lines = start.split(|&byte| byte == b'\n').map(<[u8]>::trim_ascii).filter(|line| !line.is_empty());
    let Some(first) = lines.next() else { return Layout::Lines };
    let is_whole = |line: &[u8]| serde_json::from_slice::<IgnoredAny>(line).is_ok();
    // A line that is no JSON at all is a bad line; an array or an assignment introduces a document.
    let introduces = first.starts_with(b"[") || first.starts_with(b"window.") || first.starts_with(b"var ");
    let object_follows = lines.next().is_some_and(|line| line.starts_with(b"{"));
    let continues = first.starts_with(b"{") && !is_whole(first) && !object_follows && first.len() < BLOCK_BYTES / 2;
    if introduces || (continues && start.contains(&b'\n') && looks_indented(start)) {
        Layout::Documents
    } else {
        Layout::Lines
    }
}

/// Whether the first line of an object is its opening alone, as pretty printers write it.
fn looks_indented(start: &[u8]) -> bool {
    let mut lines = start.split(|&byte| byte == b'\n');
    let first = lines.next().unwrap_or_default().trim_ascii();
    first == b"{" || lines.next().is_some_and(|line| line.starts_with(b" ") || line.starts_with(b"\t"))
}

#[cfg(test)]
mod tests {
    use super::*;

    type Found = (Vec<(String, u64)>, Vec<(u64, &'static str)>);

    fn read(text: &[u8], max_bytes: usize) -> Found {
        let memory = Memory::default();
        let mut reader = BlockReader::new(text, max_bytes, &memory);
        let (mut values, mut faults) = (Vec::new(), Vec::new());
        while let Some(block) = reader.next_block() {
            for value in block.values {
                let text = String::from_utf8_lossy(&block.bytes[value.start..value.end]).into_owned();
                values.push((text, value.line));
            }
            faults.extend(block.faults.iter().map(|(line, fault)| (*line, fault.name())));
        }
        (values, faults)
    }

    fn found(values: &[(&str, u64)], faults: &[(u64, &'static str)]) -> Found {
        (values.iter().map(|(text, line)| ((*text).to_owned(), *line)).collect(), faults.to_vec())
    }

    #[test]
    fn lines() {
        assert_eq!(read(b"", 9), found(&[], &[]));
        assert_eq!(read(b"{\"a\":1}\n\n{\"b\"", 9), found(&[("{\"a\":1}", 1), ("", 2), ("{\"b\"", 3)], &[]));
        assert_eq!(read(b"{\"a\n{\"b\":1}\n", 9), found(&[("{\"a", 1), ("{\"b\":1}", 2)], &[]));
        assert_eq!(read(b"{}\n1234567890\n{}\n", 9), found(&[("{}", 1), ("{}", 3)], &[(2, "value-too-long")]));
    }

    #[test]
    fn a_line_over_many_blocks_is_reported_once() {
        let mut text = b"{}\n".to_vec();
        text.extend(vec![b'x'; 5 * BLOCK_BYTES]);
        text.extend(b"\n{\"a\":1}\n");
        assert_eq!(read(&text, 2 * BLOCK_BYTES), found(&[("{}", 1), ("{\"a\":1}", 3)], &[(2, "value-too-long")]));
    }

    #[test]
    fn documents() {
        let archive = b"window.YTD.tweets.part0 = [\n  {\n  \"a\" : \"}\\\"{\"\n},\n{\"b\":{}}\n]\n";
        assert_eq!(read(archive, 99), found(&[("{\n  \"a\" : \"}\\\"{\"\n}", 2), ("{\"b\":{}}", 5)], &[]));
        assert_eq!(read(b"{\n \"a\": 1\n}\n", 99), found(&[("{\n \"a\": 1\n}", 1)], &[]));
        assert_eq!(read(b"[{},\n{\"a\":", 99), found(&[("{}", 1)], &[(2, "unfinished-value")]));
    }

    #[test]
    fn reading_goes_on_where_it_stopped() {
        let line = format!("{{\"text\":\"{}\"}}\n", "x".repeat(1000));
        let text = line.repeat(5000);
        let memory = Memory::default();
        let mut reader = BlockReader::new(text.as_bytes(), 1 << 20, &memory);
        let mut whole = Vec::new();
        while let Some(block) = reader.next_block() {
            whole.push((block.values.last().unwrap().line, block.end));
        }
        assert!(whole.len() > 3);
        for (idx, (_, end)) in whole.iter().enumerate() {
            let mut reader = BlockReader::new(text.as_bytes(), 1 << 20, &memory);
            reader.skip_to(*end);
            let last =
                std::iter::from_fn(|| reader.next_block()).filter_map(|block| block.values.last().copied()).last();
            assert_eq!(last.map(|value| value.line), (idx + 1 < whole.len()).then_some(5000));
        }
    }
}
