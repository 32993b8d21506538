//! A bar of progress.

use leptos::prelude::*;

/// How much of a whole is done.
#[component]
pub(crate) fn Meter(
    /// Done
    #[prop(into)]
    value: Signal<u64>,
    /// The whole
    #[prop(into)]
    max: Signal<u64>,
    /// Its name
    #[prop(into)]
    label: Signal<String>,
) -> impl IntoView {
    view! {
        <progress aria-label=move || label.get() max=move || max.get().max(1).to_string() prop:value=move || value.get() as f64>
        </progress>
    }
}
