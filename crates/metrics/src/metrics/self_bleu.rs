//! Self-BLEU: how much replies resemble each other (Zhu et al. 2018). Owns both variants; the formula is in
//! [`super::bleu`]. Less is more diverse.

use super::{
    Direction, Interval, Metric, Prepared, Scope, Sums,
    bleu::{BleuCounts, BleuOptions, MAX_ORDER, TokenProfile},
    each_draw, mean, ratio,
};
use crate::{Text, n_grams::Index, n_grams::Profile, sample::Sample};

/// Over the whole output.
pub const SELF_BLEU: SelfBleu = SelfBleu;
/// Among the draws of each utterance.
pub const SELF_BLEU_OF_DRAWS: SelfBleuOfDraws = SelfBleuOfDraws;

/// The average, over all replies, of the BLEU of a reply with all other replies as its references, in percent.
///
/// Sentences are scored as by sacrebleu's `sentence_bleu`: exponential smoothing, effective order.
/// Deviation: Zhu et al. smooth with a constant of 0.1.
#[derive(Clone, Copy, Debug)]
pub struct SelfBleu;

/// The average, over utterances and draws, of the BLEU of a reply with the other draws of its utterance as references,
/// in percent; defined for two draws and more.
#[derive(Clone, Copy, Debug)]
pub struct SelfBleuOfDraws;

impl Metric for SelfBleu {
    fn name(&self) -> &'static str {
        "self-bleu"
    }

    fn title(&self) -> &'static str {
        "self-BLEU"
    }

    fn summary(&self) -> &'static str {
        "average sentence BLEU of a reply against all other replies"
    }

    fn interval(&self) -> Interval {
        Interval::Jackknife
    }

    fn direction(&self) -> Direction {
        Direction::Down
    }

    fn prepare<'a>(&self, sample: &'a Sample<'a>) -> Option<Box<dyn Prepared + 'a>> {
        Some(each_draw(sample, |replies| Crowd::new(replies)))
    }
}

impl Metric for SelfBleuOfDraws {
    fn name(&self) -> &'static str {
        "self-bleu-of-draws"
    }

    fn title(&self) -> &'static str {
        "self-BLEU of draws"
    }

    fn summary(&self) -> &'static str {
        "average sentence BLEU of a reply against the other draws for its utterance"
    }

    fn scope(&self) -> Scope {
        Scope::AllDraws
    }

    fn interval(&self) -> Interval {
        Interval::Bootstrap
    }

    fn direction(&self) -> Direction {
        Direction::Down
    }

    fn prepare<'a>(&self, sample: &'a Sample<'a>) -> Option<Box<dyn Prepared + 'a>> {
        let among_draws = |item: usize| {
            let profiles: Vec<TokenProfile> =
                sample.draws.iter().map(|draw| Profile::new(&draw[item].tokens)).collect();
            let scores = (0..profiles.len()).map(|draw| {
                let others = profiles.iter().enumerate().filter(|(other, _)| *other != draw);
                let others: Vec<_> = others.map(|(_, profile)| profile).collect();
                BleuCounts::of(&profiles[draw], &others).bleu(BleuOptions::SENTENCE).score
            });
            [mean(scores), 1.0]
        };
        (sample.n_draws() > 1).then(|| -> Box<dyn Prepared> {
            let rows = (0..sample.n_items()).map(among_draws).collect();
            Box::new(Sums { rows, value: |&[scores, items]| ratio(scores, items) })
        })
    }
}

/// Replies that are references to each other. The most and second most often that a kind of n-gram occurs in one reply
/// say at once how often it occurs in the others, so that the work grows with the number of replies, not its square.
struct Crowd {
    /// For each order, the kinds of n-grams of each reply with their counts.
    runs: [Vec<Vec<(u32, u32)>>; MAX_ORDER],
    n_kinds: [usize; MAX_ORDER],
    lengths: Vec<u32>,
}

/// The two replies that have a kind of n-gram most often.
#[derive(Clone, Copy, Default)]
struct Most {
    count: u32,
    place: u32,
    second: u32,
}

impl Most {
    fn add(&mut self, count: u32, place: u32) {
        if count > self.count {
            *self = Self { count, place, second: self.count };
        } else if count > self.second {
            self.second = count;
        }
    }

    fn in_others(self, place: u32) -> u32 {
        if self.place == place { self.second } else { self.count }
    }
}

impl Crowd {
    fn new(replies: &[&Text]) -> Self {
        let indices: [Index; MAX_ORDER] = std::array::from_fn(|idx| Index::new(replies, idx + 1));
        let runs_of = |index: &Index, item: u32| {
            let mut kinds = index.of_text(item).to_vec();
            kinds.sort_unstable();
            kinds.chunk_by(|one, next| one == next).map(|run| (run[0], run.len() as u32)).collect()
        };
        let items = 0..replies.len() as u32;
        Self {
            runs: std::array::from_fn(|idx| items.clone().map(|item| runs_of(&indices[idx], item)).collect()),
            n_kinds: std::array::from_fn(|idx| indices[idx].n_kinds),
            lengths: replies.iter().map(|reply| reply.tokens.len() as u32).collect(),
        }
    }

