//! What draws say: the one under the pointer, the chosen ones, and all of them in words.

use std::collections::BTreeMap;

use leptos::prelude::*;
use wasm_bindgen::{JsCast as _, JsValue};

use super::map::{Choice, Map};
use crate::{
    studio::{card::Card, state::Studio},
    words::{latent as w, studio},
};

/// Most replies in the list of all.
const MOST_LISTED: usize = 40;

/// Replies with the numbers of the draws that give them, the most frequent first.
fn grouped(map: Map, draws: &[usize]) -> Vec<(String, Vec<usize>)> {
    let mut groups: BTreeMap<String, Vec<usize>> = BTreeMap::new();
    map.replies.with(|replies| {
        for number in draws {
            if let Some(text) = replies.get(number) {
                groups.entry(text.clone()).or_default().push(*number);
            }
        }
    });
    let mut groups: Vec<(String, Vec<usize>)> = groups.into_iter().collect();
    groups.sort_by_key(|(_, draws)| std::cmp::Reverse(draws.len()));
    groups
}

fn n_prior(map: Map) -> usize {
    map.points.with(|points| points.iter().filter(|point| point.z_seed.is_some()).count())
}

/// Beside the map.
#[component]
pub(crate) fn Side(map: Map, language: Signal<String>) -> impl IntoView {
    let hovered = move || {
        let number = map.hovered.get()?;
        Some(map.replies.with(|replies| replies.get(&number).cloned()).unwrap_or_else(|| w::no_reply_yet().to_owned()))
    };
    let model = Memo::new(move |_| Studio::get().model(&map.drawn.get().1));
    let cards = move || {
        let utterance = map.drawn.get_untracked().0;
        let card = |reply| view! { <Card reply utterance=utterance.clone() model=model.get_untracked() /> };
        map.decoded.get().into_iter().map(card).collect_view()
    };
    view! {
        <aside class="card map-side">
            <p class="hovered" id="hovered" lang=move || language.get() aria-live="off">
                {move || hovered().unwrap_or_else(|| w::nothing_yet().to_owned())}
            </p>
            {move || match map.choice.get() {
                Choice::Nothing => ().into_any(),
                Choice::Draw(_) => view! { <h2>{w::this_draw}</h2> <ul class="said-list one" id="decoded">{cards}</ul> }.into_any(),
                Choice::Line(..) => view! { <h2>{w::between}</h2> <ul class="said-list one" id="decoded">{cards}</ul> }.into_any(),
                Choice::Within(draws) => view! { <Taken map draws language /> }.into_any(),
            }}
            <p class="hint" id="heard" data-heard=move || map.replies.with(BTreeMap::len).to_string()>
                {move || w::hearing(map.replies.with(BTreeMap::len), n_prior(map))}
            </p>
            <details>
                <summary>{w::all_draws}</summary>
                <Groups map groups=Signal::derive(move || grouped(map, &(0..n_prior(map)).collect::<Vec<_>>())) language />
            </details>
        </aside>
    }
}

/// Replies with how many draws give each; a click goes to one of them.
#[component]
fn Groups(
    map: Map,
    #[prop(into)] groups: Signal<Vec<(String, Vec<usize>)>>,
    language: Signal<String>,
) -> impl IntoView {
    let line = move |(text, draws): (String, Vec<usize>)| {
        let (n, first) = (draws.len(), draws[0]);
        let text = if text.is_empty() { studio::empty_reply().to_owned() } else { text };
        view! {
            <li>
                <button type="button" class="page-line" on:click=move |_| map.choose(first)>
                    <span class="group-text" lang=move || language.get()>{text}</span>
                    <span class="count">{move || w::draws_of(n)}</span>
                </button>
            </li>
        }
    };
    view! {
        <ul class="page-list">
            {move || groups.get().into_iter().take(MOST_LISTED).map(line).collect_view()}
        </ul>
    }
}

/// What the lasso holds, and a file of it for a study.
#[component]
fn Taken(map: Map, draws: Vec<usize>, language: Signal<String>) -> impl IntoView {
    let n = draws.len();
    let groups = Memo::new(move |_| grouped(map, &draws));
    let save = move |_| {
        let (context, model) = map.drawn.get_untracked();
        let lines = groups.with_untracked(|groups| {
            let line = |(reply, draws): &(String, Vec<usize>)| {
                let z_seed = map.points.with_untracked(|points| points[draws[0]].z_seed);
                serde_json::json!({ "context": context, "reply": reply, "system": model, "z_seed": z_seed }).to_string()
            };
            groups.iter().filter(|(reply, _)| !reply.is_empty()).map(line).collect::<Vec<_>>()
        });
        download("replies.jsonl", &(lines.join("\n") + "\n"));
    };
    view! {
        <h2 id="taken">{move || w::taken(n, groups.with(Vec::len))}</h2>
        <Groups map groups=Signal::derive(move || groups.get()) language />
        <p class="actions">
            <button type="button" id="save" disabled=move || groups.with(Vec::is_empty) on:click=save>{w::save_for_study}</button>
        </p>
    }
}

/// Saves a text as a file of the reader's.
fn download(name: &str, text: &str) {
    let parts = js_sys::Array::of1(&JsValue::from_str(text));
    let Ok(blob) = web_sys::Blob::new_with_str_sequence(&parts) else { return };
    let Ok(address) = web_sys::Url::create_object_url_with_blob(&blob) else { return };
    if let Ok(link) = document().create_element("a") {
        _ = link.set_attribute("href", &address);
        _ = link.set_attribute("download", name);
        if let Ok(link) = link.dyn_into::<web_sys::HtmlElement>() {
            link.click();
        }
    }
    _ = web_sys::Url::revoke_object_url(&address);
}
