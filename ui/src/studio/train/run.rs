//! The runs, and what can be done with each.

use leptos::prelude::*;
use repartee_wire::engine::{EngineError, EngineErrorCode, RunState, RunStatus};

use super::{
    form::thousands,
    history::{History, MOST_SHOWN},
    plan::duration,
};
use crate::{
    parts::Meter,
    route::Link,
    studio::{fault::Fault, model::method, state::Studio},
    words::{Words, studio, train as w},
};

/// All of them.
#[component]
pub(crate) fn Runs(history: History) -> impl IntoView {
    let names = Memo::new(move |_| {
        let runs = history.runs.get().and_then(Result::ok).unwrap_or_default();
        runs.into_iter().map(|run| run.run).collect::<Vec<_>>()
    });
    view! {
        <section class="card runs">
            <h2>{w::runs}</h2>
            {move || match history.runs.with(|runs| runs.as_ref().and_then(|runs| runs.as_ref().err().cloned())) {
                Some(error) => view! { <Fault error /> }.into_any(),
                None => ().into_any(),
            }}
            <Show when=move || names.with(Vec::is_empty)><p class="hint">{w::no_runs}</p></Show>
            <ul class="run-list">
                <For each=move || names.get() key=Clone::clone let:name><Run history name /></For>
            </ul>
        </section>
    }
}

fn state_words(state: RunState) -> Words {
    match state {
        RunState::Starting => w::state_starting,
        RunState::Running => w::state_running,
        RunState::Stopping => w::state_stopping,
        RunState::Stopped => w::state_stopped,
        RunState::Finished => w::state_finished,
        RunState::Failed => w::state_failed,
    }
}

fn code(state: RunState) -> String {
    serde_json::to_value(state).ok().and_then(|code| code.as_str().map(str::to_owned)).unwrap_or_default()
}

/// Milliseconds since 1970.
fn now_ms() -> f64 {
    js_sys::Date::now()
}

/// Seconds that are left, from the pace since the page saw the run first.
fn left(history: History, name: &str) -> Memo<Option<f64>> {
    let first: StoredValue<Option<(f64, u64)>> = StoredValue::new(None);
    let name = name.to_owned();
    Memo::new(move |_| {
        let run = history.status(&name).filter(|run| run.state == RunState::Running);
        let Some(run) = run else {
            first.set_value(None);
            return None;
        };
        let Some((since, update)) = first.get_value().filter(|(_, update)| *update > 0) else {
            first.set_value(Some((now_ms(), run.update)));
            return None;
        };
        let made = run.update.saturating_sub(update);
        let pace = (now_ms() - since) / 1e3 / made as f64;
        (made >= 5).then(|| pace * run.max_updates.saturating_sub(run.update) as f64)
    })
}

#[component]
fn Run(history: History, name: String) -> impl IntoView {
    let name = StoredValue::new(name);
    let run: Memo<Option<RunStatus>> = Memo::new(move |_| history.status(&name.get_value()));
    let state = Memo::new(move |_| run.get().map_or(RunState::Starting, |run| run.state));
    let colour = Memo::new(move |_| history.shown.with(|shown| shown.get(&name.get_value()).copied()));
    let is_full = move || colour.get().is_none() && history.shown.with(|shown| shown.len() >= MOST_SHOWN);
    let choose = move |event| {
        if event_target_checked(&event) { history.show(&name.get_value()) } else { history.hide(&name.get_value()) }
    };
    let update = Signal::derive(move || run.get().map_or(0, |run| run.update));
    let max = Signal::derive(move || run.get().map_or(0, |run| run.max_updates));
    let counted = move || w::progress(thousands(update.get()), thousands(max.get()));
    let left = left(history, &name.get_value());
    let reason = move || {
        let reason = run.get().and_then(|run| run.reason)?;
        Some(view! { <p class="run-reason" lang="en">{reason}</p> })
    };
    let fault = move || {
        let error: EngineError = history.faults.with(|faults| faults.get(&name.get_value()).cloned())?;
        (error.code != EngineErrorCode::Stopped).then(|| view! { <Fault error /> })
    };
    let want = Studio::get();
    let id = format!("show-{}", name.get_value());
    let label = move || w::show(name.get_value());
    view! {
        <li class="run" data-run=name.get_value() data-state=move || code(state.get())>
            <div class="run-head">
                <span class="check">
                    <input
                        type="checkbox"
                        id=id
                        aria-label=label
                        prop:checked=move || colour.get().is_some()
                        disabled=is_full
                        on:change=choose
                    />
                </span>
                {move || colour.get().map(|colour| view! { <svg class="swatch" viewBox="0 0 28 8" aria-hidden="true"><line class=format!("series-{colour}") x1="1" x2="27" y1="4" y2="4" /></svg> })}
                <strong class="run-name">{name.get_value()}</strong>
                <span class=move || format!("state state-{}", code(state.get()))>{move || state_words(state.get())()}</span>
            </div>
            <p class="tile-facts">
                <span class="tag quiet">{move || run.get().map(|run| method(&run.method, None))}</span>
                <span class="tag quiet">{move || run.get().map(|run| if run.language == "ja" { studio::japanese() } else { studio::english() })}</span>
            </p>
            <Meter value=update max label=Signal::derive(counted) />
            <p class="hint run-count">
                {counted}
                {move || left.get().map(|seconds| format!(" · {}", w::left(duration(seconds))))}
            </p>
            {reason}
            {fault}
            <div class="run-actions">
                <Show when=move || matches!(state.get(), RunState::Starting | RunState::Running)>
                    <button type="button" class="stop" title=w::stop_title on:click=move |_| history.stop(name.get_value())>{w::stop}</button>
                </Show>
                <Show when=move || matches!(state.get(), RunState::Stopped | RunState::Failed)>
                    <button type="button" class="resume" title=w::resume_title on:click=move |_| history.resume(name.get_value())>{w::resume}</button>
                </Show>
                <Show when=move || state.get() == RunState::Finished>
                    <span on:click=move |_| want.wanted.set(format!("runs/{}", name.get_value()))>
                        <Link to="/generate">{w::use_model}</Link>
                    </span>
                </Show>
            </div>
        </li>
    }
}
