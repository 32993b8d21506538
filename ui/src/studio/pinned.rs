//! Replies that were pinned: kept in this browser.

use std::collections::{BTreeMap, BTreeSet};

use leptos::prelude::*;
use serde::{Deserialize, Serialize};

use super::card::CopyButton;
use crate::{storage, words::studio as w};

const KEY: &str = "repartee.pinned";

/// Most of them; the oldest go first.
const MOST: usize = 50;

/// A pinned reply.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Pin {
    pub(crate) utterance: String,
    pub(crate) text: String,
    pub(crate) language: String,
    pub(crate) model: String,
    pub(crate) z: String,
}

thread_local! {
    static PINS: ArcRwSignal<Vec<Pin>> = ArcRwSignal::new(storage::read(KEY).unwrap_or_default());
}

fn signal() -> ArcRwSignal<Vec<Pin>> {
    PINS.with(Clone::clone)
}

/// Whether a reply is pinned.
pub(crate) fn has(pin: &Pin) -> bool {
    signal().with(|pins| pins.contains(pin))
}

/// Pins a reply, or takes it off.
pub(crate) fn toggle(pin: &Pin) {
    signal().update(|pins| {
        match pins.iter().position(|other| other == pin) {
            Some(place) => _ = pins.remove(place),
            None => pins.insert(0, pin.clone()),
        }
        pins.truncate(MOST);
        // Where nothing can be kept, pins last as long as the page.
        storage::write(KEY, pins);
    });
}

/// The pinned replies as JSON lines for a study, and how many; none if there are none. An item is an utterance with one
/// reply of each model: what lacks a partner is left out.
pub(crate) fn as_replies() -> Option<(usize, String)> {
    let pins = signal().get_untracked();
    let models: BTreeSet<&str> = pins.iter().map(|pin| pin.model.as_str()).collect();
    let mut items: BTreeMap<(&str, usize), Vec<&Pin>> = BTreeMap::new();
    let mut n_said: BTreeMap<(&str, &str), usize> = BTreeMap::new();
    for pin in &pins {
        let n = n_said.entry((&pin.utterance, &pin.model)).or_default();
        items.entry((&pin.utterance, *n)).or_default().push(pin);
        *n += 1;
    }
    let whole = items.values().filter(|pins| pins.len() == models.len());
    let lines: Vec<String> = whole
        .enumerate()
        .flat_map(|(item, pins)| {
            let line = move |pin: &&Pin| {
                serde_json::json!({
                    "id": (item + 1).to_string(), "context": pin.utterance, "system": pin.model, "reply": pin.text,
                })
            };
            pins.iter().map(line).map(|line| line.to_string() + "\n")
        })
        .collect();
    (!lines.is_empty()).then(|| (lines.len(), lines.concat()))
}

/// The pinned replies, if there are any.
#[component]
pub(crate) fn Pinned() -> impl IntoView {
    let pins = signal();
    let shown = pins.clone();
    let line = |pin: Pin| {
        let (language, text) = (pin.language.clone(), pin.text.clone());
        let context = pin.utterance.clone();
        view! {
            <li class="said pinned">
                <p class="hint" lang=language.clone()>{context}</p>
                <p class="said-text" lang=language>{text.clone()}</p>
                <div class="said-facts"><span>{pin.model.clone()}</span></div>
                <div class="said-tools">
                    <button type="button" class="ghost tool" on:click=move |_| toggle(&pin)>{w::unpin}</button>
                    <CopyButton text />
                </div>
            </li>
        }
    };
    view! {
        <Show when=move || pins.with(|pins| !pins.is_empty())>
            <section class="pins">
                <h2>{w::pinned}</h2>
                <ul class="said-list">{
                    let shown = shown.clone();
                    move || shown.get().into_iter().map(line).collect_view()
                }</ul>
            </section>
        </Show>
    }
}
