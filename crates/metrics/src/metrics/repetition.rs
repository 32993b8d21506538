//! Replies that recur: duplicates, and dull replies. Owns both definitions. Replies are equal if their tokens are.

use std::collections::BTreeMap;

use super::{Direction, Interval, Metric, Prepared, each_draw, ratio};
use crate::{Text, sample::Sample};

/// Share of duplicates.
pub const DUPLICATES: Duplicates = Duplicates;
/// Share of dull replies.
pub const DULL: Dull = Dull;

/// A reply is dull if at least so many different utterances get it …
pub const DULL_UTTERANCES: usize = 5;
/// … and at least one of so many of all different utterances.
pub const DULL_ONE_IN: usize = 1_000;

/// 100 · (1 − different replies / replies).
#[derive(Clone, Copy, Debug)]
pub struct Duplicates;

/// Replies in percent whose text at least max([`DULL_UTTERANCES`], utterances / [`DULL_ONE_IN`]) different utterances
/// get.
///
/// Several replies to one utterance count it once. Up to 5,000 utterances the bound is 5, so compare outputs for the
/// same utterances only; above, it is a share.
#[derive(Clone, Copy, Debug)]
pub struct Dull;

impl Metric for Duplicates {
    fn name(&self) -> &'static str {
        "duplicates-percent"
    }

    fn title(&self) -> &'static str {
        "duplicates"
    }

    fn summary(&self) -> &'static str {
        "replies in percent that repeat another one word for word"
    }

    fn interval(&self) -> Interval {
        Interval::Jackknife
    }

    fn direction(&self) -> Direction {
        Direction::Down
    }

    fn prepare<'a>(&self, sample: &'a Sample<'a>) -> Option<Box<dyn Prepared + 'a>> {
        Some(each_draw(sample, |replies| Repeated::new(replies, &sample.utterances, Repeated::duplicates)))
    }
}

impl Metric for Dull {
    fn name(&self) -> &'static str {
        "dull-percent"
    }

    fn title(&self) -> &'static str {
        "dull"
    }

    fn summary(&self) -> &'static str {
        "replies in percent that 5 or more (and 1 in 1,000) different utterances get"
    }

    fn interval(&self) -> Interval {
        Interval::Jackknife
    }

    fn direction(&self) -> Direction {
        Direction::Down
    }

    fn prepare<'a>(&self, sample: &'a Sample<'a>) -> Option<Box<dyn Prepared + 'a>> {
        Some(each_draw(sample, |replies| Repeated::new(replies, &sample.utterances, Repeated::dull)))
    }
}

struct Repeated<'a> {
    /// The number of each item's reply; equal replies have equal numbers.
    replies: Vec<u32>,
    utterances: &'a [u32],
    /// Share in percent of the replies, given as sorted pairs of reply and utterance.
    share: fn(&[(u32, u32)]) -> f64,
}

impl<'a> Repeated<'a> {
    fn new(replies: &[&Text], utterances: &'a [u32], share: fn(&[(u32, u32)]) -> f64) -> Self {
        let mut numbers: BTreeMap<&[u32], u32> = BTreeMap::new();
        let mut list = Vec::with_capacity(replies.len());
        for reply in replies {
            let next = numbers.len() as u32;
            list.push(*numbers.entry(&reply.tokens).or_insert(next));
        }
        Self { replies: list, utterances, share }
    }

    fn duplicates(pairs: &[(u32, u32)]) -> f64 {
        let n_different = pairs.chunk_by(|one, next| one.0 == next.0).count();
        100.0 * ratio((pairs.len() - n_different) as f64, pairs.len() as f64)
    }

    fn dull(pairs: &[(u32, u32)]) -> f64 {
        let mut utterances: Vec<u32> = pairs.iter().map(|&(_, utterance)| utterance).collect();
        utterances.sort_unstable();
        utterances.dedup();
        let bound = DULL_UTTERANCES.max(utterances.len().div_ceil(DULL_ONE_IN));
        let is_dull = |same: &&[(u32, u32)]| same.chunk_by(|one, next| one == next).count() >= bound;
        let n_dull: usize = pairs.chunk_by(|one, next| one.0 == next.0).filter(is_dull).map(<[_]>::len).sum();
        100.0 * ratio(n_dull as f64, pairs.len() as f64)
    }
}

impl Prepared for Repeated<'_> {
    fn value(&self, items: &[u32]) -> f64 {
        let pair = |&item: &u32| (self.replies[item as usize], self.utterances[item as usize]);
        let mut pairs: Vec<_> = items.iter().map(pair).collect();
        pairs.sort_unstable();
        (self.share)(&pairs)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sample::tests::Owned;

    #[test]
    fn duplicates_are_what_could_be_left_out() {
        for (name, replies, expected) in [
            ("all different", &["a", "b", "a b", ""][..], 0.0),
            ("one twice", &["a", "b", "a", "c"], 25.0),
            ("all the same", &["a", "a", "a", "a"], 75.0),
        ] {
            assert_eq!(DUPLICATES.value(&Owned::new(&[replies.to_vec()], &[]).sample()), Some(expected), "{name}");
        }
    }

    #[test]
    fn dull_replies_go_to_many_utterances() {
        let replies = vec!["i see", "i see", "i see", "i see", "i see", "no", "no", "no", "no", "yes"];
        let owned = Owned::new(&[replies], &[]);
        assert_eq!(DULL.value(&owned.sample()), Some(50.0));
        let asked_twice = owned.sample().with_utterances(vec![0, 0, 1, 2, 3, 4, 5, 6, 7, 8]).unwrap();
        assert_eq!(DULL.value(&asked_twice), Some(0.0), "four utterances are not five");
    }

    #[test]
    fn the_bound_is_a_share_of_many_utterances() {
        let replies = |n_same: usize| -> Vec<String> {
            (0..7_000).map(|idx| if idx < n_same { "i see".to_owned() } else { format!("r{idx}") }).collect()
        };
        for (n_same, expected) in [(6, 0.0), (7, 0.1)] {
            assert_eq!(DULL.value(&Owned::new(&[replies(n_same)], &[]).sample()), Some(expected), "{n_same}");
        }
    }
}
