//! The paper: authors whose description of themselves has the word "bot", or who the platform says are bots.
//!
//! Deviation: the authors collect such users first and drop all their messages; here the profile that came with the
//! message counts, so a bot that hides later is not known from earlier profiles.

use std::sync::Arc;

use super::{Filter, FilterSettings, Message};

pub(super) const NAME: &str = "bot-profile";
pub(super) const ABOUT: &str = "its author's profile has the word \"bot\"";

struct BotProfile;

pub(super) fn create(_settings: &Arc<FilterSettings>) -> impl Filter + use<> {
    BotProfile
}

impl Filter for BotProfile {
    fn drops_message(&self, message: &mut Message<'_, '_>) -> bool {
        let is_bot = |word: &str| word.eq_ignore_ascii_case("bot");
        let words = |profile: &str| profile.split(|character: char| !character.is_ascii_alphanumeric()).any(is_bot);
        message.is_bot || message.profile.is_some_and(words)
    }
}
