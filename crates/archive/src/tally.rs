//! Counts by name with the first examples of each, mergeable in input order.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

/// Examples kept of each name.
const MAX_EXAMPLES: usize = 3;

/// Characters shown of a text.
const EXCERPT_CHARACTERS: usize = 60;

/// How often something happened, and where first.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Count {
    /// How often.
    pub count: u64,
    /// The first examples: file, line and, where it is a text that passed masking, its beginning.
    pub examples: Vec<String>,
}

/// Counts by name.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Tally(pub BTreeMap<String, Count>);

impl Tally {
    /// Counts once; the example is made only if it is wanted.
    pub(crate) fn add(&mut self, name: &str, example: impl FnOnce() -> String) {
        let count = match self.0.get_mut(name) {
            Some(count) => count,
            None => self.0.entry(name.to_owned()).or_default(),
        };
        count.count += 1;
        if count.examples.len() < MAX_EXAMPLES {
            count.examples.push(example());
        }
    }

    /// Adds what came later in the input.
    pub(crate) fn merge(&mut self, later: Self) {
        for (name, count) in later.0 {
            let own = self.0.entry(name).or_default();
            own.count += count.count;
            let room = MAX_EXAMPLES.saturating_sub(own.examples.len());
            own.examples.extend(count.examples.into_iter().take(room));
        }
    }

    /// How often a name was counted.
    #[must_use]
    pub fn get(&self, name: &str) -> u64 {
        self.0.get(name).map_or(0, |count| count.count)
    }

    /// All counts together.
    #[must_use]
    pub fn total(&self) -> u64 {
        self.0.values().map(|count| count.count).sum()
    }

    /// All names with their counts on one line.
    pub(crate) fn summary(&self) -> String {
        let counts: Vec<String> = self.0.iter().map(|(name, count)| format!("{} {name}", count.count)).collect();
        counts.join(", ")
    }
}

/// The beginning of a masked text.
pub(crate) fn excerpt(text: &str) -> String {
    match text.char_indices().nth(EXCERPT_CHARACTERS) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_examples_stay() {
        let mut first = Tally::default();
        first.add("url", || "a".to_owned());
        let mut later = Tally::default();
        for name in ["b", "c", "d"] {
            later.add("url", || name.to_owned());
        }
        first.merge(later);
        assert_eq!(first.get("url"), 4);
        assert_eq!(first.0["url"].examples, ["a", "b", "c"]);
        assert_eq!(first.summary(), "4 url");
        assert_eq!(excerpt(&"あ".repeat(61)).chars().count(), 61);
    }
}
