//! The latent space of an utterance: where draws of z lie, how probable each makes a reply, and what each says.

mod canvas;
mod geometry;
mod map;
mod side;

use leptos::prelude::*;

use self::{
    canvas::Canvas,
    map::{Map, Tool},
    side::Side,
};
use super::{
    ask::NumberField,
    examples::{Example, ExampleChoice},
    fault::Fault,
    generate::{NoModels, UtteranceField},
    model::{self, ModelChoice, ModelState},
    state::Studio,
};
use crate::words::{latent as w, studio};

/// The page.
#[component]
pub(crate) fn LatentSpace() -> impl IntoView {
    let state = Studio::get();
    let map = Map::new();
    Effect::new(move |_| {
        let models = state.known_models();
        if map.model.get_untracked().is_empty()
            && let Some(first) = model::first(&models, false)
        {
            map.model.set(first);
        }
    });
    let known = Memo::new(move |_| state.model(&map.model.get()));
    let language = Signal::derive(move || known.get().map(|model| model.language).unwrap_or_default());
    let (utterance, response) = (map.utterance, map.response);
    let is_ready =
        move || known.get().is_some() && ![utterance, response].iter().any(|text| text.get().trim().is_empty());
    let draw = move |()| {
        if untrack(is_ready) {
            map.draw();
        }
    };
    let choose = move |example: Example| {
        utterance.set(example.utterance);
        response.set(example.reply);
        draw(());
    };
    view! {
        <header class="lead">
            <h1>{studio::latent_space}</h1>
            <p>{w::text}</p>
        </header>
        <NoModels />
        <section class="card ask">
            <UtteranceField utterance language on_send=draw />
            <div class="field">
                <label for="response">{w::response}</label>
                <input
                    type="text"
                    id="response"
                    maxlength="600"
                    lang=move || language.get()
                    prop:value=move || response.get()
                    on:input=move |event| response.set(event_target_value(&event))
                />
            </div>
            <ExampleChoice language on_choose=choose />
            <div class="grid">
                <ModelChoice chosen=map.model label=studio::model id="model" />
                <NumberField
                    id="n-prior"
                    label=w::n_prior
                    value=Signal::derive(move || map.n_prior.get() as f64)
                    bounds=[10.0, 1000.0, 10.0]
                    on_change=move |n: f64| map.n_prior.set(n as usize)
                />
                <NumberField
                    id="seed"
                    label=studio::seed
                    value=Signal::derive(move || map.seed.get() as f64)
                    bounds=[0.0, 9_007_199_254_740_991.0, 1.0]
                    on_change=move |seed: f64| map.seed.set(seed as u64)
                />
            </div>
            <ModelState model=map.model />
            <div class="actions">
                <Show
                    when=move || map.is_busy.get()
                    fallback=move || view! {
                        <button type="button" class="primary" id="draw" disabled=move || !is_ready() on:click=move |_| draw(())>
                            {w::draw}
                        </button>
                    }
                >
                    <button type="button" id="stop" on:click=move |_| map.stop()>{studio::stop}</button>
                </Show>
            </div>
        </section>
        {move || map.failure.get().map(|error| view! { <Fault error /> })}
        <Show when=move || map.points.with(|points| !points.is_empty())>
            <div class="map-page">
                <section class="card map-card">
                    <Toolbar map />
                    <Canvas map />
                    <Legend map />
                </section>
                <Side map language />
            </div>
        </Show>
    }
}

/// Projection, and what the pointer does.
#[component]
fn Toolbar(map: Map) -> impl IntoView {
    let tool = move |tool: Tool, name: fn() -> &'static str| {
        view! {
            <button type="button" class="tool-choice" aria-pressed=move || (map.tool.get() == tool).to_string() on:click=move |_| map.tool.set(tool)>
                {name}
            </button>
        }
    };
    let hint = move || match map.tool.get() {
        Tool::Move => w::tool_move_hint(),
        Tool::Line => w::tool_line_hint(),
        Tool::Lasso => w::tool_lasso_hint(),
    };
    let arrange = move || match (map.is_moving.get(), map.step.get()) {
        (true, _) => w::tsne_pause(),
        (false, Some((step, n_steps))) if step < n_steps => w::tsne_go_on(),
        (false, _) => w::tsne_start(),
    };
    let is_done = move || map.step.get().is_some_and(|(step, n_steps)| step >= n_steps);
    view! {
        <div class="map-tools">
            <div class="segments" role="group" aria-label=w::tool>
                {tool(Tool::Move, w::tool_move)} {tool(Tool::Line, w::tool_line)} {tool(Tool::Lasso, w::tool_lasso)}
            </div>
            <div class="segments" role="group" aria-label=studio::latent_space>
                <button type="button" title=w::zoom_out aria-label=w::zoom_out on:click=move |_| map.zoom_by(1.0 / 1.4)>"−"</button>
                <button type="button" title=w::zoom_in aria-label=w::zoom_in on:click=move |_| map.zoom_by(1.4)>"+"</button>
                <button type="button" id="fit" on:click=move |_| map.fit()>{w::fit}</button>
            </div>
            <div class="segments" role="group" aria-label=w::tsne>
                <button type="button" id="arrange" disabled=is_done on:click=move |_| map.arrange(false)>{arrange}</button>
                <Show when=move || map.step.get().is_some() && !map.is_moving.get()>
                    <button type="button" on:click=move |_| map.arrange(true)>{w::tsne_restart}</button>
                    <button type="button" id="components" on:click=move |_| map.to_components()>{w::components}</button>
                </Show>
            </div>
        </div>
        <p class="hint map-hint">
            {hint} " "
            {move || map.step.get().map(|(step, n_steps)| {
                view! { <span id="tsne-step" data-step=step.to_string()>{w::tsne_step(step, n_steps)}</span> }
            })}
        </p>
    }
}

/// What colours and marks mean.
#[component]
fn Legend(map: Map) -> impl IntoView {
    let number = |value: f64| super::card::signed(value, 2);
    let range = move || {
        let [low, high] = map.range();
        w::range(number(low), number(high))
    };
    let correlation = move || map.correlation.get().map(|r| w::correlation(number(r)));
    view! {
        <div class="legend">
            <ul class="legend-marks">
                <li><span class="mark prior" aria-hidden="true"></span>{w::prior}</li>
                <li><span class="mark posterior" aria-hidden="true"></span>{w::posterior}</li>
                <li><span class="mark mean" aria-hidden="true">"+"</span>{w::posterior_mean}</li>
            </ul>
            <p class="hint"><span class="ramp" aria-hidden="true"></span>{range}</p>
            <p class="hint">{correlation}</p>
        </div>
    }
}
