//! Raw data, datasheet, and whether the log is in order.

use leptos::{prelude::*, task::spawn_local};
use repartee_wire::admin::Verified;

use super::Errors;
use crate::{api, parts::Download, words::admin as w};

/// Everything to take away.
#[component]
pub(crate) fn Export(
    /// The study's path in the interface
    path: String,
) -> impl IntoView {
    let path = StoredValue::new(path);
    let with_names = RwSignal::new(false);
    let link = move |format: &'static str, words: fn() -> &'static str| {
        let href = move || format!("{}/export?format={format}&names={}", path.get_value(), with_names.get());
        view! { <li><Download path=Signal::derive(href) words /></li> }
    };
    let datasheet = move |format: &'static str, words: fn() -> &'static str| {
        let href = format!("{}/datasheet?format={format}", path.get_value());
        view! { <li><Download path=Signal::stored(href) words /></li> }
    };
    let verified = RwSignal::new(None::<Verified>);
    let errors = Errors::new();
    let verify = move |_| {
        spawn_local(async move {
            verified.set(errors.take(api::get(&format!("{}/verify", path.get_value())).await));
        });
    };
    view! {
        <section class="card">
            <h2>{w::export_title}</h2>
            <p>{w::export_text}</p>
            <p class="check">
                <input id="with-names" type="checkbox" bind:checked=with_names />
                <label for="with-names">{w::with_names}</label>
            </p>
            <ul class="downloads">
                {link("csv", w::export_csv)} {link("design", w::export_design)} {link("jsonl", w::export_jsonl)}
                {link("xlsx", w::export_xlsx)} {link("study", w::export_study)}
            </ul>
        </section>
        <section class="card">
            <h2>{w::datasheet}</h2>
            <p>{w::datasheet_text}</p>
            <ul class="downloads">{datasheet("json", w::as_json)} {datasheet("markdown", w::as_markdown)}</ul>
        </section>
        <section class="card">
            <h2>{w::verify_title}</h2>
            <p class="actions"><button type="button" on:click=verify>{w::verify}</button></p>
            {errors.view()}
            <div role="status">
                {move || verified.get().map(|found| view! {
                    <p class="fine">"✓ "{move || w::verified(found.n_events, found.n_revisions)}</p>
                    <p class="hint">{w::head}" "<code>{found.head.clone()}</code></p>
                })}
            </div>
        </section>
    }
}
