//! A new run: on what, how, how large.

use leptos::{prelude::*, task::spawn_local};
use repartee_wire::engine::{
    Configuration, Configurations, Corpora, CorpusFolder, EngineError, PlanRun, RunPlan, StartRun, TrainRequest,
};

use super::{history::History, plan::PlanView};
use crate::{
    locale::{self, Language},
    studio::{fault::Fault, state::Studio},
    words::{Words, common, train as w},
};

/// What can be chosen from.
type Found = (Vec<CorpusFolder>, Vec<Configuration>);

/// What is chosen.
#[derive(Clone, Copy)]
struct Choice {
    name: RwSignal<String>,
    corpus: RwSignal<String>,
    method: RwSignal<String>,
    size: RwSignal<String>,
    k: RwSignal<String>,
    updates: RwSignal<String>,
    device: RwSignal<String>,
    settings: RwSignal<String>,
}

impl Choice {
    fn new() -> Self {
        let text = |text: &str| RwSignal::new(text.to_owned());
        Self {
            name: text(""),
            corpus: text(""),
            method: text("speculative"),
            size: text("tiny"),
            k: text("5"),
            updates: text(""),
            device: text(""),
            settings: text(""),
        }
    }

    fn request(self) -> TrainRequest {
        let given = |text: String| Some(text.trim().to_owned()).filter(|text| !text.is_empty());
        let mut settings: Vec<String> = self.settings.get().lines().filter_map(|line| given(line.to_owned())).collect();
        settings.extend(given(self.updates.get()).map(|updates| format!("training.max_updates={updates}")));
        let has_k = self.method.get() == "speculative";
        settings.extend(given(self.k.get()).filter(|_| has_k).map(|k| format!("method.k={k}")));
        TrainRequest {
            name: self.name.get().trim().to_owned(),
            corpus: self.corpus.get(),
            configuration: self.method.get(),
            size: given(self.size.get()),
            settings,
            device: given(self.device.get()),
        }
    }
}

/// A name that no run has yet.
fn free_name(history: History, method: &str) -> String {
    let is_taken = |name: &str| history.status(name).is_some();
    (1..).map(|number| format!("{method}-{number}")).find(|name| !is_taken(name)).unwrap_or_default()
}

fn method_words(name: &str) -> Option<Words> {
    Some(match name {
        "vanilla" => w::method_vanilla,
        "cyclical" => w::method_cyclical,
        "spacefusion" => w::method_spacefusion,
        "bow" => w::method_bow,
        "monte-carlo" => w::method_monte_carlo,
        "speculative" => w::method_speculative,
        _ => return None,
    })
}

fn size_words(name: &str) -> Option<Words> {
    Some(match name {
        "tiny" => w::size_tiny,
        "small" => w::size_small,
        "base" => w::size_base,
        _ => return None,
    })
}

/// A number with its thousands apart.
pub(crate) fn thousands(number: u64) -> String {
    let digits = number.to_string();
    let parts: Vec<&str> = digits.as_bytes().rchunks(3).rev().filter_map(|part| str::from_utf8(part).ok()).collect();
    parts.join(",")
}

/// The form.
#[component]
pub(crate) fn NewRun(history: History) -> impl IntoView {
    let engine = Studio::get().engine();
    let found = RwSignal::new(None::<Result<Found, EngineError>>);
    let choice = Choice::new();
    spawn_local(async move {
        let both = async { Ok((engine.ask(Corpora {}).await?, engine.ask(Configurations {}).await?)) }.await;
        if let Ok((corpora, _)) = &both {
            let language = if locale::get() == Language::Japanese { "ja" } else { "en" };
            let first = corpora.iter().min_by_key(|corpus| corpus.language != language);
            choice.corpus.set(first.map(|corpus| corpus.path.clone()).unwrap_or_default());
        }
        found.set(Some(both));
    });
    // Until a name is typed, it follows the method and what is taken.
    let typed = RwSignal::new(false);
    Effect::new(move |_| {
        history.runs.track();
        let name = free_name(history, &choice.method.get());
        if !typed.get_untracked() {
            choice.name.set(name);
        }
    });
    view! {
        <section class="card new-run">
            <h2>{w::new_run}</h2>
            {move || match found.get() {
                None => view! { <p role="status">{common::loading}</p> }.into_any(),
                Some(Err(error)) => view! { <Fault error /> }.into_any(),
                Some(Ok((corpora, configurations))) => {
                    view! { <Fields choice typed corpora configurations /> <Buttons history choice typed /> }.into_any()
                }
            }}
        </section>
    }
}

#[component]
fn Select(
    id: &'static str,
    label: Words,
    chosen: RwSignal<String>,
    /// Values with their words
    options: Vec<(String, AnyView)>,
) -> impl IntoView {
    let option = move |(value, words): (String, AnyView)| {
        let own = value.clone();
        view! { <option value=value prop:selected=move || chosen.get() == own>{words}</option> }
    };
    view! {
        <div class="field">
            <label for=id>{label}</label>
            <select id=id on:change=move |event| chosen.set(event_target_value(&event))>
                {options.into_iter().map(option).collect_view()}
            </select>
        </div>
    }
}

