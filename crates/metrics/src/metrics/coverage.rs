//! Coverage of several references by several draws: do the draws reach what people said? Owns recall and precision as
//! Zhao et al. 2017 define them, over sentence BLEU and sentence chrF.

use super::{
    Direction, Interval, Metric, Prepared, Scope, Sums,
    bleu::{BleuCounts, BleuOptions},
    chrf, mean, ratio,
};
use crate::{Text, n_grams::Profile, sample::Sample};

/// Best-of-draws BLEU of each reference.
pub const BLEU_RECALL: Coverage = Coverage { similarity: Similarity::Bleu, side: Side::Recall };
/// Best reference's BLEU of each draw.
pub const BLEU_PRECISION: Coverage = Coverage { similarity: Similarity::Bleu, side: Side::Precision };
/// Best-of-draws chrF of each reference.
pub const CHRF_RECALL: Coverage = Coverage { similarity: Similarity::Chrf, side: Side::Recall };
/// Best reference's chrF of each draw.
pub const CHRF_PRECISION: Coverage = Coverage { similarity: Similarity::Chrf, side: Side::Precision };

/// With draws h_s and references r_j of an utterance and a similarity in percent:
/// recall = mean_j max_s sim(h_s, r_j), precision = mean_s max_j sim(h_s, r_j), each averaged over utterances.
///
/// BLEU is that of sacrebleu's `sentence_bleu` (exponential smoothing, effective order) against one reference, chrF that
/// of `sentence_chrf`. Recall grows with the number of draws, so compare equal numbers only. Defined if there are
/// several draws or several references.
#[derive(Clone, Copy, Debug)]
pub struct Coverage {
    similarity: Similarity,
    side: Side,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Similarity {
    Bleu,
    Chrf,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Side {
    Recall,
    Precision,
}

impl Metric for Coverage {
    fn name(&self) -> &'static str {
        match (self.similarity, self.side) {
            (Similarity::Bleu, Side::Recall) => "coverage-bleu-recall",
            (Similarity::Bleu, Side::Precision) => "coverage-bleu-precision",
            (Similarity::Chrf, Side::Recall) => "coverage-chrf-recall",
            (Similarity::Chrf, Side::Precision) => "coverage-chrf-precision",
        }
    }

    fn title(&self) -> &'static str {
        match (self.similarity, self.side) {
            (Similarity::Bleu, Side::Recall) => "BLEU recall",
            (Similarity::Bleu, Side::Precision) => "BLEU precision",
            (Similarity::Chrf, Side::Recall) => "chrF recall",
            (Similarity::Chrf, Side::Precision) => "chrF precision",
        }
    }

    fn summary(&self) -> &'static str {
        match self.side {
            Side::Recall => "similarity in percent of each reference to the draw nearest to it",
            Side::Precision => "similarity in percent of each draw to the reference nearest to it",
        }
    }

    fn scope(&self) -> Scope {
        Scope::AllDraws
    }

    fn interval(&self) -> Interval {
        Interval::Bootstrap
    }

    fn direction(&self) -> Direction {
        Direction::Up
    }

    fn prepare<'a>(&self, sample: &'a Sample<'a>) -> Option<Box<dyn Prepared + 'a>> {
        let are_several = sample.n_draws() > 1 || sample.references.iter().any(|references| references.len() > 1);
        (sample.has_references() && are_several).then(|| -> Box<dyn Prepared> {
            let row = |item: usize| {
                let draws: Vec<&Text> = sample.draws.iter().map(|draw| draw[item]).collect();
                let table = self.similarity.table(&draws, &sample.references[item]);
                [self.side.of(&table), 1.0]
            };
            let rows = (0..sample.n_items()).map(row).collect();
            Box::new(Sums { rows, value: |&[similarities, items]| ratio(similarities, items) })
        })
    }
}

impl Similarity {
    /// One row a draw, one column a reference.
    fn table(self, draws: &[&Text], references: &[&Text]) -> Vec<Vec<f64>> {
        match self {
            Self::Bleu => {
                let profile = |text: &&Text| Profile::new(&text.tokens);
                let bleu =
                    |draw: &_, reference: &_| BleuCounts::of(draw, &[reference]).bleu(BleuOptions::SENTENCE).score;
                table(draws, references, profile, bleu)
            }
            Self::Chrf => table(draws, references, |text| chrf::profile(text), chrf::sentence_chrf),
        }
    }
}

fn table<P>(
    draws: &[&Text],
    references: &[&Text],
    profile: impl Fn(&&Text) -> P,
    similarity: impl Fn(&P, &P) -> f64,
) -> Vec<Vec<f64>> {
    let references: Vec<P> = references.iter().map(&profile).collect();
    let row = |draw: P| references.iter().map(|reference| similarity(&draw, reference)).collect();
    draws.iter().map(profile).map(row).collect()
}

impl Side {
    fn of(self, table: &[Vec<f64>]) -> f64 {
        let largest = |values: &mut dyn Iterator<Item = f64>| values.fold(0.0, f64::max);
        match self {
            Self::Precision => mean(table.iter().map(|row| largest(&mut row.iter().copied()))),
            Self::Recall => {
                let n_references = table.first().map_or(0, Vec::len);
                mean((0..n_references).map(|reference| largest(&mut table.iter().map(|row| row[reference]))))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sample::tests::Owned;

    #[test]
    fn recall_looks_from_the_references_and_precision_from_the_draws() {
        // Two draws say the same; two references differ, and the draws hit one of them.
        let owned = Owned::new(&[vec!["a b c d"], vec!["a b c d"]], &[vec!["a b c d", "w x y z"]]);
        for (metric, expected) in
            [(BLEU_RECALL, 50.0), (BLEU_PRECISION, 100.0), (CHRF_RECALL, 50.0), (CHRF_PRECISION, 100.0)]
        {
            let value = metric.value(&owned.sample()).unwrap();
            assert!((value - expected).abs() <= 1e-9, "{}: {value}", metric.name());
        }
    }

    #[test]
    fn one_draw_and_one_reference_are_no_coverage() {
        assert_eq!(BLEU_RECALL.value(&Owned::new(&[vec!["a"]], &[vec!["a"]]).sample()), None);
        assert_eq!(BLEU_RECALL.value(&Owned::new(&[vec!["a"], vec!["b"]], &[]).sample()), None);
    }
}
