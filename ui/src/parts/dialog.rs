//! A modal dialog: the browser's own, with its focus trap and Escape.

use leptos::{ev, html, prelude::*};

use crate::words::common as w;

/// A dialog that is there as long as it is open.
#[component]
pub(crate) fn Dialog(
    /// Its name
    title: fn() -> &'static str,
    /// Runs once it is closed, by whatever
    #[prop(into)]
    on_close: Callback<()>,
    /// What is in it
    children: Children,
) -> impl IntoView {
    let node = NodeRef::<html::Dialog>::new();
    Effect::new(move |_| {
        if let Some(dialog) = node.get().filter(|dialog| !dialog.open()) {
            let _ = dialog.show_modal();
        }
    });
    // The browser closes a dialog after it has told so; what opened another meanwhile would be closed with it. So that
    // it is taken away at once instead.
    let press = move |event: ev::KeyboardEvent| {
        if event.key() == "Escape" && !event.is_composing() {
            event.prevent_default();
            event.stop_propagation();
            on_close.run(());
        }
    };
    let cancel = move |event: ev::Event| {
        event.prevent_default();
        on_close.run(());
    };
    view! {
        <dialog node_ref=node aria-labelledby="dialog-title" on:keydown=press on:cancel=cancel>
            <header>
                <h2 id="dialog-title">{title}</h2>
                <button type="button" class="ghost" aria-label=w::close title=w::close on:click=move |_| on_close.run(())>
                    <span aria-hidden="true">"✕"</span>
                </button>
            </header>
            {children()}
        </dialog>
    }
}
