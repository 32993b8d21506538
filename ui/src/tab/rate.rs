//! Sitting down to rate a study.

use leptos::{ev, prelude::*, task::spawn_local};
use repartee_wire::{admin::StudySummary, rater, tab::Seat};

use crate::{
    admin::Errors,
    api::{self, tab},
    locale,
    parts::Dialog,
    route, storage,
    words::{common, tab as w},
};

/// Where the browser keeps the name that was given last.
const NAME: &str = "repartee.rater";

/// A button that asks who rates; nothing while the study is a draft.
#[component]
pub(crate) fn RateButton(
    /// The study
    study: StudySummary,
) -> impl IntoView {
    let StudySummary { id, design_hash, .. } = study;
    let id = StoredValue::new(id);
    let is_asking = RwSignal::new(false);
    let name = RwSignal::new(storage::get(NAME).unwrap_or_default());
    let errors = Errors::new();
    let begin = move |event: ev::SubmitEvent| {
        event.prevent_default();
        let rater = name.get_untracked().trim().to_owned();
        let seat = Seat { study: id.get_value(), rater, language: untrack(locale::get).code().to_owned() };
        spawn_local(async move {
            if errors.take(api::post::<rater::Study>("/api/tab/seat", &seat).await).is_some() {
                storage::set(NAME, &seat.rater);
                if tab::sit(&seat) {
                    route::go("/rate");
                } else {
                    errors.shown.set(Some(common::storage_full().to_owned()));
                }
            }
        });
    };
    let close = Callback::new(move |()| is_asking.set(false));
    view! {
        <Show when={let is_frozen = design_hash.is_some(); move || is_frozen}>
            <button type="button" class="primary rate" on:click=move |_| is_asking.set(true)>{w::rate}</button>
        </Show>
        {move || {
            is_asking.get().then(|| {
                view! {
                    <Dialog title=w::rate_title on_close=close>
                        <form on:submit=begin>
                            <div class="field">
                                <label for="rater-name">{w::rater_name}</label>
                                <input id="rater-name" type="text" required maxlength="100" autocomplete="name" bind:value=name />
                            </div>
                            <p class="hint">{w::rater_hint}</p>
                            {errors.view()}
                            <p class="actions">
                                <button type="submit" class="primary" id="begin-rating">{w::rate}</button>
                                <button type="button" on:click=move |_| is_asking.set(false)>{common::cancel}</button>
                            </p>
                        </form>
                    </Dialog>
                }
            })
        }}
    }
}
