//! Where studies are.

use leptos::{prelude::*, task::spawn_local};
use repartee_wire::engine::{EngineError, Home};

use super::{card::CopyButton, fault::Fault, state::Studio};
use crate::{
    api,
    desktop::{self, Desktop},
    route::Link,
    tab,
    words::{desktop as d, studio as w},
};

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
            {match Desktop::get() {
                Some(_) => view! { <InOwnWindow /> }.into_any(),
                None => view! {
                    <section class="card elsewhere">
                        <p>{w::studies_project_text}</p>
                        <p class="link-button"><Link to="/admin">{w::studies_open}</Link></p>
                    </section>
                }
                .into_any(),
            }}
        </Show>
    }
    .into_any()
}

/// In the app, which does not let pages of a server into its own window.
#[component]
fn InOwnWindow() -> impl IntoView {
    let failure = RwSignal::new(None::<EngineError>);
    let open = move |_| spawn_local(async move { failure.set(desktop::open_studies().await.err()) });
    view! {
        <section class="card elsewhere">
            <p>{d::studies_window}</p>
            <p class="actions">
                <button type="button" class="primary" id="open-studies" on:click=open>{w::studies_open}</button>
            </p>
            {move || failure.get().map(|error| view! { <Fault error /> })}
        </section>
    }
}
