//! The freeze: from a draft to a study that raters can begin.

use leptos::{prelude::*, task::spawn_local};
use repartee_wire::admin::{Frozen, Study};

use super::Errors;
use crate::{
    api,
    parts::Dialog,
    words::{admin as w, common},
};

/// A button while the study is a draft, a mark after that.
#[component]
pub(crate) fn Freeze(
    /// The study
    study: RwSignal<Option<Study>>,
    /// Runs once it is frozen
    on_change: impl Fn() + Copy + Send + Sync + 'static,
) -> impl IntoView {
    let is_asking = RwSignal::new(false);
    let errors = Errors::new();
    let is_draft =
        Memo::new(move |_| study.with(|study| study.as_ref().map(|study| study.summary.design_hash.is_none())));
    let freeze = move |_| {
        let Some(id) = study.with_untracked(|study| study.as_ref().map(|study| study.summary.id.clone())) else {
            return;
        };
        spawn_local(async move {
            let answer = api::post_empty::<Frozen>(&format!("/api/admin/studies/{id}/freeze")).await;
            if errors.take(answer).is_some() {
                is_asking.set(false);
                on_change();
            }
        });
    };
    let close = Callback::new(move |()| is_asking.set(false));
    view! {
        {move || match is_draft.get() {
            None => ().into_any(),
            Some(false) => view! { <span class="tag">{w::frozen}</span> }.into_any(),
            Some(true) => {
                view! {
                    <button type="button" class="primary" id="freeze" on:click=move |_| is_asking.set(true)>{w::freeze}</button>
                }
                    .into_any()
            }
        }}
        {move || {
            is_asking
                .get()
                .then(|| {
                    view! {
                        <Dialog title=w::freeze_title on_close=close>
                            <p>{w::freeze_text}</p>
                            {errors.view()}
                            <p class="actions">
                                <button type="button" class="primary" on:click=freeze>{w::freeze}</button>
                                <button type="button" on:click=move |_| is_asking.set(false)>{common::cancel}</button>
                            </p>
                        </Dialog>
                    }
                })
        }}
    }
}
