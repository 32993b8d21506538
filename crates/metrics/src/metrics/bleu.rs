//! BLEU-4. Owns the formula of Moses' `multi-bleu.perl` and of sacrebleu; tokens come from the caller.

use serde::Serialize;

use super::{Direction, Interval, Metric, Prepared, Sums, each_draw};
use crate::{Text, n_grams::Profile, sample::Sample};

/// Longest n-gram that counts.
pub const MAX_ORDER: usize = 4;

/// Corpus BLEU against all references.
pub const BLEU: CorpusBleu = CorpusBleu;

/// BLEU with what it is made of.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Bleu {
    /// BLEU in percent, 0 to 100.
    pub score: f64,
    /// Precision of n-grams for n = 1 to 4, in percent, smoothed if asked for; 0 where there are no n-grams.
    pub precisions: [f64; MAX_ORDER],
    /// Factor for short hypotheses, 0 to 1.
    pub brevity_penalty: f64,
    /// Tokens of all hypotheses.
    pub hypothesis_length: u64,
    /// Tokens of the references that are closest in length, one for each hypothesis.
    pub reference_length: u64,
}

/// What to do if no n-gram of some order is matched; the names are sacrebleu's.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Smoothing {
    /// The score is 0, as in `multi-bleu.perl`.
    #[default]
    None,
    /// The i-th order without a match counts as ½ⁱ matches, as in NIST's mteval-v13a.
    Exp,
}

/// Variants of the formula.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct BleuOptions {
    /// What to do if no n-gram of some order is matched.
    pub smoothing: Smoothing,
    /// Leave out orders that are longer than the text; for single sentences.
    pub effective_order: bool,
}

impl BleuOptions {
    /// Of single sentences: sacrebleu's `sentence_bleu`.
    pub const SENTENCE: Self = Self { smoothing: Smoothing::Exp, effective_order: true };
}

/// The n-grams of a text for BLEU.
pub(crate) type TokenProfile = Profile<MAX_ORDER>;

/// The counts that BLEU is a function of; those of a corpus are the sums over its sentences.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct BleuCounts {
    matched: [u64; MAX_ORDER],
    total: [u64; MAX_ORDER],
    hypothesis_length: u64,
    reference_length: u64,
}

impl BleuCounts {
    /// Of one sentence.
    ///
    /// The reference that counts for the length is the closest; of two equally close ones the shorter.
    pub(crate) fn of(hypothesis: &TokenProfile, references: &[&TokenProfile]) -> Self {
        let length = hypothesis.n_symbols();
        let lengths = references.iter().map(|reference| reference.n_symbols());
        let closest = lengths.min_by_key(|&reference| (reference.abs_diff(length), reference));
        let mut matched = [0; MAX_ORDER];
        for (order, matched) in (1..).zip(&mut matched) {
            *matched = hypothesis.matched(references, order);
            if *matched == 0 {
                // Nor are longer ones matched, which begin with these.
                break;
            }
        }
        Self {
            matched,
            total: std::array::from_fn(|idx| hypothesis.total(idx + 1)),
            hypothesis_length: length as u64,
            reference_length: closest.unwrap_or(0) as u64,
        }
    }

    /// From counts made elsewhere: of matched and of all n-grams by order, and the two lengths.
    pub(crate) fn new(matched: [u64; 4], total: [u64; 4], hypothesis_length: u64, reference_length: u64) -> Self {
        Self { matched, total, hypothesis_length, reference_length }
    }

    /// BLEU = 100 · BP · exp(¼ Σ_n ln p_n), n = 1 to 4 (Papineni et al. 2002).
    ///
    /// p_n is the share of n-grams matched, each at most as often as in the reference that has it most often. BP = 1 if
    /// the hypotheses are longer than the references, else exp(1 − r/c). Case-sensitive.
    ///
    /// Source: Moses, `scripts/generic/multi-bleu.perl`; smoothing and effective order as sacrebleu 2.6.0.
    /// Deviation: that script divides by zero if there are no hypothesis tokens at all; here the score and the brevity
    /// penalty are then 0.
    #[must_use]
    pub fn bleu(&self, options: BleuOptions) -> Bleu {
        let brevity_penalty = self.brevity_penalty();
        let parts = |score, precisions| Bleu {
            score,
            precisions,
            brevity_penalty,
            hypothesis_length: self.hypothesis_length,
            reference_length: self.reference_length,
        };
        let mut precisions = [0.0; MAX_ORDER];
        if self.matched == [0; MAX_ORDER] {
            return parts(0.0, precisions);
        }
        let n_orders = self.total.iter().take_while(|&&total| total > 0).count();
        let mut unmatched = 1.0;
        for (idx, precision) in precisions.iter_mut().enumerate().take(n_orders) {
            let matched = match (self.matched[idx], options.smoothing) {
                (0, Smoothing::None) => 0.0,
                (0, Smoothing::Exp) => {
                    unmatched /= 2.0;
                    unmatched
                }
                (matched, _) => matched as f64,
            };
            *precision = 100.0 * matched / self.total[idx] as f64;
        }
        let n_orders = if options.effective_order { n_orders } else { MAX_ORDER };
        // The script's logarithm of 0 is -9999999999, whose exponential is 0: so is that of minus infinity.
        let logs = precisions[..n_orders].iter().map(|precision| (precision / 100.0).ln());
        parts(100.0 * brevity_penalty * (logs.sum::<f64>() / n_orders as f64).exp(), precisions)
    }

