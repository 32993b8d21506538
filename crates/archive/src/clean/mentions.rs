//! Mentions at the beginning of a text: `@name`, also with a server as `@name@example.org`.

use std::borrow::Cow;

use repartee_corpus::Language;

use super::is_gap;
use super::marks::Marks;

pub(super) const NAME: &str = "mentions";
pub(super) const LANGUAGE: Option<Language> = None;

pub(super) fn clean(text: &str, marks: Marks) -> Option<Cow<'_, str>> {
    if !marks.have(Marks::AT) {
        return None;
    }
    let mut rest = text.trim_start_matches(is_gap);
    let mut n_mentions = 0;
    while let Some(after) = after_mention(rest) {
        rest = after.trim_start_matches(is_gap);
        n_mentions += 1;
    }
    (n_mentions > 0).then_some(Cow::Borrowed(rest))
}

/// What follows the mention that a text begins with.
pub(super) fn after_mention(text: &str) -> Option<&str> {
    let name = text.strip_prefix(['@', '＠'])?;
    let after = name.trim_start_matches(|character: char| character.is_ascii_alphanumeric() || character == '_');
    if after.len() == name.len() {
        return None;
    }
    let server = after.strip_prefix('@').unwrap_or_default();
    let is_server = |character: char| character.is_ascii_alphanumeric() || character == '.' || character == '-';
    let after_server = server.trim_start_matches(is_server);
    Some(if after_server.len() < server.len() { after_server } else { after })
}
