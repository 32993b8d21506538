//! Corpus BLEU-4. Owns the formula of Moses' `multi-bleu.perl`; tokens come from the caller.

use std::collections::BTreeMap;

use serde::Serialize;

/// Longest n-gram that counts.
pub const MAX_ORDER: usize = 4;

/// Corpus BLEU with what it is made of.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Bleu {
    /// BLEU in percent, 0 to 100.
    pub score: f64,
    /// Precision of n-grams for n = 1 to 4, in percent; 0 where there are no n-grams.
    pub precisions: [f64; MAX_ORDER],
    /// Factor for short hypotheses, 0 to 1.
    pub brevity_penalty: f64,
    /// Tokens of all hypotheses.
    pub hypothesis_length: u64,
    /// Tokens of the references that are closest in length, one for each hypothesis.
    pub reference_length: u64,
}

/// Why there is no BLEU.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum BleuError {
    /// The lists are of different lengths.
    #[error("{hypotheses} hypotheses have {references} lists of references; give one list for each hypothesis")]
    Count {
        /// Number of hypotheses.
        hypotheses: usize,
        /// Number of lists of references.
        references: usize,
    },
    /// A hypothesis has no reference.
    #[error("hypothesis {hypothesis_idx} has no reference; give at least one")]
    NoReference {
        /// Index of the hypothesis.
        hypothesis_idx: usize,
    },
}

/// BLEU = 100 · BP · exp(¼ Σ_n ln p_n), n = 1 to 4, over the whole corpus (Papineni et al. 2002).
///
/// p_n is the share of hypothesis n-grams matched, each at most as often as in the reference that has it most often.
/// BP = 1 if the hypotheses are longer than the references, else exp(1 − r/c), where r sums, for each hypothesis, the
/// length of the reference closest to it (of two equally close the shorter). Case-sensitive, not smoothed: if there is
/// no match of some order, the score is 0. `references[i]` are the references of `hypotheses[i]`.
///
/// Source: Moses, `scripts/generic/multi-bleu.perl`.
/// Deviation: that script divides by zero if there are no hypothesis tokens at all; here the score and the brevity
/// penalty are then 0.
///
/// # Errors
/// [`BleuError`] if the lists do not match or a hypothesis has no reference. An empty corpus is no error, its score is 0.
pub fn bleu<T: AsRef<str>>(hypotheses: &[Vec<T>], references: &[Vec<Vec<T>>]) -> Result<Bleu, BleuError> {
    if hypotheses.len() != references.len() {
        return Err(BleuError::Count { hypotheses: hypotheses.len(), references: references.len() });
    }
    let mut matched = [0; MAX_ORDER];
    let mut total = [0; MAX_ORDER];
    let mut hypothesis_length = 0;
    let mut reference_length = 0;
    for (hypothesis_idx, (hypothesis, references)) in hypotheses.iter().zip(references).enumerate() {
        hypothesis_length += hypothesis.len() as u64;
        reference_length +=
            closest_length(hypothesis.len(), references).ok_or(BleuError::NoReference { hypothesis_idx })? as u64;
        for order in 1..=MAX_ORDER {
            matched[order - 1] += n_matched(hypothesis, references, order);
            total[order - 1] += (hypothesis.len() + 1).saturating_sub(order) as u64;
        }
    }
    Ok(combine(matched, total, hypothesis_length, reference_length))
}

fn combine(matched: [u64; MAX_ORDER], total: [u64; MAX_ORDER], hypothesis_length: u64, reference_length: u64) -> Bleu {
    let precision = |order_idx| match total[order_idx] {
        0 => 0.0,
        n_total => matched[order_idx] as f64 / n_total as f64,
    };
    let precisions: [f64; MAX_ORDER] = std::array::from_fn(precision);
    let brevity_penalty = if hypothesis_length == 0 {
        0.0
    } else if hypothesis_length < reference_length {
        (1.0 - reference_length as f64 / hypothesis_length as f64).exp()
    } else {
        1.0
    };
    // The script's logarithm of 0 is -9999999999, whose exponential is 0: so is that of minus infinity.
    let mean_log = precisions.iter().map(|precision| precision.ln()).sum::<f64>() / MAX_ORDER as f64;
    Bleu {
        score: 100.0 * brevity_penalty * mean_log.exp(),
        precisions: precisions.map(|precision| 100.0 * precision),
        brevity_penalty,
        hypothesis_length,
        reference_length,
    }
}