    fn brevity_penalty(&self) -> f64 {
        if self.hypothesis_length == 0 {
            // Nothing said and nothing to say is not too short.
            f64::from(u8::from(self.reference_length == 0))
        } else if self.hypothesis_length < self.reference_length {
            (1.0 - self.reference_length as f64 / self.hypothesis_length as f64).exp()
        } else {
            1.0
        }
    }

    fn row(&self) -> [f64; 10] {
        let mut row = [0.0; 10];
        let counts = self.matched.iter().chain(&self.total).chain([&self.hypothesis_length, &self.reference_length]);
        for (cell, &count) in row.iter_mut().zip(counts) {
            *cell = count as f64;
        }
        row
    }

    fn from_row(row: &[f64; 10]) -> Self {
        // Counts below 2^53 are whole numbers in f64.
        let count = |idx: usize| row[idx] as u64;
        Self {
            matched: std::array::from_fn(count),
            total: std::array::from_fn(|idx| count(idx + MAX_ORDER)),
            hypothesis_length: count(8),
            reference_length: count(9),
        }
    }
}

impl std::iter::Sum for BleuCounts {
    fn sum<I: Iterator<Item = Self>>(counts: I) -> Self {
        counts.fold(Self::default(), |sum, one| Self {
            matched: std::array::from_fn(|idx| sum.matched[idx] + one.matched[idx]),
            total: std::array::from_fn(|idx| sum.total[idx] + one.total[idx]),
            hypothesis_length: sum.hypothesis_length + one.hypothesis_length,
            reference_length: sum.reference_length + one.reference_length,
        })
    }
}

/// Corpus BLEU of the first draw with its parts; `None` without references.
#[must_use]
pub fn corpus_bleu(sample: &Sample<'_>, options: BleuOptions) -> Option<Bleu> {
    sample.has_references().then(|| {
        let counts: BleuCounts = counts(&sample.draws[0], sample).into_iter().sum();
        counts.bleu(options)
    })
}

fn counts(replies: &[&Text], sample: &Sample<'_>) -> Vec<BleuCounts> {
    let pairs = replies.iter().zip(&sample.references);
    let count = |(reply, references): (&&Text, &Vec<&Text>)| {
        let references: Vec<TokenProfile> = references.iter().map(|text| Profile::new(&text.tokens)).collect();
        BleuCounts::of(&Profile::new(&reply.tokens), &references.iter().collect::<Vec<_>>())
    };
    pairs.map(count).collect()
}

/// See [`BLEU`].
#[derive(Clone, Copy, Debug)]
pub struct CorpusBleu;