#[component]
fn Text(
    id: &'static str,
    label: Words,
    value: RwSignal<String>,
    /// `text` or `number`
    #[prop(default = "text")]
    kind: &'static str,
    #[prop(optional)] placeholder: Option<Words>,
    #[prop(into, optional)] on_typed: Option<Callback<()>>,
) -> impl IntoView {
    let type_in = move |event| {
        value.set(event_target_value(&event));
        if let Some(on_typed) = on_typed {
            on_typed.run(());
        }
    };
    let hint = move || placeholder.map(|words| words());
    view! {
        <div class="field">
            <label for=id>{label}</label>
            <input
                type=kind
                id=id
                min="1"
                maxlength="64"
                autocomplete="off"
                placeholder=hint
                prop:value=move || value.get()
                on:input=type_in
            />
        </div>
    }
}

#[component]
fn Fields(
    choice: Choice,
    typed: RwSignal<bool>,
    corpora: Vec<CorpusFolder>,
    configurations: Vec<Configuration>,
) -> impl IntoView {
    if corpora.is_empty() {
        return view! { <p class="note">{w::no_corpus}</p> }.into_any();
    }
    let corpora = corpora.into_iter().map(|corpus| {
        let (name, pairs) = (corpus.name, thousands(corpus.n_train));
        (corpus.path, (move || w::corpus_option(name.clone(), pairs.clone())).into_any())
    });
    let option = |configuration: Configuration, words: Option<Words>| {
        let shown = match words {
            Some(words) => words.into_any(),
            None => configuration.name.clone().into_any(),
        };
        (configuration.name, shown)
    };
    let (sizes, mut methods): (Vec<_>, Vec<_>) = configurations.into_iter().partition(|found| found.is_size);
    // The paper's method first.
    methods.sort_by_key(|method| method.name != "speculative");
    let methods = methods.into_iter().map(|found| {
        let words = method_words(&found.name);
        option(found, words)
    });
    let sizes = sizes.into_iter().map(|found| {
        let words = size_words(&found.name);
        option(found, words)
    });
    let studio = Studio::get();
    let devices = move || {
        let about = studio.about.get().and_then(Result::ok);
        let devices = about.map(|about| about.devices).unwrap_or_default();
        let option = |device: repartee_wire::engine::Device| (device.id, device.name.into_any());
        view! { <Select id="train-device" label=w::device chosen=choice.device options=devices.into_iter().map(option).collect() /> }
    };
    view! {
        <Select id="corpus" label=w::corpus chosen=choice.corpus options=corpora.collect() />
        <Select id="method" label=w::method chosen=choice.method options=methods.collect() />
        <Select id="size" label=w::size chosen=choice.size options=sizes.collect() />
        <div class="grid small-fields">
            <Show when=move || choice.method.get() == "speculative">
                <Text id="k" label=w::k value=choice.k kind="number" />
            </Show>
            <Text id="updates" label=w::updates value=choice.updates kind="number" placeholder=w::as_configured />
        </div>
        {devices}
        <Text id="run-name" label=w::name value=choice.name on_typed=move |()| typed.set(true) />
        <details>
            <summary>{w::more_settings}</summary>
            <div class="field">
                <label for="settings">{w::settings}</label>
                <textarea
                    id="settings"
                    rows="3"
                    spellcheck="false"
                    placeholder="training.evaluate_every=100"
                    prop:value=move || choice.settings.get()
                    on:input=move |event| choice.settings.set(event_target_value(&event))
                ></textarea>
            </div>
        </details>
    }
    .into_any()
}

#[component]
fn Buttons(history: History, choice: Choice, typed: RwSignal<bool>) -> impl IntoView {
    let studio = Studio::get();
    let planned: RwSignal<Option<Result<RunPlan, EngineError>>> = RwSignal::new(None);
    let (is_planning, is_starting) = (RwSignal::new(false), RwSignal::new(false));
    let fault: RwSignal<Option<EngineError>> = RwSignal::new(None);
    let request = Memo::new(move |_| choice.request());
    // Another choice has another plan.
    Effect::new(move |_| {
        request.track();
        planned.set(None);
    });
    let plan = move |_| {
        is_planning.set(true);
        planned.set(None);
        let (engine, request) = (studio.engine(), request.get_untracked());
        spawn_local(async move {
            let answer = engine.ask(PlanRun { request }).await;
            is_planning.try_set(false);
            planned.try_set(Some(answer));
        });
    };
    let start = move |_| {
        is_starting.set(true);
        fault.set(None);
        let (engine, request) = (studio.engine(), request.get_untracked());
        spawn_local(async move {
            let answer = engine.ask(StartRun { request }).await;
            is_starting.try_set(false);
            match answer {
                Ok(status) => {
                    typed.set(false);
                    history.begun(status);
                }
                Err(error) => _ = fault.try_set(Some(error)),
            }
        });
    };
    view! {
        <div class="actions">
            <button type="button" class="primary" id="start" disabled=move || is_starting.get() on:click=start>
                {move || if is_starting.get() { w::starting() } else { w::start() }}
            </button>
            <button type="button" id="plan" disabled=move || is_planning.get() on:click=plan>
                {w::plan}
            </button>
        </div>
        <div aria-live="polite">
            <Show when=move || is_planning.get()><p class="hint">{w::planning}</p></Show>
            {move || fault.get().map(|error| view! { <Fault error /> })}
            {move || planned.get().map(|planned| match planned {
                Ok(plan) => view! { <PlanView plan /> }.into_any(),
                Err(error) => view! { <Fault error /> }.into_any(),
            })}
        </div>
    }
}
