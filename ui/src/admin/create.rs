//! The form of a new study.

use leptos::{ev, prelude::*, task::spawn_local};
use repartee_wire::admin::{Design, NewStudy, Study};

use super::{
    Errors, examples,
    files::{self, Chosen, Files},
    place,
    planner::Planner,
};
use crate::{
    api,
    locale::{self, Language},
    route,
    words::create as w,
};

/// What is typed.
#[derive(Clone, Copy)]
struct Form {
    files: RwSignal<Vec<Chosen>>,
    name: RwSignal<String>,
    language: RwSignal<Language>,
    raters_per_item: RwSignal<String>,
    baseline: RwSignal<String>,
    reference: RwSignal<String>,
    guidelines: RwSignal<String>,
    with_examples: RwSignal<bool>,
    control_every: RwSignal<String>,
    repeat_gap: RwSignal<String>,
    repeats: RwSignal<bool>,
    degraded: RwSignal<bool>,
    lease_minutes: RwSignal<String>,
    seed: RwSignal<String>,
    freeze: RwSignal<bool>,
}

impl Form {
    fn new() -> Self {
        let language = untrack(locale::get);
        let text = |text: &str| RwSignal::new(text.to_owned());
        Self {
            files: RwSignal::new(Vec::new()),
            name: text(""),
            language: RwSignal::new(language),
            raters_per_item: text(if api::tab::is_home() { "1" } else { "2" }),
            baseline: text(""),
            reference: text(""),
            guidelines: text(examples::guidelines(language)),
            with_examples: RwSignal::new(true),
            control_every: text("10"),
            repeat_gap: text("5"),
            repeats: RwSignal::new(true),
            degraded: RwSignal::new(true),
            lease_minutes: text("30"),
            seed: text("0"),
            freeze: RwSignal::new(api::tab::is_home()),
        }
    }

    /// Guidelines follow the language, unless they were edited.
    fn choose_language(self, language: Language) {
        let before = self.language.get_untracked();
        if self.guidelines.get_untracked() == examples::guidelines(before) {
            self.guidelines.set(examples::guidelines(language).to_owned());
        }
        self.language.set(language);
    }

    fn study(self) -> NewStudy {
        let chosen = |signal: RwSignal<String>| Some(signal.get_untracked()).filter(|text| !text.is_empty());
        let language = self.language.get_untracked();
        let design = Design {
            name: self.name.get_untracked().trim().to_owned(),
            language: Some(language.code().to_owned()),
            raters_per_item: number(self.raters_per_item).unwrap_or_default(),
            baseline: chosen(self.baseline),
            reference: chosen(self.reference),
            seed: number(self.seed),
            lease_minutes: number(self.lease_minutes),
            guidelines: Some(self.guidelines.get_untracked()),
            examples: if self.with_examples.get_untracked() { examples::standard(language) } else { Vec::new() },
            control_every: number(self.control_every),
            repeat_gap: number(self.repeat_gap),
            repeats: Some(self.repeats.get_untracked()),
            degraded: Some(self.degraded.get_untracked()),
        };
        let files = self.files.with_untracked(|files| files.iter().map(Chosen::upload).collect());
        NewStudy { design, files, freeze: self.freeze.get_untracked() }
    }
}

fn number<T: std::str::FromStr>(signal: RwSignal<String>) -> Option<T> {
    signal.get_untracked().trim().parse().ok()
}

