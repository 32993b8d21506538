//! The paper: 2 to 256 words, in Japanese as MeCab has them.

use std::sync::Arc;

use super::{Filter, FilterSettings, Message};

pub(super) const NAME: &str = "word-count";
pub(super) const ABOUT: &str = "fewer than 2 or more than 256 words (--min-words, --max-words)";

struct WordCount(Arc<FilterSettings>);

pub(super) fn create(settings: &Arc<FilterSettings>) -> impl Filter + use<> {
    WordCount(Arc::clone(settings))
}

impl Filter for WordCount {
    fn drops_message(&self, message: &mut Message<'_, '_>) -> bool {
        !(self.0.min_words..=self.0.max_words).contains(&message.n_words())
    }
}
