//! What raters flagged, commented or skipped.

use leptos::{prelude::*, task::spawn_local};
use repartee_wire::admin::{Note, Notes as Answer};

use super::{Errors, shown_time};
use crate::{api, words::admin as w};

/// The notes of all raters.
#[component]
pub(crate) fn Notes(
    /// The study's path in the interface
    path: String,
) -> impl IntoView {
    let notes = RwSignal::new(None::<Vec<Note>>);
    let errors = Errors::new();
    spawn_local(async move {
        if let Some(answer) = errors.take(api::get::<Answer>(&format!("{path}/notes")).await) {
            notes.set(Some(answer.notes));
        }
    });
    let line = |note: Note| {
        let Note { rater, item, context, reply, system, flagged, comment, skipped, saved_ms } = note;
        let from = move || system.clone().unwrap_or_else(|| w::control().to_owned());
        let skips = skipped.into_iter().map(|reason| view! { <p>"⤼ "{reason}</p> }).collect_view();
        view! {
            <li class="example">
                <p class="hint">{rater}" · "{item}" · "{from}" · "{move || shown_time(saved_ms)}</p>
                <p class="utterance">{context}</p>
                <p class="reply-text">{flagged.then_some("⚑ ")}{reply}</p>
                {(!comment.is_empty()).then(|| view! { <p>"✎ "{comment}</p> })}
                {skips}
            </li>
        }
    };
    view! {
        <section class="card">
            <h2>{w::notes}</h2>
            {errors.view()}
            {move || notes.get().map(|notes| {
                if notes.is_empty() {
                    view! { <p>{w::no_notes}</p> }.into_any()
                } else {
                    view! { <ul class="plain">{notes.into_iter().map(line).collect_view()}</ul> }.into_any()
                }
            })}
        </section>
    }
}
