//! The models: what they are, and whether they lie on this device.

use leptos::prelude::*;
use repartee_wire::engine::{Home, Model};
use wasm_bindgen::JsValue;

use super::{
    generate::NoModels,
    markdown::Markdown,
    model::{ModelState, megabytes, method},
    state::Studio,
};
use crate::{
    desktop::{self, Desktop},
    words::studio as w,
};

/// Gigabytes of memory, as far as the browser says; it never says more than 8.
fn device_memory() -> Option<f64> {
    js_sys::Reflect::get(&window().navigator(), &JsValue::from_str("deviceMemory")).ok()?.as_f64()
}

/// A number with its thousands apart.
fn thousands(number: u64) -> String {
    let digits = number.to_string();
    let mut text = String::new();
    for (place, digit) in digits.chars().enumerate() {
        if place > 0 && (digits.len() - place).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// The page.
#[component]
pub(crate) fn Models() -> impl IntoView {
    let studio = Studio::get();
    let is_browser = move || !matches!(studio.about.get(), Some(Ok(about)) if about.home != Home::Browser);
    let ids = Memo::new(move |_| studio.known_models().into_iter().map(|model| model.id).collect::<Vec<_>>());
    view! {
        <header class="lead">
            <h1>{w::models}</h1>
            <Show when=is_browser><p>{w::models_text}</p></Show>
        </header>
        {Desktop::get().map(|_| view! { <desktop::ImportModel on_import=move |()| studio.refresh() /> })}
        <NoModels />
        <ul class="models">
            <For each=move || ids.get() key=Clone::clone let:id>
                {untrack(|| studio.model(&id)).map(|model| view! { <Tile model /> })}
            </For>
        </ul>
    }
}

#[component]
fn Tile(model: Model) -> impl IntoView {
    let studio = Studio::get();
    let id = StoredValue::new(model.id.clone());
    let is_asked = Memo::new(move |_| studio.opening.with(|opening| opening.contains_key(&id.get_value())));
    let is_browser = move || !matches!(studio.about.get(), Some(Ok(about)) if about.home != Home::Browser);
    let is_kept = Memo::new(move |_| studio.model(&id.get_value()).is_some_and(|model| model.is_kept));
    let warning = {
        let needed = model.memory_bytes;
        let has = device_memory().filter(|gigabytes| needed as f64 > gigabytes * 1e9 / 4.0);
        has.map(|has| view! { <p class="note">{move || w::little_memory(megabytes(needed), has.to_string())}</p> })
    };
    let language: fn() -> &'static str = if model.language == "ja" { w::japanese } else { w::english };
    let (kind, k) = (model.method.clone(), model.k);
    let licence = model.licence.clone();
    let licence = move || if licence.is_empty() { w::licence_unknown().to_owned() } else { licence.clone() };
    let card = (!model.card.is_empty()).then(|| {
        // The card's own title is above already.
        let text = model.card.trim_start();
        let text = text.strip_prefix("# ").and_then(|text| text.split_once('\n')).map_or(text, |(_, text)| text);
        view! {
            <details>
                <summary>{w::card}</summary>
                <Markdown text=text.to_owned() />
            </details>
        }
    });
    let (bytes, memory) = (megabytes(model.bytes), megabytes(model.memory_bytes));
    let fetched = move || if is_kept.get() { w::open_kept() } else { w::open_model() };
    view! {
        <li class="card tile model" data-model=model.id.clone()>
            <h2>{model.name.clone()}</h2>
            <p class="tile-facts">
                <span class="tag">{language}</span>
                <span class="tag quiet">{move || method(&kind, k)}</span>
            </p>
            <dl class="pairs">
                <dt>{move || if is_browser() { w::size() } else { w::size_here() }}</dt><dd>{bytes} " MB"</dd>
                <dt>{w::memory}</dt><dd>"≈ " {memory} " MB"</dd>
                <dt>{w::parameters}</dt><dd>{thousands(model.n_parameters)}</dd>
                <dt>{w::updates}</dt><dd>{thousands(model.update)}</dd>
                <dt>{w::licence}</dt><dd>{licence}</dd>
            </dl>
            {warning}
            <ModelState model=Signal::derive(move || id.get_value()) />
            <div class="actions">
                <Show
                    when=move || is_asked.get()
                    fallback=move || view! {
                        <button type="button" class="primary open" on:click=move |_| studio.open(&id.get_value())>{fetched}</button>
                    }
                >
                    <button type="button" class="close" on:click=move |_| studio.close(&id.get_value())>{w::close_model}</button>
                </Show>
                <Show when=move || is_kept.get() && is_browser()>
                    <button type="button" class="ghost remove" on:click=move |_| studio.remove(&id.get_value())>
                        {w::remove_model}
                    </button>
                </Show>
            </div>
            {card}
        </li>
    }
}
