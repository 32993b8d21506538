//! Choosing a model, and how far it is.

use leptos::prelude::*;
use repartee_wire::engine::Model;

use super::{
    fault::Fault,
    state::{Opening, Studio},
};
use crate::{
    locale::{self, Language},
    words::studio as w,
};

/// Megabytes with one decimal.
pub(crate) fn megabytes(bytes: u64) -> String {
    format!("{:.1}", bytes as f64 / 1e6)
}

/// A method's name for people.
pub(crate) fn method(name: &str, k: Option<u64>) -> String {
    match (name, k) {
        ("speculative", Some(k)) => w::method_speculative(k),
        ("vanilla", _) => w::method_vanilla().to_owned(),
        (name, _) => name.to_owned(),
    }
}

/// The model to begin with: one of the language of the pages, of the paper's method if there is one.
pub(crate) fn first(models: &[Model], is_plain: bool) -> Option<String> {
    let language = if locale::get() == Language::Japanese { "ja" } else { "en" };
    let rank = |model: &Model| (model.language != language, (model.method == "vanilla") != is_plain);
    models.iter().min_by_key(|model| rank(model)).map(|model| model.id.clone())
}

/// A choice among the models.
#[component]
pub(crate) fn ModelChoice(
    /// The chosen one's id
    chosen: RwSignal<String>,
    /// Its name
    label: fn() -> &'static str,
    /// Of the element
    id: &'static str,
) -> impl IntoView {
    let studio = Studio::get();
    let option = move |model: Model| {
        let (id, language) = (model.id.clone(), model.language.clone());
        view! {
            <option value=model.id lang=language prop:selected=move || chosen.get() == id>{model.name}</option>
        }
    };
    view! {
        <div class="field">
            <label for=id>{label}</label>
            <select id=id on:change=move |event| chosen.set(event_target_value(&event))>
                {move || studio.known_models().into_iter().map(option).collect_view()}
            </select>
        </div>
    }
}

/// How far a model is: to be fetched, on its way, open or failed.
#[component]
pub(crate) fn ModelState(
    /// Its id
    #[prop(into)]
    model: Signal<String>,
) -> impl IntoView {
    let studio = Studio::get();
    let state = Memo::new(move |_| studio.opening.with(|opening| opening.get(&model.get()).cloned()));
    move || {
        match state.get() {
        None => {
            let known = studio.model(&model.get());
            let text = move || match &known {
                Some(known) if known.is_kept => w::is_kept().to_owned(),
                Some(known) => w::not_open(megabytes(known.bytes)),
                None => String::new(),
            };
            view! { <p class="hint model-state" data-state="closed">{text}</p> }.into_any()
        }
        Some(Opening::Fetching(done, total)) => view! {
            <div class="model-state" data-state="fetching" role="status">
                <progress aria-label=w::model max=total.max(1).to_string() prop:value=done as f64></progress>
                <p class="hint">{move || w::fetching(megabytes(done), megabytes(total))}</p>
            </div>
        }
        .into_any(),
        Some(Opening::Loading) => {
            view! { <p class="hint model-state" data-state="loading" role="status">{w::loading_model}</p> }.into_any()
        }
        Some(Opening::Open(opened)) => {
            let not_kept = opened.not_kept.map(|why| {
                view! { <span class="caution" data-not-kept="">{move || w::not_kept(why.clone())}</span> }
            });
            view! {
                <p class="hint model-state" data-state="open" data-device=opened.device>
                    <span class="live">{move || w::ready_on(opened.device_name.clone())}</span> " " {not_kept}
                </p>
            }
            .into_any()
        }
        Some(Opening::Failed(error)) => view! {
            <div class="model-state" data-state="failed">
                <Fault error />
                <button type="button" class="retry" on:click=move |_| studio.open(&model.get_untracked())>{w::retry}</button>
            </div>
        }
        .into_any(),
    }
    }
}
