//! The paper: a message with one of `@ { } #` is left out, after leading mentions and trailing hashtags are gone.

use std::sync::Arc;

use super::{Filter, FilterSettings, Message};
use crate::clean::marks::Marks;

pub(super) const NAME: &str = "special-characters";
pub(super) const ABOUT: &str = "has one of @ { } #";

struct SpecialCharacters;

pub(super) fn create(_settings: &Arc<FilterSettings>) -> impl Filter + use<> {
    SpecialCharacters
}

impl Filter for SpecialCharacters {
    fn drops_message(&self, message: &mut Message<'_, '_>) -> bool {
        let is_special = |byte: u8| matches!(byte, b'@' | b'{' | b'}' | b'#');
        message.marks.have(Marks::AT.or(Marks::HASH).or(Marks::BRACE)) && message.text.bytes().any(is_special)
    }
}
