//! An utterance in, many replies out.

use leptos::{ev, prelude::*};
use repartee_wire::engine::{Home, Presentation};

use super::{
    ask::{Controls, ControlsView},
    examples::{Example, ExampleChoice},
    fault::Fault,
    model::{self, ModelChoice, ModelState},
    panel::{Panel, PanelView},
    pinned::Pinned,
    state::Studio,
};
use crate::{route::Link, words::studio as w};

/// The field for the utterance; Enter sends, with Shift it breaks the line.
#[component]
pub(crate) fn UtteranceField(
    /// What is written
    utterance: RwSignal<String>,
    /// Its language
    #[prop(into)]
    language: Signal<String>,
    /// Runs when it is sent
    #[prop(into)]
    on_send: Callback<()>,
) -> impl IntoView {
    let press = move |event: ev::KeyboardEvent| {
        if event.key() == "Enter" && !event.shift_key() && !event.is_composing() {
            event.prevent_default();
            on_send.run(());
        }
    };
    view! {
        <div class="field">
            <label for="utterance">{w::utterance}</label>
            <textarea
                id="utterance"
                rows="2"
                maxlength="600"
                lang=move || language.get()
                placeholder=w::utterance_hint
                prop:value=move || utterance.get()
                on:input=move |event| utterance.set(event_target_value(&event))
                on:keydown=press
            ></textarea>
        </div>
    }
}

/// Sends, sends again, or stops.
#[component]
pub(crate) fn ReplyButtons(
    /// Whether a generation is under way
    #[prop(into)]
    is_busy: Signal<bool>,
    /// Whether there are replies already
    #[prop(into)]
    has_replies: Signal<bool>,
    /// Whether there is something to reply to
    #[prop(into)]
    is_ready: Signal<bool>,
    controls: Controls,
    #[prop(into)] on_send: Callback<()>,
    #[prop(into)] on_stop: Callback<()>,
) -> impl IntoView {
    let again = move |_| {
        controls.seed.update(|seed| *seed += 1);
        on_send.run(());
    };
    view! {
        <div class="actions">
            <Show
                when=move || is_busy.get()
                fallback=move || view! {
                    <button type="button" class="primary" id="reply" disabled=move || !is_ready.get() on:click=move |_| on_send.run(())>
                        {w::reply_action}
                    </button>
                    <Show when=move || has_replies.get()>
                        <button type="button" id="again" on:click=again>{w::again}</button>
                    </Show>
                }
            >
                <button type="button" id="stop" on:click=move |_| on_stop.run(())>{w::stop}</button>
            </Show>
        </div>
    }
}

/// The page.
#[component]
pub(crate) fn Generate() -> impl IntoView {
    let studio = Studio::get();
    let panel = Panel::new(Presentation::Distinct);
    let utterance = RwSignal::new(String::new());
    let controls = Controls::new();
    Effect::new(move |_| {
        let models = studio.known_models();
        let wanted = studio.wanted.get();
        if models.iter().any(|model| model.id == wanted) {
            panel.model.set(wanted);
            studio.wanted.set(String::new());
        } else if panel.model.get_untracked().is_empty()
            && let Some(first) = model::first(&models, false)
        {
            panel.model.set(first);
        }
    });
    let known = Memo::new(move |_| studio.model(&panel.model.get()));
    let language = Signal::derive(move || known.get().map(|model| model.language).unwrap_or_default());
    let is_ready = Signal::derive(move || known.get().is_some() && !utterance.get().trim().is_empty());
    let send = move |()| {
        if is_ready.get_untracked() {
            panel.reply(utterance.get_untracked().trim(), controls);
        }
    };
    let choose = move |example: Example| {
        utterance.set(example.utterance);
        send(());
    };
    let about = move || match studio.about.get() {
        Some(Ok(about)) if about.home != Home::Browser => w::tagline_elsewhere(),
        _ => w::tagline_text(),
    };
    view! {
        <header class="lead">
            <h1>{w::tagline}</h1>
            <p>{about}</p>
        </header>
        <NoModels />
        <section class="card ask">
            <UtteranceField utterance language on_send=send />
            <ExampleChoice language on_choose=choose />
            <div class="grid">
                <ModelChoice chosen=panel.model label=w::model id="model" />
                <ModelState model=panel.model />
            </div>
            <ControlsView controls />
            <ReplyButtons
                is_busy=panel.is_busy
                has_replies=Signal::derive(move || panel.replies.with(|replies| !replies.is_empty()))
                is_ready
                controls
                on_send=send
                on_stop=move |()| panel.stop()
            />
        </section>
        <PanelView panel />
        <Pinned />
    }
}

/// Why no model can be chosen, if so.
#[component]
pub(crate) fn NoModels() -> impl IntoView {
    let studio = Studio::get();
    move || match studio.models.get() {
        Some(Err(error)) => view! {
            <Fault error />
            <p class="actions"><button type="button" on:click=move |_| studio.refresh()>{w::retry}</button></p>
        }
        .into_any(),
        Some(Ok(models)) if models.is_empty() => view! {
            <p class="note" id="no-models">{w::no_models}" "<Link to="/train">{w::no_models_train}</Link></p>
        }
        .into_any(),
        _ => ().into_any(),
    }
}
