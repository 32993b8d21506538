//! Where studies are.

use leptos::prelude::*;
use repartee_wire::engine::Home;

use super::{card::CopyButton, state::Studio};
use crate::{api, route::Link, tab, words::studio as w};

const COMMAND: &str = "repartee study serve trial.sqlite";

/// The page.
#[component]
pub(crate) fn Studies() -> impl IntoView {
    if api::tab::is_home() {
        return view! { <tab::Studies /> }.into_any();
    }
    let studio = Studio::get();
    let has_server = move || matches!(studio.about.get(), Some(Ok(about)) if about.home != Home::Browser);
    view! {
        <header class="lead"><h1>{w::studies}</h1></header>
        <Show
            when=has_server
            fallback=|| view! {
                <section class="card elsewhere">
                    <h2>{w::studies_browser}</h2>
                    <p>{w::studies_browser_text}</p>
                    <pre><code>{COMMAND}</code></pre>
                    <CopyButton text=COMMAND.to_owned() />
                    <p class="hint">{w::studies_here}</p>
                </section>
            }
        >
            <section class="card elsewhere">
                <p>{w::studies_project_text}</p>
                <p class="link-button"><Link to="/admin">{w::studies_open}</Link></p>
            </section>
        </Show>
    }
    .into_any()
}
