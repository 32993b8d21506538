//! Meena 1: 2 to 128 subwords of the vocabulary that is given; without one, words are counted.

use std::sync::Arc;

use super::{Filter, FilterSettings, Message};

pub(super) const NAME: &str = "subword-count";
pub(super) const ABOUT: &str = "fewer than 2 or more than 128 subwords (--vocabulary; words without)";

struct SubwordCount(Arc<FilterSettings>);

pub(super) fn create(settings: &Arc<FilterSettings>) -> impl Filter + use<> {
    SubwordCount(Arc::clone(settings))
}

impl Filter for SubwordCount {
    fn drops_message(&self, message: &mut Message<'_, '_>) -> bool {
        let encoded = self.0.vocabulary.as_ref().and_then(|vocabulary| vocabulary.encode(message.text).ok());
        let n_subwords = encoded.map_or_else(|| message.n_words(), |ids| ids.len());
        !(self.0.min_subwords..=self.0.max_subwords).contains(&n_subwords)
    }
}