    /// For each chosen reply the n-grams of an order that others have, too.
    fn matched(&self, items: &[u32], order_idx: usize) -> Vec<u64> {
        let runs = &self.runs[order_idx];
        let mut most = vec![Most::default(); self.n_kinds[order_idx]];
        for (place, &item) in (0..).zip(items) {
            for &(kind, count) in &runs[item as usize] {
                most[kind as usize].add(count, place);
            }
        }
        let matched = |(place, &item): (u32, &u32)| {
            let in_others = |&(kind, count): &(u32, u32)| u64::from(count.min(most[kind as usize].in_others(place)));
            runs[item as usize].iter().map(in_others).sum()
        };
        (0..).zip(items).map(matched).collect()
    }
}

impl Prepared for Crowd {
    fn value(&self, items: &[u32]) -> f64 {
        let matched: [Vec<u64>; MAX_ORDER] = std::array::from_fn(|idx| self.matched(items, idx));
        let mut lengths: Vec<u32> = items.iter().map(|&item| self.lengths[item as usize]).collect();
        lengths.sort_unstable();
        mean(items.iter().enumerate().map(|(place, &item)| {
            let length = self.lengths[item as usize];
            let total = std::array::from_fn(|idx| (u64::from(length) + 1).saturating_sub(idx as u64 + 1));
            let counts = BleuCounts::new(
                std::array::from_fn(|idx| matched[idx][place]),
                total,
                u64::from(length),
                u64::from(closest_other(&lengths, length)),
            );
            counts.bleu(BleuOptions::SENTENCE).score
        }))
    }
}

/// The closest of the other lengths in a sorted list that has `length` itself; of two equally close the shorter. 0 if
/// there is no other.
fn closest_other(sorted: &[u32], length: u32) -> u32 {
    let first = sorted.partition_point(|&other| other < length);
    let has_equal = sorted.get(first + 1) == Some(&length);
    if has_equal {
        return length;
    }
    let below = first.checked_sub(1).map(|idx| sorted[idx]);
    let above = sorted.get(first + 1).copied();
    below.into_iter().chain(above).min_by_key(|other| (other.abs_diff(length), *other)).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sample::tests::Owned;

    /// The definition: every reply against all others.
    fn by_definition(replies: &[&str]) -> f64 {
        let owned = Owned::new(&[replies.to_vec()], &[]);
        let profiles: Vec<TokenProfile> = owned.draws[0].iter().map(|text| Profile::new(&text.tokens)).collect();
        let scores = (0..profiles.len()).map(|item| {
            let others = profiles.iter().enumerate().filter(|(other, _)| *other != item);
            let others: Vec<_> = others.map(|(_, profile)| profile).collect();
            BleuCounts::of(&profiles[item], &others).bleu(BleuOptions::SENTENCE).score
        });
        mean(scores)
    }

    #[test]
    fn the_short_way_gives_the_definition() {
        for replies in [
            &["a b c d e", "a b c d f", "a b x", "", "a a a a", "a b c"][..],
            &["a", "a"],
            &["a b c", "d e f"],
            &["a a b", "a b b", "b b a a a b", "a b a b a b a b"],
            &["a"],
        ] {
            let actual = SELF_BLEU.value(&Owned::new(&[replies.to_vec()], &[]).sample()).unwrap();
            let expected = by_definition(replies);
            assert!((actual - expected).abs() <= 1e-9, "{replies:?}: {actual} is not {expected}");
        }
    }

    #[test]
    fn equal_replies_have_all_and_foreign_ones_nothing() {
        let value = |replies: &[&str]| SELF_BLEU.value(&Owned::new(&[replies.to_vec()], &[]).sample()).unwrap();
        assert!((value(&["a b c d", "a b c d"]) - 100.0).abs() <= 1e-9);
        assert_eq!(value(&["a b c d", "e f g h"]), 0.0);
    }

    #[test]
    fn draws_are_compared_within_their_utterance() {
        let owned = Owned::new(&[vec!["a b c d", "e f g h"], vec!["a b c d", "x y z w"]], &[]);
        let value = SELF_BLEU_OF_DRAWS.value(&owned.sample()).unwrap();
        assert!((value - 50.0).abs() <= 1e-9, "{value}");
        assert_eq!(SELF_BLEU_OF_DRAWS.value(&Owned::new(&[vec!["a"]], &[]).sample()), None);
    }
}
