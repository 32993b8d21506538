//! What the shown runs said at an evaluation.

use std::collections::BTreeSet;

use leptos::prelude::*;
use repartee_wire::engine::Sample;

use super::{form::thousands, history::History};
use crate::words::train as w;

/// Samples of each shown run, at one evaluation.
#[component]
pub(crate) fn Samples(history: History) -> impl IntoView {
    let updates = Memo::new(move |_| {
        let shown = history.shown.get();
        let of =
            |run: &String| history.of(run).map(|logged| logged.with(|logged| logged.samples.keys().copied().collect()));
        shown.keys().filter_map(of).fold(BTreeSet::new(), |all: BTreeSet<u64>, own: BTreeSet<u64>| &all | &own)
    });
    // None follows the newest.
    let chosen: RwSignal<Option<u64>> = RwSignal::new(None);
    let at = Memo::new(move |_| chosen.get().or_else(|| updates.with(|updates| updates.last().copied())));
    let choose = move |event| {
        let update: Option<u64> = event_target_value(&event).parse().ok();
        chosen.set(update.filter(|update| updates.with_untracked(|updates| updates.last() != Some(update))));
    };
    let option = move |update: u64| {
        let words = move || w::after(thousands(update));
        view! { <option value=update.to_string() prop:selected=move || at.get() == Some(update)>{words}</option> }
    };
    let said = move || {
        let at = at.get()?;
        let of = |(run, colour): (String, usize)| {
            // The newest that is not newer.
            let samples = history.of(&run)?.with(|logged| {
                logged.samples.range(..=at).next_back().map(|(update, samples)| (*update, samples.clone()))
            });
            let (update, samples) = samples?;
            let language = history.status(&run).map(|run| run.language).unwrap_or_default();
            Some(view! { <Said run language colour update samples /> })
        };
        Some(history.shown.get().into_iter().filter_map(of).collect_view())
    };
    let has_runs = move || history.shown.with(|shown| !shown.is_empty());
    view! {
        <Show when=has_runs>
            <section class="card" id="samples">
                <h2>{w::samples}</h2>
                <Show when=move || updates.with(|updates| !updates.is_empty()) fallback=|| view! { <p class="hint">{w::no_samples}</p> }>
                    <p class="hint">{w::samples_note}</p>
                    <div class="field device-field">
                        <label for="evaluation">{w::evaluation}</label>
                        <select id="evaluation" on:change=choose>
                            {move || updates.get().into_iter().rev().map(option).collect_view()}
                        </select>
                    </div>
                    <div class="said-by">{said}</div>
                </Show>
            </section>
        </Show>
    }
}

#[component]
fn Said(run: String, language: String, colour: usize, update: u64, samples: Vec<Sample>) -> impl IntoView {
    let one = |sample: Sample| {
        view! {
            <li>
                <p class="sample-utterance">{sample.utterance}</p>
                <ul class="sample-replies">{sample.replies.into_iter().map(|reply| view! { <li>{reply}</li> }).collect_view()}</ul>
            </li>
        }
    };
    view! {
        <article class="samples-of">
            <h3>
                <svg class="swatch" viewBox="0 0 28 8" aria-hidden="true"><line class=format!("series-{colour}") x1="1" x2="27" y1="4" y2="4" /></svg>
                {run} " " <span class="hint">{move || w::after(thousands(update))}</span>
            </h3>
            <ul class="sample-list" lang=language>{samples.into_iter().map(one).collect_view()}</ul>
        </article>
    }
}
