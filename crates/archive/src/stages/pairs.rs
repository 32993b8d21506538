//! Pairs as they are handed on to the last stage, with what decides about their splits.

use std::io::{BufReader, Read};
use std::path::PathBuf;

use crate::ArchiveError;
use crate::sorter::read_whole;

/// What decides about the split of a pair.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct PairHead {
    /// Of the root's text, under the seed.
    pub(crate) root_hash: u64,
    pub(crate) context_hash: u64,
    /// Of the root, in UTC.
    pub(crate) year: i32,
    /// Whether its context has enough distinct replies for test.
    pub(crate) eligible: bool,
}

impl PairHead {
    /// Bytes before the line: the head and the length of the line.
    const BYTES: usize = 25;
    const ELIGIBLE: usize = 24;

    /// Appends a pair, whose line `write_line` appends.
    pub(crate) fn encode(&self, out: &mut Vec<u8>, write_line: impl FnOnce(&mut Vec<u8>)) {
        let start = out.len();
        out.extend_from_slice(&self.root_hash.to_le_bytes());
        out.extend_from_slice(&self.context_hash.to_le_bytes());
        out.extend_from_slice(&self.year.to_le_bytes());
        out.extend_from_slice(&[0; 4]);
        out.push(u8::from(self.eligible));
        write_line(out);
        let line_bytes = (out.len() - start - Self::BYTES) as u32;
        out[start + 20..start + 24].copy_from_slice(&line_bytes.to_le_bytes());
    }

    /// The head of a pair and the length of its line.
    fn decode(bytes: &[u8; Self::BYTES]) -> (Self, usize) {
        let long = |at: usize| {
            let mut number = [0; 8];
            number.copy_from_slice(&bytes[at..at + 8]);
            u64::from_le_bytes(number)
        };
        let short = |at: usize| [bytes[at], bytes[at + 1], bytes[at + 2], bytes[at + 3]];
        let head = Self {
            root_hash: long(0),
            context_hash: long(8),
            year: i32::from_le_bytes(short(16)),
            eligible: bytes[Self::ELIGIBLE] != 0,
        };
        (head, u32::from_le_bytes(short(20)) as usize)
    }

    /// Makes those of the pairs eligible of whose contexts that holds.
    pub(crate) fn mark_eligible(mut pairs: &mut [u8], is_eligible: impl Fn(u64) -> bool) {
        while let Some((bytes, rest)) = pairs.split_first_chunk_mut::<{ Self::BYTES }>() {
            let (head, line_bytes) = Self::decode(bytes);
            bytes[Self::ELIGIBLE] = u8::from(is_eligible(head.context_hash));
            pairs = &mut rest[line_bytes..];
        }
    }
}

/// The stage's output: pairs in the order of their roots.
pub(crate) enum Pairs {
    /// In pieces of whole pairs.
    Memory(Vec<Vec<u8>>),
    /// All of a file.
    File(PathBuf),
}

impl Pairs {
    /// Shows all pairs with their numbers and lines.
    ///
    /// # Errors
    /// Those of `visit`; [`ArchiveError::Read`] or [`ArchiveError::DamagedWork`] for a file.
    pub(crate) fn visit(
        &self,
        mut visit: impl FnMut(u64, &PairHead, &[u8]) -> Result<(), ArchiveError>,
    ) -> Result<(), ArchiveError> {
        let mut numbers = 0..;
        let mut visit =
            |head: &PairHead, line: &[u8]| numbers.next().map_or(Ok(()), |number| visit(number, head, line));
        match self {
            Self::Memory(pieces) => {
                for piece in pieces {
                    let mut pairs = &piece[..];
                    while let Some((bytes, rest)) = pairs.split_first_chunk() {
                        let (head, line_bytes) = PairHead::decode(bytes);
                        let (line, rest) = rest.split_at(line_bytes);
                        visit(&head, line)?;
                        pairs = rest;
                    }
                }
                Ok(())
            }
            Self::File(path) => {
                let file = fs_err::File::open(path).map_err(ArchiveError::read(path))?;
                let mut reader = BufReader::with_capacity(1 << 18, file);
                let damaged = |_| ArchiveError::DamagedWork { path: path.clone() };
                let mut bytes = [0; PairHead::BYTES];
                let mut line = Vec::new();
                while read_whole(&mut reader, &mut bytes).map_err(damaged)? {
                    let (head, line_bytes) = PairHead::decode(&bytes);
                    line.resize(line_bytes, 0);
                    reader.read_exact(&mut line).map_err(damaged)?;
                    visit(&head, &line)?;
                }
                Ok(())
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pairs_round_trip() {
        let folder = tempfile::tempdir().unwrap();
        let head = PairHead { root_hash: 1, context_hash: 2, year: 2019, eligible: false };
        let mut bytes = Vec::new();
        head.encode(&mut bytes, |line| line.extend_from_slice(b"{}\n"));
        PairHead { context_hash: 3, ..head }.encode(&mut bytes, |line| line.extend_from_slice(b"{\"a\":1}\n"));
        PairHead::mark_eligible(&mut bytes, |context| context == 3);
        let path = folder.path().join("pairs");
        std::fs::write(&path, &bytes).unwrap();
        for pairs in [Pairs::Memory(vec![bytes.clone()]), Pairs::File(path.clone())] {
            let mut read = Vec::new();
            let visited = pairs.visit(|number, head, line| {
                read.push((number, *head, line.to_vec()));
                Ok(())
            });
            visited.unwrap();
            let second = PairHead { context_hash: 3, eligible: true, ..head };
            assert_eq!(read, [(0, head, b"{}\n".to_vec()), (1, second, b"{\"a\":1}\n".to_vec())]);
        }
        std::fs::write(&path, &bytes[..bytes.len() - 1]).unwrap();
        let cut = Pairs::File(path).visit(|_, _, _| Ok(()));
        assert!(matches!(cut, Err(ArchiveError::DamagedWork { .. })));
    }
}
