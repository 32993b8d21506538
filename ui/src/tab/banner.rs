//! Who has the studies, if it is not this tab.

use leptos::prelude::*;

use crate::{
    api::tab::{self, State},
    words::tab as w,
};

/// Nothing while this tab has the studies.
#[component]
pub(crate) fn Banner() -> impl IntoView {
    let state = Memo::new(|_| tab::state());
    move || match state.get() {
        State::Here | State::Opening => ().into_any(),
        State::Elsewhere => view! {
            <section class="note" role="status" id="elsewhere">
                <h2>{w::elsewhere}</h2>
                <p>{w::elsewhere_text}</p>
                <p class="actions"><button type="button" id="take" on:click=|_| tab::take()>{w::take}</button></p>
            </section>
        }
        .into_any(),
        State::Broken(why) => view! {
            <section class="error" role="alert" id="broken">
                <h2>{w::broken}</h2>
                <p>{w::broken_text}</p>
                <p><code>{why}</code></p>
            </section>
        }
        .into_any(),
    }
}
