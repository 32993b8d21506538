//! Meena 6: a reply of whose trigrams 80 % or more are its parent's is left out. Trigrams of subwords if a vocabulary is
//! given, else of words (of characters in Japanese that is not segmented); each is counted once.

use std::collections::HashSet;
use std::sync::Arc;

use super::{Filter, FilterSettings};

pub(super) const NAME: &str = "parent-overlap";
pub(super) const ABOUT: &str = "80 % of its trigrams are its parent's (--min-parent-overlap)";

struct ParentOverlap(Arc<FilterSettings>);

pub(super) fn create(settings: &Arc<FilterSettings>) -> impl Filter + use<> {
    ParentOverlap(Arc::clone(settings))
}

impl Filter for ParentOverlap {
    fn drops_reply(&self, parent: &str, reply: &str) -> bool {
        let reply = trigrams(&self.0.units(reply));
        if reply.is_empty() {
            return false;
        }
        let parent = trigrams(&self.0.units(parent));
        let common = reply.intersection(&parent).count();
        common as f64 >= self.0.min_parent_overlap * reply.len() as f64
    }
}

fn trigrams(units: &[u64]) -> HashSet<[u64; 3]> {
    units.windows(3).map(|window| [window[0], window[1], window[2]]).collect()
}
