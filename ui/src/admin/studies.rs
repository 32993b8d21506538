//! The list of studies.

use leptos::{prelude::*, task::spawn_local};
use repartee_wire::admin::{Studies, StudySummary};

use super::{Errors, place};
use crate::{
    api,
    parts::Meter,
    route::Link,
    words::{admin as w, common},
};

/// All studies of this server.
#[component]
pub(crate) fn List() -> impl IntoView {
    let studies = RwSignal::new(None::<Vec<StudySummary>>);
    let errors = Errors::new();
    spawn_local(async move {
        if let Some(answer) = errors.take(api::get::<Studies>("/api/admin/studies").await) {
            studies.set(Some(answer.studies));
        }
    });
    let list = move |found: Vec<StudySummary>| {
        if found.is_empty() {
            return view! {
                <section class="card centred">
                    <h2>{w::no_studies}</h2>
                    <p>{w::no_studies_text}</p>
                </section>
            }
            .into_any();
        }
        view! { <ul class="studies">{found.into_iter().map(|study| view! { <Tile study /> }).collect_view()}</ul> }
            .into_any()
    };
    view! {
        <div class="title-row">
            <h1>{w::studies}</h1>
            <span class="link-button"><Link to=place::new()>{w::new_study}</Link></span>
        </div>
        {errors.view()}
        {move || match studies.get() {
            None => view! { <p role="status">{common::loading}</p> }.into_any(),
            Some(found) => list(found),
        }}
    }
}

/// A study in the list.
#[component]
pub(crate) fn Tile(
    /// The study
    study: StudySummary,
    /// What can be done with it
    #[prop(optional)]
    children: Option<Children>,
) -> impl IntoView {
    let StudySummary { id, name, file, language, n_items, n_systems, n_pages_wanted, n_pages_done, .. } = study;
    let state: fn() -> &'static str = match (&study.design_hash, n_pages_done >= n_pages_wanted) {
        (None, _) => w::not_frozen,
        (Some(_), true) => w::complete,
        (Some(_), false) => w::frozen,
    };
    let label = Signal::derive(move || w::pages_of(n_pages_done, n_pages_wanted));
    view! {
        <li class="card tile">
            <h2 lang=language><Link to=place::study(&id)>{name}</Link></h2>
            <p class="hint"><code>{file}</code></p>
            <p class="tile-facts">
                <span class="tag" class:quiet=study.design_hash.is_none()>{state}</span>
                <span>{move || w::n_systems(n_systems)}</span>
                <span>{move || w::n_items(n_items)}</span>
            </p>
            <Meter value=Signal::stored(n_pages_done) max=Signal::stored(n_pages_wanted) label=label />
            <p class="hint">{label}</p>
            {children.map(|children| children())}
        </li>
    }
}
