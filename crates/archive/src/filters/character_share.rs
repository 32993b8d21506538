//! The paper: a message of which one character is more than half, blanks counted, is left out.

use std::sync::Arc;

use super::{Filter, FilterSettings, Message};

pub(super) const NAME: &str = "character-share";
pub(super) const ABOUT: &str = "one character is more than half of it (--max-character-share)";

struct CharacterShare {
    max_share: f64,
}

pub(super) fn create(settings: &Arc<FilterSettings>) -> impl Filter + use<> {
    CharacterShare { max_share: settings.max_character_share }
}

impl Filter for CharacterShare {
    fn drops_message(&self, message: &mut Message<'_, '_>) -> bool {
        has_share_above(message.text, self.max_share)
    }
}

/// Whether one character is more than this share of the characters.
fn has_share_above(text: &str, max_share: f64) -> bool {
    if text.len() > usize::from(u16::MAX) {
        return has_more_than(max_share * text.chars().count() as f64, text.chars().collect());
    }
    let mut counts = [0_u16; 256];
    text.bytes().for_each(|byte| counts[usize::from(byte)] += 1);
    let sum = |counts: &[u16]| counts.iter().sum::<u16>();
    // Beyond ASCII a character is one byte of these and some that continue it.
    let (n_ascii, n_others) = (sum(&counts[..128]), sum(&counts[0xc0..]));
    let most = max_share * f64::from(n_ascii + n_others);
    let most_ascii = counts[..128].iter().fold(0, |most, &count| most.max(count));
    if f64::from(most_ascii) > most {
        return true;
    }
    f64::from(n_others) > most && has_more_than(most, text.chars().filter(|character| !character.is_ascii()).collect())
}

/// Whether one of the characters is there more often than that.
fn has_more_than(most: f64, mut characters: Vec<char>) -> bool {
    characters.sort_unstable();
    characters.chunk_by(|left, right| left == right).any(|equal| equal.len() as f64 > most)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn characters_are_counted_in_any_script() {
        let (long, longer) = ("ab".repeat(255), "ab".repeat(40_000));
        for (text, share) in [
            ("a aa", 3.0 / 4.0),
            ("あああa ", 3.0 / 5.0),
            ("あいうaa", 2.0 / 5.0),
            ("ああいaaa", 3.0 / 6.0),
            ("aaé", 2.0 / 3.0),
            ("😀😀é", 2.0 / 3.0),
            (&*long, 0.5),
            (&*longer, 0.5),
            ("a", 1.0),
        ] {
            assert!(has_share_above(text, share - 1e-6), "{text}");
            assert!(!has_share_above(text, share), "{text}");
        }
        assert!(!has_share_above("", 0.0));
    }
}
