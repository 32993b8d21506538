//! Which contexts are held out for dev and test.
//!
//! Owns the keyed hash of contexts and the choice by it. The choice depends on the texts and the seed alone, neither on
//! the order of the input nor on the number of threads.

use std::collections::{HashMap, HashSet};

use crate::Split;

/// Hashes normalised texts to 64 bits under a seed.
///
/// 64 bits are a compromise with memory: among 40 million texts the chance of any collision is 4e-5, and one would
/// merely drop a pair or join two contexts in one split.
pub(crate) struct KeyedHash([u8; 32]);

impl KeyedHash {
    /// The hash of a seed.
    pub(crate) fn new(seed: u64) -> Self {
        Self(blake3::derive_key("repartee corpus 2025 held-out contexts", &seed.to_le_bytes()))
    }

    /// Hash of a context.
    pub(crate) fn context(&self, context: &str) -> u64 {
        self.finish(blake3::Hasher::new_keyed(&self.0).update(context.as_bytes()))
    }

    /// Hash of a pair. Normalised text has no control characters, so the separator is unambiguous.
    pub(crate) fn pair(&self, context: &str, response: &str) -> u64 {
        let mut hasher = blake3::Hasher::new_keyed(&self.0);
        self.finish(hasher.update(context.as_bytes()).update(b"\x1f").update(response.as_bytes()))
    }

    fn finish(&self, hasher: &blake3::Hasher) -> u64 {
        let mut first = [0; 8];
        first.copy_from_slice(&hasher.finalize().as_bytes()[..8]);
        u64::from_le_bytes(first)
    }
}

/// The held-out contexts, by hash.
#[derive(Debug, Default)]
pub(crate) struct Holdout {
    dev: HashSet<u64>,
    test: HashSet<u64>,
}

impl Holdout {
    /// Takes contexts by rising hash, first for dev and then for test, until each has at least the weight asked for.
    /// The weight of a context is its number of pairs, or 1 where contexts are counted.
    pub(crate) fn choose(weights: &HashMap<u64, u32>, dev: usize, test: usize) -> Self {
        let mut ranked: Vec<u64> = weights.keys().copied().collect();
        ranked.sort_unstable();
        let mut ranked = ranked.into_iter();
        let mut take = |wanted: usize| {
            let mut chosen = HashSet::new();
            let mut weight = 0;
            while weight < wanted as u64
                && let Some(context) = ranked.next()
            {
                weight += u64::from(weights[&context]);
                chosen.insert(context);
            }
            chosen
        };
        Self { dev: take(dev), test: take(test) }
    }

    /// The split of a context.
    pub(crate) fn split(&self, context: u64) -> Split {
        if self.dev.contains(&context) {
            Split::Dev
        } else if self.test.contains(&context) {
            Split::Test
        } else {
            Split::Train
        }
    }

    /// Number of contexts held out.
    pub(crate) fn len(&self) -> usize {
        self.dev.len() + self.test.len()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn at_least_the_weight_asked_for_is_held_out() {
        let weights = HashMap::from([(5, 1), (1, 3), (9, 1), (3, 1)]);
        let holdout = Holdout::choose(&weights, 2, 2);
        let splits: Vec<Split> = [1, 3, 5, 9].map(|context| holdout.split(context)).to_vec();
        assert_eq!(splits, [Split::Dev, Split::Test, Split::Test, Split::Train]);
        assert_eq!(holdout.len(), 3);
        assert_eq!(Holdout::choose(&weights, 0, 0).len(), 0);
        assert_eq!(Holdout::choose(&weights, 100, 1).len(), 4);
    }

    #[test]
    fn hash_depends_on_seed_and_on_the_border_between_the_sides() {
        let hash = KeyedHash::new(1);
        assert_ne!(hash.context("a"), KeyedHash::new(2).context("a"));
        assert_ne!(hash.pair("a b", "c"), hash.pair("a", "b c"));
        assert_ne!(hash.pair("ab", "c"), hash.pair("a", "bc"));
    }
}
