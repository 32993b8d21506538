//! The studies of this browser: rate, take away, bring in, delete.

use js_sys::Uint8Array;
use leptos::{html, prelude::*, task::spawn_local};
use repartee_wire::{
    Method,
    admin::{Studies, StudySummary},
    tab::Home,
};
use wasm_bindgen::JsCast as _;
use wasm_bindgen_futures::JsFuture;

use super::RateButton;
use crate::{
    admin::{Errors, Tile, place},
    api::{self, tab},
    parts::{Dialog, Download},
    route::Link,
    words::{admin, common, tab as w},
};

/// The list.
#[component]
pub(crate) fn List() -> impl IntoView {
    let studies = RwSignal::new(None::<Vec<StudySummary>>);
    let home = RwSignal::new(None::<Home>);
    let errors = Errors::new();
    let look = Callback::new(move |()| {
        spawn_local(async move {
            if let Some(answer) = errors.take(api::get::<Studies>("/api/admin/studies").await) {
                studies.set(Some(answer.studies));
            }
            if let Ok(answer) = api::get::<Home>("/api/tab").await {
                home.set(Some(answer));
            }
        });
    });
    look.run(());
    let deleting = RwSignal::new(None::<StudySummary>);
    let tile = move |study: StudySummary| {
        let (rated, path) = (study.clone(), format!("/api/admin/studies/{}/export?format=study", study.id));
        let gone = study.clone();
        view! {
            <Tile study>
                <div class="actions">
                    <RateButton study=rated />
                    <Download path=Signal::stored(path) words=w::export />
                    <button type="button" class="ghost delete" on:click=move |_| deleting.set(Some(gone.clone()))>{w::delete}</button>
                </div>
            </Tile>
        }
    };
    let list = move |found: Vec<StudySummary>| {
        if found.is_empty() {
            return view! {
                <section class="card centred"><h2>{admin::no_studies}</h2><p>{w::none_yet}</p></section>
            }
            .into_any();
        }
        view! { <ul class="studies">{found.into_iter().map(tile).collect_view()}</ul> }.into_any()
    };
    view! {
        <div class="title-row">
            <h1>{admin::studies}</h1>
            <div class="actions">
                <span class="link-button"><Link to=place::new()>{admin::new_study}</Link></span>
                <Import errors look />
            </div>
        </div>
        <p class="hint">{w::about}</p>
        {move || home.get().map(|home| notes(&home))}
        {errors.view()}
        {move || match studies.get() {
            None => view! { <p role="status">{common::loading}</p> }.into_any(),
            Some(found) => list(found),
        }}
        {move || deleting.get().map(|study| view! { <Delete study deleting errors look /> })}
    }
}

/// Where studies lie, if that is not as it should be.
fn notes(home: &Home) -> impl IntoView + use<> {
    let why = home.why_not.clone().unwrap_or_default();
    let damaged = home.damaged.iter().map(|damaged| {
        let text = format!("{}: {}", damaged.file, damaged.message);
        view! { <p role="alert" class="error">{text}</p> }
    });
    let damaged = damaged.collect_view();
    view! {
        {(!home.is_kept).then(|| view! {
            <section class="note" id="not-kept"><h2>{w::in_memory}</h2><p>{w::in_memory_text}</p><p><code>{why}</code></p></section>
        })}
        {damaged}
    }
}

/// A study's file from elsewhere.
#[component]
fn Import(errors: Errors, look: Callback<()>) -> impl IntoView {
    let input = NodeRef::<html::Input>::new();
    let choose = move |_| {
        let Some(element) = input.get_untracked() else { return };
        let file = element.files().and_then(|files| files.item(0));
        spawn_local(async move {
            let Some(file) = file else { return };
            let buffer = JsFuture::from(file.unchecked_ref::<web_sys::Blob>().array_buffer()).await;
            element.set_value("");
            let Ok(buffer) = buffer else { return errors.shown.set(Some(w::unreadable(file.name()))) };
            let answer = api::post_bytes::<StudySummary>("/api/tab/file", Uint8Array::new(&buffer)).await;
            if errors.take(answer).is_some() {
                tab::ask_to_keep();
                look.run(());
            }
        });
    };
    let open = move |_| {
        if let Some(input) = input.get_untracked() {
            input.click();
        }
    };
    view! {
        <button type="button" on:click=open>{w::import}</button>
        <input id="study-file" type="file" class="unseen" tabindex="-1" aria-label=w::import accept=".sqlite" node_ref=input on:change=choose />
    }
}

/// Asks before a study is gone for good.
#[component]
fn Delete(
    study: StudySummary,
    deleting: RwSignal<Option<StudySummary>>,
    errors: Errors,
    look: Callback<()>,
) -> impl IntoView {
    let StudySummary { id, name, n_pages_done, .. } = study;
    let close = Callback::new(move |()| deleting.set(None));
    let delete = move |_| {
        let path = format!("/api/admin/studies/{id}");
        let id = id.clone();
        spawn_local(async move {
            let answer = api::command(Method::Delete, &path).await;
            deleting.set(None);
            if errors.take(answer).is_some() {
                if tab::seat().is_some_and(|seat| seat.study == id) {
                    tab::stand_up();
                }
                look.run(());
            }
        });
    };
    view! {
        <Dialog title=w::delete_title on_close=close>
            <p><b>{name}</b></p>
            <p>{move || w::delete_text(n_pages_done)}</p>
            <p class="actions">
                <button type="button" class="danger" id="really-delete" on:click=delete>{w::delete}</button>
                <button type="button" on:click=move |_| deleting.set(None)>{common::cancel}</button>
            </p>
        </Dialog>
    }
}
