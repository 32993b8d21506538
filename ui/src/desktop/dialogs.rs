//! What lies over the pages: the question before the window closes, and that the engine is gone.

use leptos::{prelude::*, task::spawn_local};
use repartee_wire::engine::EngineError;

use super::{Desktop, begin_anew, ipc};
use crate::{
    parts::Dialog,
    studio::Fault,
    words::{common, desktop as w},
};

/// Whichever is needed.
#[component]
pub(crate) fn Dialogs(
    /// The app
    desktop: Desktop,
) -> impl IntoView {
    move || match (desktop.lost.get(), desktop.closing.get()) {
        (Some(error), _) => view! { <Lost desktop error /> }.into_any(),
        (None, Some(runs)) => view! { <Closing desktop runs /> }.into_any(),
        (None, None) => ().into_any(),
    }
}

#[component]
fn Closing(desktop: Desktop, runs: Vec<String>) -> impl IntoView {
    let is_stopping = RwSignal::new(false);
    let failure = RwSignal::new(None::<EngineError>);
    let close = move |how: &'static str| {
        spawn_local(async move {
            is_stopping.set(how == "stop");
            let done = ipc::invoke("close", &[("how", how.into())]).await;
            is_stopping.set(false);
            match done {
                Ok(_) => desktop.closing.set(None),
                Err(error) => failure.set(Some(error)),
            }
        });
    };
    view! {
        <Dialog title=w::closing on_close=move |()| close("stay")>
            <p>{w::closing_text}</p>
            <ul class="closing-runs">{runs.into_iter().map(|run| view! { <li><strong>{run}</strong></li> }).collect_view()}</ul>
            <p class="hint">{w::closing_hint}</p>
            {move || failure.get().map(|error| view! { <Fault error /> })}
            <Show when=move || is_stopping.get()><p role="status">{w::stopping}</p></Show>
            <p class="actions">
                <button type="button" class="primary" id="close-background" disabled=move || is_stopping.get()
                    on:click=move |_| close("background")>{w::go_on}</button>
                <button type="button" id="close-stop" disabled=move || is_stopping.get() on:click=move |_| close("stop")>
                    {w::save_and_stop}
                </button>
                <button type="button" class="ghost" id="close-stay" on:click=move |_| close("stay")>{common::cancel}</button>
            </p>
        </Dialog>
    }
}

#[component]
fn Lost(desktop: Desktop, error: EngineError) -> impl IntoView {
    let is_starting = RwSignal::new(false);
    let start = move |_| {
        is_starting.set(true);
        spawn_local(async move {
            match ipc::invoke("restart_engine", &[]).await {
                Ok(_) => begin_anew(),
                Err(error) => {
                    is_starting.set(false);
                    desktop.lost.set(Some(error));
                }
            }
        });
    };
    view! {
        <Dialog title=w::engine_lost on_close=move |()| desktop.lost.set(None)>
            <p>{w::engine_lost_text}</p>
            <p class="hint" id="engine-lost" lang="en">{error.message}</p>
            <p class="actions">
                <button type="button" class="primary" id="start-again" disabled=move || is_starting.get() on:click=start>
                    {w::start_again}
                </button>
                <super::project::ChooseProject />
            </p>
        </Dialog>
    }
}
