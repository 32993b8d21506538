//! Meena: a copy of the parent's text that is quoted in a reply is cut out of it; a reply that was nothing else goes.
//!
//! Only texts of ten characters or more count as quoted: a short parent, as "ok", can occur in its reply by chance.

use std::sync::Arc;

use super::{Filter, FilterSettings};

pub(super) const NAME: &str = "parent-quote";
pub(super) const ABOUT: &str = "consists of its parent's text (quotes of it are cut out of other replies)";

const MIN_CHARACTERS: usize = 10;

struct ParentQuote;

pub(super) fn create(_settings: &Arc<FilterSettings>) -> impl Filter + use<> {
    ParentQuote
}

impl Filter for ParentQuote {
    fn rewrites_reply(&self, parent: &str, reply: &str) -> Option<String> {
        if parent.chars().nth(MIN_CHARACTERS - 1).is_none() || !reply.contains(parent) {
            return None;
        }
        let rest = reply.replace(parent, " ");
        let words: Vec<&str> = rest.split_whitespace().collect();
        // Quotation marks around nothing.
        let words = words.into_iter().filter(|word| !word.chars().all(|mark| "\"'“”‘’>«»「」『』".contains(mark)));
        Some(words.collect::<Vec<_>>().join(" "))
    }

    fn drops_reply(&self, _parent: &str, reply: &str) -> bool {
        reply.is_empty()
    }
}
