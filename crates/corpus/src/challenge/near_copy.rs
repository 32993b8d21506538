//! Near copies: texts of a set that share most of their character trigrams.
//!
//! Owns the measure, Dice over sets of trigrams of letters and digits, 2|A ∩ B| / (|A| + |B|), and its bound.

use std::cmp::Ordering;

use super::check::Text;

/// Two texts are near copies above this share.
const MAX_SHARE: f64 = 0.8;

/// Two texts that are too near.
pub(super) struct NearCopy<'a> {
    pub(super) earlier: &'a Text<'a>,
    pub(super) later: &'a Text<'a>,
    /// The share, rounded down.
    pub(super) percent: u32,
}

/// The first text, in order, that is a near copy of one before it.
///
/// Compares all pairs: 675 texts are 227,475 pairs of some 40 trigrams, a fraction of a second.
pub(super) fn first_near_copy<'a>(texts: &'a [Text<'a>]) -> Option<NearCopy<'a>> {
    let trigrams: Vec<_> = texts.iter().map(|text| trigrams(text.text)).collect();
    for later_idx in 0..texts.len() {
        for earlier_idx in 0..later_idx {
            let share = dice(&trigrams[earlier_idx], &trigrams[later_idx]);
            if share > MAX_SHARE {
                let percent = (100.0 * share) as u32;
                return Some(NearCopy { earlier: &texts[earlier_idx], later: &texts[later_idx], percent });
            }
        }
    }
    None
}

/// The sorted set of trigrams of a text's lower-case letters and digits. A text of fewer than three is one gram.
fn trigrams(text: &str) -> Vec<[char; 3]> {
    let mut letters: Vec<char> =
        text.chars().filter(|character| character.is_alphanumeric()).flat_map(char::to_lowercase).collect();
    letters.resize(letters.len().max(3), ' ');
    let mut grams: Vec<[char; 3]> = letters.windows(3).map(|gram| [gram[0], gram[1], gram[2]]).collect();
    grams.sort_unstable();
    grams.dedup();
    grams
}

/// 2|A ∩ B| / (|A| + |B|) of two sorted sets that are not empty.
fn dice(left: &[[char; 3]], right: &[[char; 3]]) -> f64 {
    let (mut left_idx, mut right_idx, mut n_shared) = (0, 0, 0_usize);
    while left_idx < left.len() && right_idx < right.len() {
        let order = left[left_idx].cmp(&right[right_idx]);
        n_shared += usize::from(order == Ordering::Equal);
        left_idx += usize::from(order != Ordering::Greater);
        right_idx += usize::from(order != Ordering::Less);
    }
    2.0 * n_shared as f64 / (left.len() + right.len()) as f64
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn share_is_dice_over_trigrams() {
        for (left, right, expected) in [
            ("And the milk?", "and THE milk", 1.0),
            ("abc", "xyz", 0.0),
            ("abcd", "bcde", 0.5),
            ("aaaa", "aaa", 1.0),
            ("ab", "ab", 1.0),
            ("ab", "abc", 0.0),
        ] {
            let share = dice(&trigrams(left), &trigrams(right));
            assert!((share - expected).abs() < 1e-12, "{left} {right}: {share}");
        }
    }

    #[test]
    fn the_later_of_two_near_texts_is_named() {
        let text = |line_idx, text| Text { line_idx, field: "utterance".to_owned(), text };
        let texts =
            [text(0, "My plant has a new leaf!"), text(1, "Trees or water?"), text(2, "My plant has a new leaf")];
        assert!(first_near_copy(&texts[..2]).is_none());
        let found = first_near_copy(&texts).unwrap();
        assert_eq!((found.earlier.line_idx, found.later.line_idx, found.percent), (0, 2, 100));
    }
}
