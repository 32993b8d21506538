//! A uniform sample of lines, for vocabularies and embeddings. Owns its randomness.

use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;

use crate::{Corpus, CorpusError, Split};

/// At most `max_lines` contexts and responses of a corpus' training split as [`reservoir`] draws them, and how many there
/// are. `on_lines` hears now and then how many are read.
pub(crate) fn training_lines(
    corpus: &Corpus,
    max_lines: usize,
    seed: u64,
    on_lines: &mut dyn FnMut(u64),
) -> Result<(Vec<String>, u64), CorpusError> {
    const LINES_PER_REPORT: u64 = 1 << 15;
    let (mut failure, mut n_lines) = (None, 0);
    let pairs = corpus.pairs(Split::Train)?.map_while(|pair| pair.map_err(|error| failure = Some(error)).ok());
    let lines = pairs.flat_map(|pair| [pair.context, pair.response]).inspect(|_| {
        n_lines += 1;
        if n_lines % LINES_PER_REPORT == 0 {
            on_lines(n_lines);
        }
    });
    let chosen = reservoir(lines, max_lines, seed);
    match failure {
        Some(error) => Err(error),
        None => Ok((chosen, n_lines)),
    }
}

/// At most `max_lines` lines as [`reservoir`] draws them, sorted and without repetitions.
pub(super) fn sample<S: AsRef<str>>(lines: impl IntoIterator<Item = S>, max_lines: usize, seed: u64) -> Vec<String> {
    distinct(reservoir(lines, max_lines, seed))
}

/// Sorted and without repetitions.
pub(super) fn distinct(mut lines: Vec<String>) -> Vec<String> {
    lines.sort_unstable();
    lines.dedup();
    lines
}

/// At most `max_lines` lines, each with the same chance (reservoir sampling, Vitter 1985, Algorithm R). Memory is that of
/// the sample. In order if all lines are taken.
fn reservoir<S: AsRef<str>>(lines: impl IntoIterator<Item = S>, max_lines: usize, seed: u64) -> Vec<String> {
    let mut random = ChaCha8Rng::seed_from_u64(seed);
    let mut chosen: Vec<String> = Vec::new();
    for (line_idx, line) in lines.into_iter().enumerate() {
        if chosen.len() < max_lines {
            chosen.push(line.as_ref().to_owned());
            continue;
        }
        let place = random.random_range(0..=line_idx as u64) as usize;
        if let Some(old) = chosen.get_mut(place) {
            line.as_ref().clone_into(old);
        }
    }
    chosen
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_line_has_the_same_chance() {
        let lines: Vec<String> = (0..10).map(|idx| idx.to_string()).collect();
        let mut counts = [0_u32; 10];
        for seed in 0..2000 {
            for line in sample(&lines, 3, seed) {
                counts[line.parse::<usize>().unwrap()] += 1;
            }
        }
        // 600 expected, standard deviation 20.5.
        assert!(counts.iter().all(|count| (500..700).contains(count)), "{counts:?}");
    }

    #[test]
    fn few_lines_are_all_taken_once() {
        assert_eq!(sample(["b", "a", "b"], 5, 1), ["a", "b"]);
        assert!(sample::<&str>([], 5, 1).is_empty());
        assert!(sample(["a"], 0, 1).is_empty());
    }
}
