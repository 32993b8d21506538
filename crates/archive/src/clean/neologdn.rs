//! Japanese: the normalisation of neologdn, repetitions cut to three, as the paper's authors have it.

use std::borrow::Cow;

use repartee_corpus::{Language, normalise_japanese};

use super::marks::Marks;

pub(super) const NAME: &str = "neologdn";
pub(super) const LANGUAGE: Option<Language> = Some(Language::Japanese);

const REPEAT: usize = 3;

pub(super) fn clean(text: &str, _marks: Marks) -> Option<Cow<'_, str>> {
    let normalised = normalise_japanese(text, Some(REPEAT));
    (normalised != text).then_some(Cow::Owned(normalised))
}