/// Length of the reference closest in length; of two equally close the shorter.
fn closest_length<T>(length: usize, references: &[Vec<T>]) -> Option<usize> {
    references.iter().map(Vec::len).min_by_key(|&reference| (reference.abs_diff(length), reference))
}

/// Number of n-grams of the hypothesis that are matched, clipped by the references.
fn n_matched<T: AsRef<str>>(hypothesis: &[T], references: &[Vec<T>], order: usize) -> u64 {
    let mut most: BTreeMap<Vec<&str>, u64> = BTreeMap::new();
    for reference in references {
        for (n_gram, count) in count_n_grams(reference, order) {
            let most = most.entry(n_gram).or_default();
            *most = count.max(*most);
        }
    }
    count_n_grams(hypothesis, order)
        .into_iter()
        .map(|(n_gram, count)| count.min(most.get(&n_gram).copied().unwrap_or(0)))
        .sum()
}

fn count_n_grams<T: AsRef<str>>(tokens: &[T], order: usize) -> BTreeMap<Vec<&str>, u64> {
    let mut counts = BTreeMap::new();
    for n_gram in tokens.windows(order) {
        *counts.entry(n_gram.iter().map(AsRef::as_ref).collect()).or_default() += 1;
    }
    counts
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tokens(text: &str) -> Vec<String> {
        text.split_whitespace().map(str::to_owned).collect()
    }

    fn score(pairs: &[(&str, &[&str])]) -> Bleu {
        let hypotheses: Vec<_> = pairs.iter().map(|(hypothesis, _)| tokens(hypothesis)).collect();
        let references: Vec<Vec<_>> =
            pairs.iter().map(|(_, references)| references.iter().map(|text| tokens(text)).collect()).collect();
        bleu(&hypotheses, &references).unwrap()
    }

    #[track_caller]
    fn assert_close(name: &str, actual: f64, expected: f64) {
        // Written so that NaN fails.
        assert!((actual - expected).abs() <= 1e-9, "{name}: {actual} is not {expected}");
    }

    #[test]
    fn score_matches_hand_computation() {
        let even = |precisions: [f64; 4]| 100.0 * precisions.iter().product::<f64>().powf(0.25);
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
    fn empty_input_is_defined() {
        let nothing =
            Bleu { score: 0.0, precisions: [0.0; 4], brevity_penalty: 0.0, hypothesis_length: 0, reference_length: 0 };
        assert_eq!(bleu::<String>(&[], &[]), Ok(nothing));
        assert_eq!(score(&[("", &["a b"])]), Bleu { reference_length: 2, ..nothing });
        assert_eq!(score(&[("", &[""])]), nothing);
        let short = score(&[("a", &["a"])]);
        assert_eq!((short.score, short.precisions), (0.0, [100.0, 0.0, 0.0, 0.0]));
        assert_eq!(score(&[("a", &[""])]).score, 0.0);
    }

    #[test]
    fn lists_that_do_not_match_are_refused() {
        let message = bleu(&[tokens("a")], &[]).unwrap_err().to_string();
        assert_eq!(message, "1 hypotheses have 0 lists of references; give one list for each hypothesis");
        let message = bleu(&[tokens("a")], &[vec![]]).unwrap_err().to_string();
        assert_eq!(message, "hypothesis 0 has no reference; give at least one");
    }

    /// Cases and script: `golden/`.
    #[test]
    fn score_matches_sacrebleu() {
        let golden = include_str!("../golden/bleu.tsv");
        let mut n_cases = 0;
        for case in golden.split("\n\n").map(str::trim).filter(|case| !case.is_empty()) {
            let mut lines = case.lines();
            let expected: Vec<f64> = lines.next().unwrap().split('\t').map(|number| number.parse().unwrap()).collect();
            let (hypotheses, references): (Vec<_>, Vec<Vec<_>>) = lines
                .map(|line| {
                    let mut columns = line.split('\t').map(|text| tokens(text.trim_start_matches('|')));
                    (columns.next().unwrap(), columns.collect())
                })
                .unzip();
            let bleu = bleu(&hypotheses, &references).unwrap();
            let actual = [
                bleu.score,
                bleu.precisions[0],
                bleu.precisions[1],
                bleu.precisions[2],
                bleu.precisions[3],
                bleu.brevity_penalty,
                bleu.hypothesis_length as f64,
                bleu.reference_length as f64,
            ];
            assert_eq!(expected.len(), actual.len());
            for (actual, expected) in actual.into_iter().zip(expected) {
                assert_close(case, actual, expected);
            }
            n_cases += 1;
        }
        assert!(n_cases >= 5, "{n_cases} golden cases");
    }
}
