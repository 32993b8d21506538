//! Which page the address names, and how to go to another without loading anew.

use leptos::{ev, prelude::*};
use wasm_bindgen::JsValue;

thread_local! {
    /// Below which path of the domain the pages lie, without a `/` at the end: empty at a domain's root.
    static BASE: String = document()
        .query_selector("meta[name=repartee-base]")
        .ok()
        .flatten()
        .and_then(|meta| meta.get_attribute("content"))
        .map_or_else(String::new, |base| base.trim_end_matches('/').to_owned());
    static PATH: ArcRwSignal<String> = ArcRwSignal::new(here());
}

/// A path of the pages as the domain knows it.
pub(crate) fn in_base(path: &str) -> String {
    BASE.with(|base| format!("{base}{path}"))
}

/// What the address names, seen from the pages' own root.
fn here() -> String {
    let path = window().location().pathname().unwrap_or_default();
    BASE.with(|base| path.strip_prefix(base.as_str()).unwrap_or(&path).to_owned())
}

/// The path of the address; whoever reads it is run again when it changes.
pub(crate) fn path() -> String {
    PATH.with(Clone::clone).get()
}

/// Follows the browser's back and forward buttons.
pub(crate) fn listen() {
    window_event_listener(ev::popstate, |_| {
        PATH.with(Clone::clone).set(here());
    });
}

/// Goes to a path.
pub(crate) fn go(path: &str) {
    if let Ok(history) = window().history() {
        let _ = history.push_state_with_url(&JsValue::NULL, "", Some(&in_base(path)));
    }
    PATH.with(Clone::clone).set(path.to_owned());
    window().scroll_to_with_x_and_y(0.0, 0.0);
}

/// Puts a path in place of the present one, which the history then does not have any more: for links with a secret.
pub(crate) fn replace(path: &str) {
    if let Ok(history) = window().history() {
        let _ = history.replace_state_with_url(&JsValue::NULL, "", Some(&in_base(path)));
    }
    PATH.with(Clone::clone).set(path.to_owned());
}

/// A link within the pages.
#[component]
pub(crate) fn Link(
    /// Where to
    #[prop(into)]
    to: String,
    /// Whether it is the page that is shown
    #[prop(optional, into)]
    is_here: Option<Signal<bool>>,
    /// What it says
    children: Children,
) -> impl IntoView {
    let target = to.clone();
    let follow = move |event: ev::MouseEvent| {
        if !(event.ctrl_key() || event.meta_key() || event.shift_key() || event.button() != 0) {
            event.prevent_default();
            go(&target);
        }
    };
    let current = move || is_here.is_some_and(|is_here| is_here.get()).then_some("page");
    view! { <a href=in_base(&to) aria-current=current on:click=follow>{children()}</a> }
}
