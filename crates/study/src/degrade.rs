//! Degraded copies of replies for quality control: a careful rater scores them lower (as Appraise has done for the WMT
//! campaigns since Federmann 2018).

use rand::RngExt as _;
use rand_chacha::ChaCha8Rng;

/// Replaces a run of about 60 % of the reply's words by as many words of `donor`, a reply to another context. Texts of
/// fewer than four words (Japanese is written without blanks) are handled by characters instead.
pub(crate) fn degrade(text: &str, donor: &str, random: &mut ChaCha8Rng) -> String {
    let words: Vec<&str> = text.split_whitespace().collect();
    if words.len() >= 4 {
        let donor: Vec<&str> = donor.split_whitespace().collect();
        return splice(&words, &donor, random).join(" ");
    }
    let split = |text: &str| text.chars().map(String::from).collect::<Vec<_>>();
    splice(&split(text), &split(donor), random).concat()
}

fn splice<T: Clone>(text: &[T], donor: &[T], random: &mut ChaCha8Rng) -> Vec<T> {
    let length = (text.len() * 3).div_ceil(5).max(1).min(text.len());
    let start = random.random_range(0..=text.len() - length);
    let from = if donor.len() > length { random.random_range(0..=donor.len() - length) } else { 0 };
    let insert = donor[from..].iter().take(length).cloned();
    let mut result = text[..start].to_vec();
    result.extend(insert);
    result.extend_from_slice(&text[start + length..]);
    result
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::random::stream;

    #[test]
    fn degraded_copies_keep_a_part_and_differ() {
        for (text, donor) in [
            ("i left my keys on the kitchen table again", "we should see that film about whales next week"),
            ("鍵をまた台所に忘れてきました", "来週あの鯨の映画を見に行きましょう"),
            ("no", "perhaps tomorrow"),
            ("", "x"),
            ("abc", ""),
        ] {
            let degraded = degrade(text, donor, &mut stream(1, "degrade", &[text]));
            assert_eq!(degraded, degrade(text, donor, &mut stream(1, "degrade", &[text])));
            assert!(text.is_empty() || degraded != text, "{text}");
        }
        let degraded = degrade("a b c d e f g h i j", "1 2 3 4 5 6 7 8", &mut stream(1, "degrade", &[]));
        let kept = degraded.split(' ').filter(|word| word.chars().all(|letter| letter.is_ascii_lowercase())).count();
        assert_eq!((kept, degraded.split(' ').count()), (4, 10));
    }
}
