//! Replies of one model as they come.

use leptos::prelude::*;
use repartee_wire::engine::{EngineError, EngineErrorCode, Generate, GenerateEvent, Presentation, Reply};

use super::{
    ask::Controls,
    card::{Card, Making},
    fault::Fault,
    state::Studio,
};
use crate::{engine::Running, words::studio as w};

/// Tokens after which a reply of the site is ended.
const MAX_LENGTH: usize = 60;

/// How a generation ended.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Summary {
    n_latents: usize,
    tokens_per_second: f64,
}

/// One model's side of a page.
#[derive(Clone, Copy)]
pub(crate) struct Panel {
    studio: Studio,
    /// The model's id.
    pub(crate) model: RwSignal<String>,
    /// To what the replies below are.
    pub(crate) utterance: RwSignal<String>,
    texts: RwSignal<Vec<String>>,
    /// The replies that are there.
    pub(crate) replies: RwSignal<Vec<Reply>>,
    wanted: RwSignal<usize>,
    summary: RwSignal<Option<Summary>>,
    failure: RwSignal<Option<EngineError>>,
    /// Whether it works or waits for its model.
    pub(crate) is_busy: RwSignal<bool>,
    queued: StoredValue<Option<Generate>>,
    running: StoredValue<Option<Running>, LocalStorage>,
    presentation: Presentation,
}

impl Panel {
    pub(crate) fn new(presentation: Presentation) -> Self {
        let panel = Self {
            studio: Studio::get(),
            model: RwSignal::new(String::new()),
            utterance: RwSignal::new(String::new()),
            texts: RwSignal::new(Vec::new()),
            replies: RwSignal::new(Vec::new()),
            wanted: RwSignal::new(0),
            summary: RwSignal::new(None),
            failure: RwSignal::new(None),
            is_busy: RwSignal::new(false),
            queued: StoredValue::new(None),
            running: StoredValue::new_local(None),
            presentation,
        };
        // What was asked for before the model was open is started once it is.
        Effect::new(move |_| {
            let model = panel.model.get();
            if panel.studio.failure(&model).is_some() {
                panel.queued.set_value(None);
                panel.is_busy.set(false);
            } else if panel.studio.is_open(&model)
                && let Some(task) = panel.queued.try_update_value(Option::take).flatten()
            {
                panel.start(task);
            }
        });
        panel
    }

    /// Replies to an utterance; opens the model first where that is needed.
    pub(crate) fn reply(self, utterance: &str, controls: Controls) {
        self.stop();
        let model = self.model.get_untracked();
        let Some(known) = self.studio.model(&model) else { return };
        self.utterance.set(utterance.to_owned());
        self.replies.set(Vec::new());
        self.texts.set(Vec::new());
        self.summary.set(None);
        self.failure.set(None);
        self.wanted.set(controls.n_replies.get_untracked());
        self.is_busy.set(true);
        let task = Generate {
            model: model.clone(),
            utterance: utterance.to_owned(),
            n_samples: controls.n_replies.get_untracked(),
            latents: Vec::new(),
            seed: controls.seed.get_untracked(),
            strategy: controls.strategy(known.length_penalty),
            max_length: MAX_LENGTH,
            presentation: self.presentation,
        };
        if untrack(|| self.studio.is_open(&model)) {
            self.start(task);
        } else {
            self.queued.set_value(Some(task));
            self.studio.open(&model);
        }
    }

    fn start(self, task: Generate) {
        let on_event = move |event| match event {
            GenerateEvent::Step { texts } => self.texts.set(texts),
            GenerateEvent::Reply(reply) => {
                self.texts.set(Vec::new());
                self.replies.update(|replies| replies.push(reply));
            }
            GenerateEvent::Done { n_latents, n_tokens, milliseconds } => {
                let tokens_per_second = n_tokens as f64 / (milliseconds / 1000.0).max(0.001);
                self.summary.set(Some(Summary { n_latents, tokens_per_second }));
            }
        };
        let model = task.model.clone();
        let on_end = move |how: Result<(), EngineError>| {
            self.studio.ended(&model, &how);
            self.is_busy.set(false);
            self.texts.set(Vec::new());
            self.failure.set(how.err().filter(|error| error.code != EngineErrorCode::Stopped));
        };
        self.running.set_value(Some(self.studio.engine().run(task, on_event, on_end)));
    }

    /// Stops; what is there stays.
    pub(crate) fn stop(self) {
        self.running.set_value(None);
        self.queued.set_value(None);
        self.texts.set(Vec::new());
        self.is_busy.set(false);
    }

    fn shown_summary(self) -> Option<String> {
        let Summary { n_latents, tokens_per_second } = self.summary.get()?;
        let rate = format!("{tokens_per_second:.0}");
        let mut texts = self.replies.with(|replies| replies.iter().map(|reply| reply.text.clone()).collect::<Vec<_>>());
        texts.sort_unstable();
        texts.dedup();
        Some(match self.presentation {
            Presentation::Distinct => w::summary(texts.len(), n_latents, rate),
            Presentation::EachLatent => w::summary_each(texts.len(), n_latents, rate),
        })
    }
}

/// The replies of a panel, and those in the making.
#[component]
pub(crate) fn PanelView(panel: Panel) -> impl IntoView {
    let studio = panel.studio;
    let known = Memo::new(move |_| studio.model(&panel.model.get()));
    let making = move || {
        let there = panel.replies.with(Vec::len);
        let open = panel.wanted.get().saturating_sub(there);
        let texts = panel.texts.get();
        let n = if panel.is_busy.get() { open.min(texts.len().max(1)) } else { 0 };
        (0..n).map(|number| texts.get(number).cloned().unwrap_or_default()).collect::<Vec<_>>()
    };
    let is_short = move || {
        let (there, wanted) = (panel.replies.with(Vec::len), panel.wanted.get());
        (panel.summary.get().is_some() && there < wanted).then_some(wanted)
    };
    view! {
        <section class="panel" aria-busy=move || panel.is_busy.get().to_string() aria-live="polite">
            {move || panel.failure.get().map(|error| view! { <Fault error /> })}
            <ul class="said-list">
                <For
                    each=move || panel.replies.get().into_iter().enumerate()
                    key=move |(number, reply)| (*number, reply.text.clone(), reply.latent.z_seed)
                    let:entry
                >
                    <Card reply=entry.1 utterance=panel.utterance.get_untracked() model=known.get_untracked() />
                </For>
                {move || making().into_iter().map(|text| view! { <Making text /> }).collect_view()}
            </ul>
            {move || is_short().map(|wanted| view! { <p class="hint">{move || w::fewer(wanted)}</p> })}
            {move || panel.shown_summary().map(|text| view! { <p class="hint summary">{text}</p> })}
        </section>
    }
}