impl Metric for CorpusBleu {
    fn name(&self) -> &'static str {
        "bleu"
    }

    fn title(&self) -> &'static str {
        "BLEU"
    }

    fn summary(&self) -> &'static str {
        "corpus BLEU-4 in percent, as multi-bleu.perl: case-sensitive, not smoothed"
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
                rows: counts(replies, sample).iter().map(BleuCounts::row).collect(),
                value: |sums| BleuCounts::from_row(sums).bleu(BleuOptions::default()).score,
            })
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sample::tests::Owned;

    /// The texts of each pair are a hypothesis and its references.
    fn score_with(pairs: &[(&str, &[&str])], options: BleuOptions) -> Bleu {
        let (hypotheses, references): (Vec<_>, Vec<_>) =
            pairs.iter().map(|(hypothesis, references)| (*hypothesis, references.to_vec())).unzip();
        corpus_bleu(&Owned::new(&[hypotheses], &references).sample(), options).unwrap()
    }

    fn score(pairs: &[(&str, &[&str])]) -> Bleu {
        score_with(pairs, BleuOptions::default())
    }

    #[track_caller]
    fn assert_close(name: &str, actual: f64, expected: f64) {
        // Written so that NaN fails.
        assert!((actual - expected).abs() <= 1e-9, "{name}: {actual} is not {expected}");
    }

    fn even(precisions: [f64; 4]) -> f64 {
        100.0 * precisions.iter().product::<f64>().powf(0.25)
    }

    #[test]
    fn score_matches_hand_computation() {
        for (name, pairs, expected) in [
            ("same", &[("a b c d", &["a b c d"][..])][..], 100.0),
            ("one word off", &[("a b c d e f", &["a b c d e g"])], even([5. / 6., 4. / 5., 3. / 4., 2. / 3.])),
            ("short: r = 6, c = 5", &[("a b c d e", &["a b c d e f"])], 100.0 * (1.0 - 6.0 / 5.0_f64).exp()),
            ("long is not punished", &[("a b c d e", &["a b c d"])], even([4. / 5., 3. / 4., 2. / 3., 1. / 2.])),
            ("clipped", &[("a a a a a", &["a a a a"])], even([4. / 5., 3. / 4., 2. / 3., 1. / 2.])),
            ("case counts", &[("A b c d", &["a b c d"])], 0.0),
            ("no match of order four", &[("a b c x", &["a b c d"])], 0.0),
            ("pooled over the corpus", &[("a b c d", &["a b c d"]), ("x", &["y"])], even([4. / 5., 1., 1., 1.])),
            ("any reference may match", &[("a b c d", &["x y z w", "a b c d"])], 100.0),
        ] {
            assert_close(name, score(pairs).score, expected);
        }
    }

    #[test]
    fn exponential_smoothing_halves_for_each_order_without_a_match() {
        let smoothed = BleuOptions { smoothing: Smoothing::Exp, effective_order: false };
        let found = score_with(&[("a b x y", &["a b c d"])], smoothed);
        assert_close("score", found.score, even([2. / 4., 1. / 3., 0.5 / 2., 0.25 / 1.]));
        assert_eq!(score_with(&[("x", &["a"])], smoothed).score, 0.0, "nothing matched is nothing");
        assert_eq!(score_with(&[("a b", &["a b"])], smoothed).score, 0.0, "no n-grams of order three");
        assert_close("short sentence", score_with(&[("a b", &["a b"])], BleuOptions::SENTENCE).score, 100.0);
    }

    #[test]
    fn closest_reference_counts_and_ties_go_to_the_shorter() {
        for (name, references, expected) in [
            ("closest", &["a", "a b c d e"][..], 5),
            ("tie, shorter first", &["a b", "a b c d e f"], 2),
            ("tie, shorter last", &["a b c d e f", "a b"], 2),
        ] {
            assert_eq!(score(&[("a b c d", references)]).reference_length, expected, "{name}");
        }
    }

    #[test]
    fn parts_are_reported() {
        let bleu = score(&[("a b c d e", &["a b c d e f"]), ("", &["a"])]);
        assert_eq!(bleu.precisions, [100.0; 4]);
        assert_eq!((bleu.hypothesis_length, bleu.reference_length), (5, 7));
        assert_close("brevity", bleu.brevity_penalty, (1.0 - 7.0 / 5.0_f64).exp());
    }

    #[test]
    fn empty_texts_are_defined() {
        let nothing =
            Bleu { score: 0.0, precisions: [0.0; 4], brevity_penalty: 0.0, hypothesis_length: 0, reference_length: 0 };
        assert_eq!(score(&[("", &["a b"])]), Bleu { reference_length: 2, ..nothing });
        assert_eq!(score(&[("", &[""])]), Bleu { brevity_penalty: 1.0, ..nothing });
        let short = score(&[("a", &["a"])]);
        assert_eq!((short.score, short.precisions), (0.0, [100.0, 0.0, 0.0, 0.0]));
        assert_eq!(score(&[("a", &[""])]).score, 0.0);
        assert_eq!(corpus_bleu(&Owned::new(&[vec!["a"]], &[]).sample(), BleuOptions::default()), None);
    }

    #[test]
    fn sums_give_the_score_of_the_corpus() {
        let owned = Owned::new(&[vec!["a b c d e", "a b c x y"]], &[vec!["a b c d f"], vec!["a b c"]]);
        let sample = owned.sample();
        let whole = corpus_bleu(&sample, BleuOptions::default()).unwrap().score;
        assert!(whole > 0.0);
        assert_eq!(BLEU.value(&sample), Some(whole));
        let first = Owned::new(&[vec!["a b c d e"]], &[vec!["a b c d f"]]);
        let prepared = BLEU.prepare(&sample).unwrap();
        assert_eq!(Some(prepared.value(&[0, 0])), BLEU.value(&first.sample()), "twice the same item");
    }
}
