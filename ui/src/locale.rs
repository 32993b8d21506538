//! The language of the pages. Messages read it, so that whatever shows one changes with it.

use leptos::prelude::*;

use crate::storage;

/// A language that the pages speak.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Language {
    English,
    Japanese,
}

const KEY: &str = "repartee.language";

impl Language {
    /// Both.
    pub(crate) const ALL: [Self; 2] = [Self::English, Self::Japanese];

    /// As in the `lang` attribute.
    pub(crate) fn code(self) -> &'static str {
        match self {
            Self::English => "en",
            Self::Japanese => "ja",
        }
    }

    /// Its name in itself.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::English => "English",
            Self::Japanese => "日本語",
        }
    }

    /// From a code such as `ja-JP`; English if we do not speak it.
    pub(crate) fn from_code(code: &str) -> Self {
        if code.starts_with("ja") { Self::Japanese } else { Self::English }
    }
}

thread_local! {
    static LANGUAGE: ArcRwSignal<Language> = ArcRwSignal::new(at_start());
}

fn at_start() -> Language {
    let chosen = storage::get(KEY).or_else(|| window().navigator().language());
    Language::from_code(chosen.as_deref().unwrap_or_default())
}

fn signal() -> ArcRwSignal<Language> {
    LANGUAGE.with(Clone::clone)
}

/// The language; whoever reads it is run again when it changes.
pub(crate) fn get() -> Language {
    signal().get()
}

/// Chooses a language, also for the next time.
pub(crate) fn choose(language: Language) {
    storage::set(KEY, language.code());
    signal().set(language);
}

/// Takes an invitation's language, unless one was chosen here before.
pub(crate) fn suggest(code: &str) {
    if storage::get(KEY).is_none() {
        signal().set(Language::from_code(code));
    }
}

/// Keeps the document's `lang` right.
pub(crate) fn keep_document() {
    Effect::new(|_| {
        if let Some(root) = document().document_element() {
            let _ = root.set_attribute("lang", get().code());
        }
    });
}
