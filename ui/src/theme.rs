//! Light or dark: as the system has it, or as chosen.

use leptos::prelude::*;

use crate::{storage, words::common as w};

const KEY: &str = "repartee.theme";

/// A button that goes from the system's choice to light, dark and back.
#[component]
pub(crate) fn ThemeSwitch() -> impl IntoView {
    let theme = RwSignal::new(storage::get(KEY).unwrap_or_default());
    let next = move |_| {
        let next = match theme.get_untracked().as_str() {
            "" => "light",
            "light" => "dark",
            _ => "",
        };
        if next.is_empty() {
            storage::remove(KEY);
        } else {
            storage::set(KEY, next);
        }
        if let Some(root) = document().document_element() {
            let _ = if next.is_empty() {
                root.remove_attribute("data-theme")
            } else {
                root.set_attribute("data-theme", next)
            };
        }
        theme.set(next.to_owned());
    };
    let name = move || match theme.get().as_str() {
        "light" => w::theme_light(),
        "dark" => w::theme_dark(),
        _ => w::theme_system(),
    };
    let glyph = move || match theme.get().as_str() {
        "light" => "☀",
        "dark" => "☾",
        _ => "◐",
    };
    view! {
        <button type="button" class="ghost" id="theme" title=name aria-label=move || w::theme(name()) on:click=next>
            <span aria-hidden="true">{glyph}</span>
        </button>
    }
}
