//! Texts with their tokens as numbers. Owns the numbering; how text is cut is in [`crate::segment`].

use std::{
    collections::HashMap,
    hash::{BuildHasherDefault, Hasher},
};

use crate::Segmentation;

/// A text and the numbers of its tokens.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Text {
    pub(crate) text: Box<str>,
    pub(crate) tokens: Box<[u32]>,
}

impl Text {
    /// The text as it was given.
    #[must_use]
    pub fn text(&self) -> &str {
        &self.text
    }

    /// How many tokens it has.
    #[must_use]
    pub fn n_tokens(&self) -> usize {
        self.tokens.len()
    }
}

/// Numbers tokens in the order of their first occurrence. Only texts of one interner can be compared.
#[derive(Clone, Debug, Default)]
pub struct Interner {
    // Both are looked up, never iterated.
    short: HashMap<u128, u32, BuildHasherDefault<ShortHasher>>,
    long: HashMap<Box<str>, u32>,
    scratch: Vec<u32>,
}

/// Tokens up to this length are their own key, which saves a jump to the heap for nearly every token of a text.
const MAX_SHORT_BYTES: usize = 15;

impl Interner {
    /// A text cut by a segmentation.
    pub fn text(&mut self, text: &str, segmentation: Segmentation) -> Text {
        let mut tokens = std::mem::take(&mut self.scratch);
        tokens.clear();
        segmentation.for_each_token(text, &mut |token| tokens.push(self.id(token)));
        let text = Text { text: text.into(), tokens: tokens.as_slice().into() };
        self.scratch = tokens;
        text
    }

    /// A text with tokens that were found elsewhere, for instance by MeCab.
    pub fn segmented<'a>(&mut self, text: &str, tokens: impl IntoIterator<Item = &'a str>) -> Text {
        Text { text: text.into(), tokens: tokens.into_iter().map(|token| self.id(token)).collect() }
    }

    fn id(&mut self, token: &str) -> u32 {
        // The last number stays free, so that the next one always exists.
        let next = u32::try_from(self.short.len() + self.long.len()).ok().filter(|&id| id < u32::MAX);
        let next = next.expect("memory holds fewer tokens");
        if token.len() <= MAX_SHORT_BYTES {
            let mut key = [0; 16];
            key[..token.len()].copy_from_slice(token.as_bytes());
            key[MAX_SHORT_BYTES] = token.len() as u8;
            *self.short.entry(u128::from_le_bytes(key)).or_insert(next)
        } else if let Some(&id) = self.long.get(token) {
            id
        } else {
            self.long.insert(token.into(), next);
            next
        }
    }
}

/// Two multiplications: the standard hasher would cost more than the rest of a look-up. No one who writes a file of
/// replies gains by making it slow.
#[derive(Clone, Copy, Debug, Default)]
struct ShortHasher(u64);

impl Hasher for ShortHasher {
    fn write_u128(&mut self, key: u128) {
        let (low, high) = (key as u64, (key >> 64) as u64);
        let product = (u128::from(low) ^ 0x9e37_79b9_7f4a_7c15) * (u128::from(high) ^ 0xbf58_476d_1ce4_e5b9);
        self.0 = (product as u64 ^ (product >> 64) as u64).wrapping_mul(0x94d0_49bb_1331_11eb);
    }

    fn write(&mut self, bytes: &[u8]) {
        for &byte in bytes {
            self.write_u128(u128::from(self.0) << 8 | u128::from(byte));
        }
    }

    fn finish(&self) -> u64 {
        self.0 ^ (self.0 >> 32)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn equal_tokens_have_equal_numbers() {
        let mut interner = Interner::default();
        let first = interner.text("a bb a ccc", Segmentation::None);
        let second = interner.segmented("accc", ["a", "ccc"]);
        assert_eq!(*first.tokens, [0, 1, 0, 2]);
        assert_eq!((&*second.tokens, second.text()), (&[0, 2][..], "accc"));
    }

    #[test]
    fn long_and_similar_tokens_are_told_apart() {
        let mut interner = Interner::default();
        let tokens: Vec<String> = (0..2_000).map(|n| format!("{}{n}", "x".repeat(n % 30))).collect();
        for _ in 0..2 {
            let text = interner.segmented("", tokens.iter().map(String::as_str));
            assert!(text.tokens.iter().copied().eq(0..2_000));
        }
    }
}
