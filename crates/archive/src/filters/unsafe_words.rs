//! Meena 7: a message with a word of the user's list is left out. Without a list nothing is.
//!
//! Deviation: Meena uses a commercial classifier. English words count as whole words, whatever their case; entries with
//! other characters (Japanese) count wherever they stand.

use std::collections::HashSet;
use std::sync::Arc;

use super::{Filter, FilterSettings, Message};

pub(super) const NAME: &str = "unsafe-words";
pub(super) const ABOUT: &str = "has a word of the list given with --unsafe-words";

struct UnsafeWords {
    words: HashSet<String>,
    parts: Vec<String>,
}

pub(super) fn create(settings: &Arc<FilterSettings>) -> impl Filter + use<> {
    let entries =
        settings.unsafe_words.iter().map(|entry| entry.trim().to_lowercase()).filter(|entry| !entry.is_empty());
    let is_word = |entry: &String| entry.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'\'');
    let (words, parts): (Vec<String>, Vec<String>) = entries.partition(is_word);
    UnsafeWords { words: words.into_iter().collect(), parts }
}

impl Filter for UnsafeWords {
    fn drops_message(&self, message: &mut Message<'_, '_>) -> bool {
        if self.words.is_empty() && self.parts.is_empty() {
            return false;
        }
        let text = message.text.to_lowercase();
        let mut words = text.split(|character: char| !(character.is_alphanumeric() || character == '\''));
        words.any(|word| self.words.contains(word)) || self.parts.iter().any(|part| text.contains(part))
    }
}
