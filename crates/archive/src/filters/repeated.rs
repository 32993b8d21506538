//! Meena 5: if a text occurs more than 100 times, all its copies are left out.

use std::sync::Arc;

use super::{Filter, FilterSettings, Occurrences};

pub(super) const NAME: &str = "repeated";
pub(super) const ABOUT: &str = "its text occurs more than 100 times (--max-repetitions)";

struct Repeated {
    max_repetitions: u64,
}

pub(super) fn create(settings: &Arc<FilterSettings>) -> impl Filter + use<> {
    Repeated { max_repetitions: settings.max_repetitions }
}

impl Filter for Repeated {
    fn drops_repeated(&self, occurrences: Occurrences) -> bool {
        occurrences.overall > self.max_repetitions
    }
}
