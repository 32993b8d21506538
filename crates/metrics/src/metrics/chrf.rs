//! chrF, the F-score of character n-grams (Popović 2015). Owns the formula as sacrebleu has it; needs no tokens.

use super::{Direction, Interval, Metric, Prepared, Sums, each_draw};
use crate::{Text, n_grams::Profile, sample::Sample, segment::is_space};

/// Longest n-gram of characters that counts.
const MAX_ORDER: usize = 6;

/// How many times more recall weighs than precision.
const BETA: f64 = 2.0;

/// Corpus chrF.
pub const CHRF: CorpusChrf = CorpusChrf;

/// The character n-grams of a text.
pub(crate) type CharacterProfile = Profile<MAX_ORDER>;

/// The n-grams of the characters that are not white space.
pub(crate) fn profile(text: &Text) -> CharacterProfile {
    profile_of(&text.text)
}

/// As [`profile`].
pub(crate) fn profile_of(text: &str) -> CharacterProfile {
    let characters: Vec<u32> = text.chars().filter(|&character| !is_space(character)).map(u32::from).collect();
    Profile::new(&characters)
}

/// For each order the n-grams of hypothesis, of reference, and in both.
pub(crate) type ChrfCounts = [f64; 3 * MAX_ORDER];

/// Against one reference. Hypothesis n-grams of an order that the reference is too short for do not count.
fn count(hypothesis: &CharacterProfile, reference: &CharacterProfile) -> ChrfCounts {
    let mut counts = [0.0; 3 * MAX_ORDER];
    for (order, cells) in (1..).zip(counts.chunks_exact_mut(3)) {
        let in_reference = reference.total(order);
        let in_hypothesis = if in_reference == 0 { 0 } else { hypothesis.total(order) };
        let matched = hypothesis.matched(&[reference], order);
        cells.copy_from_slice(&[in_hypothesis, in_reference, matched].map(|count| count as f64));
    }
    counts
}

/// chrF = 100 · (1 + β²) P R / (β² P + R), β = 2; P and R are the averages of precision and recall over the orders
/// 1 to 6 that both sides have; 0 if nothing matches.
///
/// Source: sacrebleu 2.6.0, `chrF2` with its defaults: case-sensitive, no white space, no word n-grams.
pub(crate) fn chrf(counts: &ChrfCounts) -> f64 {
    let (mut precision, mut recall, mut n_orders) = (0.0, 0.0, 0.0);
    for cells in counts.chunks_exact(3).filter(|cells| cells[0] > 0.0 && cells[1] > 0.0) {
        precision += cells[2] / cells[0];
        recall += cells[2] / cells[1];
        n_orders += 1.0;
    }
    if precision + recall == 0.0 {
        return 0.0;
    }
    let (precision, recall) = (precision / n_orders, recall / n_orders);
    100.0 * (1.0 + BETA * BETA) * precision * recall / (BETA * BETA * precision + recall)
}

/// chrF of one sentence against one reference.
pub(crate) fn sentence_chrf(hypothesis: &CharacterProfile, reference: &CharacterProfile) -> f64 {
    chrf(&count(hypothesis, reference))
}

/// The counts against the reference that gives the best score, the first of equals.
fn best_counts(hypothesis: &CharacterProfile, references: &[&Text]) -> ChrfCounts {
    let mut best = (-1.0, [0.0; 3 * MAX_ORDER]);
    for reference in references {
        let counts = count(hypothesis, &profile(reference));
        let score = chrf(&counts);
        if score > best.0 {
            best = (score, counts);
        }
    }
    best.1
}

/// See [`CHRF`].
#[derive(Clone, Copy, Debug)]
pub struct CorpusChrf;

impl Metric for CorpusChrf {
    fn name(&self) -> &'static str {
        "chrf"
    }

    fn title(&self) -> &'static str {
        "chrF"
    }

    fn summary(&self) -> &'static str {
        "corpus chrF2 in percent, as sacrebleu; best reference of each reply"
    }

    fn interval(&self) -> Interval {
        Interval::Bootstrap
    }

    fn direction(&self) -> Direction {
        Direction::Up
    }

    fn prepare<'a>(&self, sample: &'a Sample<'a>) -> Option<Box<dyn Prepared + 'a>> {
        sample.has_references().then(|| {
            each_draw(sample, |replies| Sums {
                rows: replies
                    .iter()
                    .zip(&sample.references)
                    .map(|(reply, references)| best_counts(&profile(reply), references))
                    .collect(),
                value: chrf,
            })
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sample::tests::Owned;

    fn score(hypothesis: &str, references: &[&str]) -> f64 {
        CHRF.value(&Owned::new(&[vec![hypothesis]], &[references.to_vec()]).sample()).unwrap()
    }

    #[test]
    fn score_matches_hand_computation() {
        // `abc` in `abd`: unigrams 2/3, bigrams 1/2, trigrams 0; precision equals recall.
        let third = (2. / 3. + 1. / 2.) / 3.0;
        for (name, hypothesis, references, expected) in [
            ("same", "abc", &["abc"][..], 100.0),
            ("white space does not count", "a b\tc", &["abc"], 100.0),
            ("one off", "abc", &["abd"], 100.0 * third),
            ("best reference", "abc", &["x", "abc"], 100.0),
            ("nothing", "abc", &["xyz"], 0.0),
            ("recall weighs more", "ab", &["a"], 100.0 * 5.0 * 0.5 / (4.0 * 0.5 + 1.0)),
            ("empty", "", &["a"], 0.0),
        ] {
            let actual = score(hypothesis, references);
            assert!((actual - expected).abs() <= 1e-9, "{name}: {actual} is not {expected}");
        }
    }
}
