//! A reply as a card.

use leptos::prelude::*;
use repartee_wire::engine::{Latent, Model, Reply};

use super::{model::method, pinned};
use crate::words::{common, studio as w};

/// A latent's name, as the program writes it.
pub(crate) fn latent_name(latent: &Latent) -> String {
    match &latent.toward {
        None => latent.z_seed.to_string(),
        Some(toward) => format!("{}-{}@{:.2}", latent.z_seed, toward.z_seed, toward.share),
    }
}

/// A number with a real minus sign.
pub(crate) fn signed(value: f64, n_decimals: usize) -> String {
    format!("{value:.n_decimals$}").replace('-', "−")
}

/// A button that copies a text and says so.
#[component]
pub(crate) fn CopyButton(text: String) -> impl IntoView {
    let is_copied = RwSignal::new(false);
    let copy = move |_| {
        let promise = window().navigator().clipboard().write_text(&text);
        leptos::task::spawn_local(async move {
            is_copied.set(wasm_bindgen_futures::JsFuture::from(promise).await.is_ok());
        });
    };
    view! {
        <button type="button" class="ghost tool" on:click=copy>
            {move || if is_copied.get() { common::copied() } else { common::copy() }}
        </button>
    }
}

/// A reply with its facts.
#[component]
pub(crate) fn Card(reply: Reply, utterance: String, model: Option<Model>) -> impl IntoView {
    let language = model.as_ref().map(|model| model.language.clone());
    let per_token = (reply.log_probability_nats / reply.n_tokens.max(1) as f64).exp();
    let log_p = signed(reply.log_probability_nats, 1);
    let (name, short) = (latent_name(&reply.latent), short_name(&reply.latent));
    let z_title = name.clone();
    let text = reply.text.clone();
    let pin = pinned::Pin {
        utterance,
        text: text.clone(),
        language: language.clone().unwrap_or_default(),
        model: model.as_ref().map(|model| model.name.clone()).unwrap_or_default(),
        z: name.clone(),
    };
    let is_pinned = {
        let pin = pin.clone();
        Memo::new(move |_| pinned::has(&pin))
    };
    let method_name = move || model.as_ref().map(|model| method(&model.method, model.k));
    view! {
        <li class="said" data-z=name>
            <p class="said-text" lang=language>
                {if text.is_empty() { w::empty_reply().to_owned() } else { text.clone() }}
            </p>
            <div class="said-facts">
                <span class="said-probability" title=w::per_token_title>
                    <progress
                        aria-hidden="true" tabindex="-1"
                        max="1"
                        prop:value=per_token
                    ></progress>
                    {move || w::per_token(format!("{:.0}", per_token * 100.0))}
                </span>
                <span>{move || w::log_p(log_p.clone())}</span>
                <span class="said-method">{method_name}</span>
                <span class="z" title=move || format!("{}: {z_title}", w::z_seed_title())>{move || w::z_seed(short.clone())}</span>
            </div>
            <div class="said-tools">
                <button
                    type="button"
                    class="ghost tool pin"
                    aria-pressed=move || is_pinned.get().to_string()
                    on:click=move |_| pinned::toggle(&pin)
                >
                    {move || if is_pinned.get() { w::unpin() } else { w::pin() }}
                </button>
                <CopyButton text />
            </div>
        </li>
    }
}

/// The first digits of a name; all of them are in the title.
fn short_name(latent: &Latent) -> String {
    let short = |seed: u64| {
        let digits = seed.to_string();
        if digits.len() > 6 { format!("{}…", &digits[..5]) } else { digits }
    };
    match &latent.toward {
        None => short(latent.z_seed),
        Some(toward) => format!("{} → {} · {:.0} %", short(latent.z_seed), short(toward.z_seed), toward.share * 100.0),
    }
}

/// A reply in the making.
#[component]
pub(crate) fn Making(text: String) -> impl IntoView {
    let is_empty = text.is_empty();
    view! {
        <li class="said making" aria-hidden="true">
            <p class="said-text">{if is_empty { w::in_the_making().to_owned() } else { text }}</p>
        </li>
    }
}
