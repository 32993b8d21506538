//! Meena 2: at least 70 % of the characters, blanks counted, are letters. Kana and kanji are letters.

use std::sync::Arc;

use super::{Filter, FilterSettings, Message};

pub(super) const NAME: &str = "alphabetic-share";
pub(super) const ABOUT: &str = "less than 70 % letters (--min-alphabetic-share)";

struct AlphabeticShare {
    min_share: f64,
}

pub(super) fn create(settings: &Arc<FilterSettings>) -> impl Filter + use<> {
    AlphabeticShare { min_share: settings.min_alphabetic_share }
}

impl Filter for AlphabeticShare {
    fn drops_message(&self, message: &mut Message<'_, '_>) -> bool {
        let (mut letters, mut all) = (0_u32, 0_u32);
        for character in message.text.chars() {
            all += 1;
            letters += u32::from(character.is_alphabetic());
        }
        f64::from(letters) < self.min_share * f64::from(all)
    }
}
