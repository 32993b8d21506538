//! Meena 4: authors whose name has "bot" in it, or who the platform says are bots.

use std::sync::Arc;

use super::{Filter, FilterSettings, Message};

pub(super) const NAME: &str = "bot-name";
pub(super) const ABOUT: &str = "its author's name has \"bot\" in it";

struct BotName;

pub(super) fn create(_settings: &Arc<FilterSettings>) -> impl Filter + use<> {
    BotName
}

impl Filter for BotName {
    fn drops_message(&self, message: &mut Message<'_, '_>) -> bool {
        let has_bot = |name: &str| name.as_bytes().windows(3).any(|part| part.eq_ignore_ascii_case(b"bot"));
        message.is_bot || message.author_name.is_some_and(has_bot)
    }
}
