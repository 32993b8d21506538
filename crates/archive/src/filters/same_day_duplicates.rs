//! The paper: if a text occurs twice or more on one day, all its copies of that day are left out.
//!
//! Deviation: a day is a day in UTC, not a file of the archive.

use std::sync::Arc;

use super::{Filter, FilterSettings, Occurrences};

pub(super) const NAME: &str = "same-day-duplicates";
pub(super) const ABOUT: &str = "its text occurs more than once on its day";

struct SameDayDuplicates;

pub(super) fn create(_settings: &Arc<FilterSettings>) -> impl Filter + use<> {
    SameDayDuplicates
}

impl Filter for SameDayDuplicates {
    fn drops_repeated(&self, occurrences: Occurrences) -> bool {
        occurrences.same_day >= 2
    }
}
