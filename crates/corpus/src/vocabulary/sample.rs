//! A uniform sample of lines. Owns the randomness of the vocabulary's training; there is no other.

use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;

/// At most `max_lines` lines as [`reservoir`] draws them, sorted and without repetitions.
pub(super) fn sample<S: AsRef<str>>(lines: impl IntoIterator<Item = S>, max_lines: usize, seed: u64) -> Vec<String> {
    let mut chosen = reservoir(lines, max_lines, seed);
    chosen.sort_unstable();
    chosen.dedup();
    chosen
}

/// At most `max_lines` lines, each with the same chance (reservoir sampling, Vitter 1985, Algorithm R). Memory is that of
/// the sample. In order if all lines are taken.
pub(crate) fn reservoir<S: AsRef<str>>(lines: impl IntoIterator<Item = S>, max_lines: usize, seed: u64) -> Vec<String> {
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
