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
        message.is_bot || message.profile.is_some_and(|profile| has_bot(profile.as_bytes()))
    }
}

/// Whether "bot" stands there as a word, in any case.
fn has_bot(profile: &[u8]) -> bool {
    let is_within_word = |byte: Option<&u8>| byte.is_some_and(u8::is_ascii_alphanumeric);
    memchr::memchr2_iter(b'b', b'B', profile).any(|at| {
        profile[at..].get(..3).is_some_and(|word| word.eq_ignore_ascii_case(b"bot"))
            && !is_within_word(profile[..at].last())
            && !is_within_word(profile.get(at + 3))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_word_is_found_and_parts_of_words_are_not() {
        for (profile, expected) in [
            ("bot", true),
            ("I am a Bot.", true),
            ("éBOT", true),
            ("bots, bottles, a robot", false),
            ("about a bot!", true),
            ("bo", false),
            ("bot2", false),
            ("", false),
        ] {
            assert_eq!(has_bot(profile.as_bytes()), expected, "{profile}");
        }
    }
}
