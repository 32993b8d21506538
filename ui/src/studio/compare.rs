//! Two models side by side on the same noise.

use leptos::prelude::*;
use repartee_wire::engine::Presentation;

use super::{
    ask::{Controls, ControlsView},
    examples::{Example, ExampleChoice},
    generate::{NoModels, ReplyButtons, UtteranceField},
    model::{self, ModelChoice, ModelState},
    panel::{Panel, PanelView},
    state::Studio,
};
use crate::words::studio as w;

/// The page.
#[component]
pub(crate) fn Compare() -> impl IntoView {
    let studio = Studio::get();
    let (left, right) = (Panel::new(Presentation::EachLatent), Panel::new(Presentation::EachLatent));
    let utterance = RwSignal::new(String::new());
    let controls = Controls::new();
    Effect::new(move |_| {
        let models = studio.known_models();
        for (panel, is_plain) in [(left, true), (right, false)] {
            if panel.model.get_untracked().is_empty()
                && let Some(first) = model::first(&models, is_plain)
            {
                panel.model.set(first);
            }
        }
    });
    let known = Memo::new(move |_| studio.model(&right.model.get()));
    let language = Signal::derive(move || known.get().map(|model| model.language).unwrap_or_default());
    let is_ready = Signal::derive(move || known.get().is_some() && !utterance.get().trim().is_empty());
    let send = move |()| {
        if is_ready.get_untracked() {
            let text = utterance.get_untracked();
            left.reply(text.trim(), controls);
            right.reply(text.trim(), controls);
        }
    };
    let choose = move |example: Example| {
        utterance.set(example.utterance);
        send(());
    };
    let stop = move |()| {
        left.stop();
        right.stop();
    };
    view! {
        <header class="lead">
            <h1>{w::compare}</h1>
            <p>{w::compare_text}</p>
        </header>
        <NoModels />
        <section class="card ask">
            <UtteranceField utterance language on_send=send />
            <ExampleChoice language on_choose=choose />
            <ControlsView controls />
            <ReplyButtons
                is_busy=Signal::derive(move || left.is_busy.get() || right.is_busy.get())
                has_replies=Signal::derive(move || left.replies.with(|replies| !replies.is_empty()))
                is_ready
                controls
                on_send=send
                on_stop=stop
            />
        </section>
        <div class="sides">
            <div>
                <ModelChoice chosen=left.model label=w::model id="left-model" />
                <ModelState model=left.model />
                <PanelView panel=left />
            </div>
            <div>
                <ModelChoice chosen=right.model label=w::other_model id="right-model" />
                <ModelState model=right.model />
                <PanelView panel=right />
            </div>
        </div>
    }
}
