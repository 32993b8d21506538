//! A post as the stages hand it on: ids and users as hashes, the text cleaned, masked and, if asked for, segmented.
//!
//! It is read where its bytes are, without a copy.

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

const HEAD_BYTES: usize = 4 + 6 * 8 + 2;
/// The head and the lengths of text and id.
const FIXED_BYTES: usize = HEAD_BYTES + 8;

impl Head {
    /// Day since 1970 in UTC.
    pub(crate) fn day(&self) -> i32 {
        self.seconds.div_euclid(86_400) as i32
    }

    /// The head of a record.
    pub(crate) fn of(record: &[u8]) -> Option<Self> {
        let bytes = record.first_chunk::<FIXED_BYTES>()?;
        let number = |idx: usize| {
            let mut number = [0; 8];
            number.copy_from_slice(&bytes[4 + 8 * idx..12 + 8 * idx]);
            u64::from_le_bytes(number)
        };
        Some(Self {
            file: short(bytes, 0),
            line: number(0),
            id: number(1),
            parent: number(2),
            user: number(3),
            text_hash: number(4),
            seconds: number(5).cast_signed(),
            dropped: bytes[HEAD_BYTES - 2] != 0,
            pair_filter: bytes[HEAD_BYTES - 1],
        })
    }
}

/// A post with its text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct PostRecord<'r> {
    pub(crate) head: Head,
    pub(crate) text: &'r str,
    /// The id as it was, if ids are wanted; empty otherwise.
    pub(crate) id: &'r str,
}

impl<'r> PostRecord<'r> {
    /// The post of a record, unless that is damaged.
    pub(crate) fn of(record: &'r [u8]) -> Option<Self> {
        let (text_bytes, _) = lengths(record)?;
        let (text, id) = record.get(FIXED_BYTES..)?.split_at_checked(text_bytes)?;
        Some(Self {
            head: Head::of(record)?,
            text: simdutf8::basic::from_utf8(text).ok()?,
            id: simdutf8::basic::from_utf8(id).ok()?,
        })
    }
}

/// Cuts off the next record; there is none if what is left is no whole one.
pub(crate) fn next_record<'r>(records: &mut &'r [u8]) -> Option<&'r [u8]> {
    let (text_bytes, id_bytes) = lengths(records)?;
    let (record, rest) = records.split_at_checked(FIXED_BYTES + text_bytes + id_bytes)?;
    *records = rest;
    Some(record)
}

/// Bytes of text and id.
fn lengths(record: &[u8]) -> Option<(usize, usize)> {
    let bytes = record.first_chunk::<FIXED_BYTES>()?;
    Some((short(bytes, HEAD_BYTES) as usize, short(bytes, HEAD_BYTES + 4) as usize))
}

fn short(bytes: &[u8; FIXED_BYTES], at: usize) -> u32 {
    u32::from_le_bytes([bytes[at], bytes[at + 1], bytes[at + 2], bytes[at + 3]])
}

/// Appends a post's bytes.
pub(crate) fn encode(head: &Head, text: &str, id: &str, out: &mut Vec<u8>) {
    let mut fixed = [0; FIXED_BYTES];
    fixed[..4].copy_from_slice(&head.file.to_le_bytes());
    let numbers = [head.line, head.id, head.parent, head.user, head.text_hash, head.seconds.cast_unsigned()];
    for (bytes, number) in fixed[4..].chunks_exact_mut(8).zip(numbers) {
        bytes.copy_from_slice(&number.to_le_bytes());
    }
    (fixed[HEAD_BYTES - 2], fixed[HEAD_BYTES - 1]) = (u8::from(head.dropped), head.pair_filter);
    for (bytes, length) in fixed[HEAD_BYTES..].chunks_exact_mut(4).zip([text.len(), id.len()]) {
        bytes.copy_from_slice(&(length as u32).to_le_bytes());
    }
    out.extend_from_slice(&fixed);
    out.extend_from_slice(text.as_bytes());
    out.extend_from_slice(id.as_bytes());
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
        let mut bytes = Vec::new();
        encode(&head, "あ b", "x", &mut bytes);
        encode(&Head::default(), "", "", &mut bytes);
        let mut records = &bytes[..];
        let record = next_record(&mut records).unwrap();
        assert_eq!(PostRecord::of(record), Some(PostRecord { head, text: "あ b", id: "x" }));
        let second = next_record(&mut records).unwrap();
        assert_eq!(PostRecord::of(second), Some(PostRecord { head: Head::default(), text: "", id: "" }));
        assert_eq!(next_record(&mut records), None);
        assert_eq!(next_record(&mut &record[..record.len() - 1]), None);
        assert_eq!(PostRecord::of(&record[..20]), None);
        let mut damaged = record.to_vec();
        damaged[FIXED_BYTES] = 0xff;
        assert_eq!(PostRecord::of(&damaged), None);
        assert_eq!(head.day(), -2);
    }
}
