//! The paper: a message with one of `@ { } #` is left out, after leading mentions and trailing hashtags are gone.

use std::sync::Arc;

use super::{Filter, FilterSettings, Message};

pub(super) const NAME: &str = "special-characters";
pub(super) const ABOUT: &str = "has one of @ { } #";

struct SpecialCharacters;

pub(super) fn create(_settings: &Arc<FilterSettings>) -> impl Filter + use<> {
    SpecialCharacters
}

impl Filter for SpecialCharacters {
    fn drops_message(&self, message: &mut Message<'_, '_>) -> bool {
        // All bytes without a branch, so that the compiler takes many at once.
        let is_special = |byte: u8| (byte == b'@') | (byte == b'{') | (byte == b'}') | (byte == b'#');
        message.text.bytes().fold(0, |found, byte| found | u8::from(is_special(byte))) != 0
    }
}
