//! Meena 3: a message with an address of the web is left out.

use std::sync::Arc;

use super::{Filter, FilterSettings, Message};

pub(super) const NAME: &str = "url";
pub(super) const ABOUT: &str = "has http:// or https://";

struct Url;

pub(super) fn create(_settings: &Arc<FilterSettings>) -> impl Filter + use<> {
    Url
}

impl Filter for Url {
    fn drops_message(&self, message: &mut Message<'_, '_>) -> bool {
        message.text.contains("http://") || message.text.contains("https://")
    }
}