/// The form.
#[component]
pub(crate) fn Create() -> impl IntoView {
    let form = Form::new();
    let errors = Errors::new();
    let is_busy = RwSignal::new(false);
    let submit = move |event: ev::SubmitEvent| {
        event.prevent_default();
        let study = form.study();
        if study.files.is_empty() {
            return errors.shown.set(Some(w::needs_files().to_owned()));
        }
        if study.design.name.is_empty() {
            return errors.shown.set(Some(w::needs_name().to_owned()));
        }
        is_busy.set(true);
        spawn_local(async move {
            let answer = api::post::<Study>("/api/admin/studies", &study).await;
            is_busy.set(false);
            if let Some(study) = errors.take(answer) {
                let is_home = api::tab::is_home();
                if is_home {
                    api::tab::ask_to_keep();
                }
                // Next come links for raters; where there are none, the study itself.
                let tab = if study.summary.design_hash.is_some() && !is_home { "/raters" } else { "" };
                route::go(&format!("{}{tab}", place::study(&study.summary.id)));
            }
        });
    };
    let n_items = Signal::derive(move || form.files.with(|all| files::n_items(all)));
    let n_raters = Signal::derive(move || form.raters_per_item.get().trim().parse().unwrap_or(0));
    view! {
        <h1>{w::title}</h1>
        <form on:submit=submit class="create">
            <div class="create-main">
                <section class="card">
                    <h2>{w::step_files}</h2>
                    <Files files=form.files />
                </section>
                <DesignFields form />
            </div>
            <div class="create-side">
                <Planner n_items n_raters />
                {errors.view()}
                <p class="check">
                    <input id="freeze-now" type="checkbox" bind:checked=form.freeze />
                    <label for="freeze-now">{w::freeze_now}</label>
                </p>
                <p class="actions">
                    <button type="submit" class="primary" id="create" disabled=is_busy>
                        {move || if is_busy.get() { w::creating() } else { w::create() }}
                    </button>
                </p>
            </div>
        </form>
    }
}

#[component]
fn DesignFields(form: Form) -> impl IntoView {
    let systems = Memo::new(move |_| form.files.with(|all| files::systems(all)));
    let choice = move |id: &'static str, words: fn() -> &'static str, chosen: RwSignal<String>| {
        let option = move |system: String| {
            let value = system.clone();
            view! { <option value=system.clone() prop:selected=move || chosen.get() == value>{system.clone()}</option> }
        };
        view! {
            <div class="field">
                <label for=id>{words}</label>
                <select id=id on:change=move |event| chosen.set(event_target_value(&event))>
                    <option value="">{w::none}</option>
                    {move || systems.get().into_iter().map(option).collect_view()}
                </select>
            </div>
        }
    };
    let whole = move |id: &'static str, words: fn() -> &'static str, max: &'static str, value: RwSignal<String>| {
        view! {
            <div class="field">
                <label for=id>{words}</label>
                <input id=id type="number" min="0" max=max step="1" inputmode="numeric" required bind:value=value />
            </div>
        }
    };
    let check = move |id: &'static str, words: fn() -> &'static str, value: RwSignal<bool>| {
        view! {
            <p class="check">
                <input id=id type="checkbox" bind:checked=value />
                <label for=id>{words}</label>
            </p>
        }
    };
    let language = move |choice: Language| {
        view! { <option value=choice.code() prop:selected=move || form.language.get() == choice>{choice.name()}</option> }
    };
    let choose_language = move |event| form.choose_language(Language::from_code(&event_target_value(&event)));
    view! {
        <section class="card">
            <h2>{w::step_design}</h2>
            <div class="field">
                <label for="name">{w::name}</label>
                <input id="name" type="text" required maxlength="200" bind:value=form.name />
            </div>
            <div class="grid">
                <div class="field">
                    <label for="study-language">{w::language}</label>
                    <select id="study-language" on:change=choose_language>
                        {Language::ALL.map(language).collect_view()}
                    </select>
                </div>
                {whole("raters-per-item", w::raters_per_item, "100", form.raters_per_item)}
                {choice("baseline", w::baseline, form.baseline)} {choice("reference", w::reference, form.reference)}
            </div>
            <div class="field">
                <label for="guidelines">{w::guidelines}</label>
                <textarea
                    id="guidelines"
                    rows="7"
                    prop:value=form.guidelines
                    on:input=move |event| form.guidelines.set(event_target_value(&event))
                ></textarea>
            </div>
            {check("with-examples", w::with_examples, form.with_examples)}
            <details>
                <summary>{w::more}</summary>
                <div class="grid">
                    {whole("control-every", w::control_every, "1000", form.control_every)}
                    {whole("repeat-gap", w::repeat_gap, "1000", form.repeat_gap)}
                    {whole("lease", w::lease, "10080", form.lease_minutes)}
                    {whole("seed", w::seed, "9007199254740991", form.seed)}
                </div>
                {check("repeats", w::repeats, form.repeats)} {check("degraded", w::degraded, form.degraded)}
            </details>
        </section>
    }
}
