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
        let (most, all) = most_frequent(message.text);
        most as f64 > self.max_share * all as f64
    }
}

/// Occurrences of the most frequent character, and the number of characters.
fn most_frequent(text: &str) -> (usize, usize) {
    if text.len() > usize::from(u8::MAX) {
        return most_frequent_of(text.chars().collect());
    }
    // Counts of one byte: the whole table is a few vectors. Bytes of other characters fall to the end of it.
    let mut counts = [0_u8; 256];
    text.bytes().for_each(|byte| counts[usize::from(byte)] += 1);
    let most_ascii = counts[..128].iter().fold(0, |most, &count| most.max(count));
    let n_ascii = counts[..128].iter().map(|&count| usize::from(count)).sum::<usize>();
    if n_ascii == text.len() {
        return (usize::from(most_ascii), n_ascii);
    }
    let (most, others) = most_frequent_of(text.chars().filter(|character| !character.is_ascii()).collect());
    (most.max(usize::from(most_ascii)), n_ascii + others)
}

fn most_frequent_of(mut characters: Vec<char>) -> (usize, usize) {
    characters.sort_unstable();
    let most = characters.chunk_by(|left, right| left == right).map(<[char]>::len).max();
    (most.unwrap_or(0), characters.len())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn characters_are_counted_in_any_script() {
        let (short, long) = ("a".repeat(255), "a".repeat(256));
        for (text, expected) in [
            ("", (0, 0)),
            ("a aa", (3, 4)),
            ("あああa ", (3, 5)),
            ("aaé", (2, 3)),
            (&*short, (255, 255)),
            (&*long, (256, 256)),
        ] {
            assert_eq!(most_frequent(text), expected, "{text}");
        }
    }
}
