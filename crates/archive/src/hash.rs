//! The 64-bit hashes that stand for ids, users and texts while posts are sorted.
//!
//! XXH3, which is the same on all machines; what is drawn by chance is drawn by SipHash-1-3 under the build's seed, so that
//! nobody can write posts to be drawn. Among 40 million posts the chance of any collision is 4e-5; one would misjudge a
//! single post.

use std::collections::HashMap;
use std::hash::{BuildHasherDefault, Hasher};

use siphasher::sip::SipHasher13;
use xxhash_rust::xxh3::xxh3_64;

/// The hash of an id, a user or a text; never 0, which stands for "none".
pub(crate) fn hash(bytes: &[u8]) -> u64 {
    xxh3_64(bytes).max(1)
}

/// A hash under the seed of a build: for what is drawn by chance.
pub(crate) fn keyed(seed: u64, bytes: &[u8]) -> u64 {
    let mut hasher = SipHasher13::new_with_keys(seed, 0x6172_6368_6976_6521);
    hasher.write(bytes);
    hasher.finish().max(1)
}

/// A hash table whose keys are hashes already, and need not be hashed again.
pub(crate) type Table<K, V> = HashMap<K, V, BuildHasherDefault<AsItIs>>;

/// Takes hashes as they are; a day among them is spread.
#[derive(Debug, Default)]
pub(crate) struct AsItIs(u64);

impl Hasher for AsItIs {
    fn finish(&self) -> u64 {
        self.0
    }

    fn write(&mut self, bytes: &[u8]) {
        self.0 ^= hash(bytes);
    }

    fn write_u64(&mut self, hash: u64) {
        self.0 ^= hash;
    }

    fn write_i32(&mut self, day: i32) {
        self.0 ^= u64::from(day.cast_unsigned()).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hashes_are_a_file_format() {
        // By the reference implementation of XXH3; a change would make work folders of older versions wrong.
        assert_eq!(hash(b""), 0x2d06_8005_38d3_94c2);
        assert_ne!(hash(b"1"), hash(b"2"));
        assert_ne!(keyed(1, b"a"), keyed(2, b"a"));
    }
}
