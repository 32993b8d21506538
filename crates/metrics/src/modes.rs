//! Mode coverage: how many of the possible kinds of reply to an utterance the replies of a system reach, where the kinds are
//! known. Owns the nearest known text and the two numbers; what is known belongs to the planted corpus.

use serde::Serialize;

use crate::{
    Prepared, Resampling,
    metrics::{
        Sums,
        chrf::{CharacterProfile, profile_of, sentence_chrf},
        ratio,
    },
    percentile_interval,
};

/// A reply is of the mode of the known reply that it is nearest to, if their chrF is at least this: a known reply with a
/// slip. Below 70, wordings that are not known at all begin to be taken for known ones of any mode.
pub const MODE_CHRF: f64 = 70.0;

/// The known replies to one utterance.
#[derive(Debug)]
pub struct KnownModes {
    known: Vec<(CharacterProfile, String, usize)>,
}

impl KnownModes {
    /// Texts with the numbers of their modes.
    pub fn new(known: impl IntoIterator<Item = (String, usize)>) -> Self {
        Self { known: known.into_iter().map(|(text, mode)| (profile_of(&text), text, mode)).collect() }
    }

    /// The mode of a text: that of an equal known text, else of the nearest one by chrF, `None` if none reaches
    /// `least_chrf`. Equally near texts: the first.
    #[must_use]
    pub fn mode(&self, text: &str, least_chrf: f64) -> Option<usize> {
        if let Some((_, _, mode)) = self.known.iter().find(|(_, known, _)| known == text) {
            return Some(*mode);
        }
        let profile = profile_of(text);
        let mut best = None;
        for (known, _, mode) in &self.known {
            let chrf = sentence_chrf(&profile, known);
            if chrf >= least_chrf && best.is_none_or(|(most, _)| chrf > most) {
                best = Some((chrf, *mode));
            }
        }
        best.map(|(_, mode)| mode)
    }
}

/// Mode coverage of a system, over utterances with as many replies each.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct ModeCoverage {
    /// Replies to each utterance.
    pub n_replies: usize,
    /// The share of an utterance's modes that its replies reach, in percent, on average.
    pub coverage: f64,
    /// 95 % bootstrap interval over utterances.
    pub coverage_interval: Option<[f64; 2]>,
    /// The share of replies that are of any mode of their utterance, in percent.
    pub precision: f64,
    /// 95 % bootstrap interval over utterances.
    pub precision_interval: Option<[f64; 2]>,
    /// What replies would reach that are of each mode with equal chance: 100 · (1 − (1 − 1/M)^N).
    pub ideal_coverage: f64,
}

/// `modes[utterance][reply]` is the reply's mode, below `n_modes`, or `None` for a reply of no known mode. `None` without
/// replies.
#[must_use]
pub fn mode_coverage(modes: &[Vec<Option<usize>>], n_modes: usize, resampling: Resampling) -> Option<ModeCoverage> {
    let n_replies = modes.first().map(Vec::len).filter(|&n| n > 0 && n_modes > 0)?;
    let row = |modes: &Vec<Option<usize>>| {
        let mut reached: Vec<usize> = modes.iter().flatten().copied().collect();
        let n_known = reached.len();
        reached.sort_unstable();
        reached.dedup();
        [reached.len() as f64, n_modes as f64, n_known as f64, modes.len() as f64]
    };
    let rows: Vec<[f64; 4]> = modes.iter().map(row).collect();
    let n_items = u32::try_from(rows.len()).ok()?;
    let estimate = |value: fn(&[f64; 4]) -> f64| {
        let sums = Sums { rows: rows.clone(), value };
        let all: Vec<u32> = (0..n_items).collect();
        (sums.value(&all), percentile_interval(&resampling.bootstrap(&sums, n_items)))
    };
    let (coverage, coverage_interval) = estimate(|sums| 100.0 * ratio(sums[0], sums[1]));
    let (precision, precision_interval) = estimate(|sums| 100.0 * ratio(sums[2], sums[3]));
    let missed = (1.0 - 1.0 / n_modes as f64).powi(n_replies as i32);
    let ideal_coverage = 100.0 * (1.0 - missed);
    Some(ModeCoverage { n_replies, coverage, coverage_interval, precision, precision_interval, ideal_coverage })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_nearest_known_text_gives_the_mode() {
        let known =
            KnownModes::new([("Ask your sister for help.", 0), ("Why is that?", 1)].map(|(a, b)| (a.to_owned(), b)));
        assert_eq!(known.mode("Why is that?", 100.0), Some(1));
        assert_eq!(known.mode("Ask your brother for help.", 50.0), Some(0));
        assert_eq!(known.mode("Something else entirely", 50.0), None);
        assert_eq!(known.mode("", 0.1), None);
    }

    #[test]
    fn coverage_and_precision_are_shares() {
        let modes = vec![vec![Some(0), Some(0), None, Some(2)], vec![None, None, Some(1), Some(1)]];
        let found = mode_coverage(&modes, 6, Resampling { n_trials: 200, seed: 1 }).unwrap();
        assert_eq!((found.coverage, found.precision), (25.0, 62.5));
        let [low, high] = found.coverage_interval.unwrap();
        assert!(low <= 25.0 && 25.0 <= high && low >= 100.0 / 6.0 - 1e-9, "{low} {high}");
        assert!((found.ideal_coverage - 100.0 * (1.0 - (5.0_f64 / 6.0).powi(4))).abs() < 1e-12);
        assert!(mode_coverage(&[], 6, Resampling { n_trials: 0, seed: 1 }).is_none());
    }
}
