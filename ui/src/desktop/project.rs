//! The project folder, and what comes into it from the disk.

use leptos::{prelude::*, task::spawn_local};
use repartee_wire::engine::EngineError;

use super::{Desktop, begin_anew, ipc};
use crate::{
    studio::Fault,
    words::{Words, desktop as w},
};

/// The project and those before it; a card of the settings.
#[component]
pub(crate) fn Project(
    /// The app
    desktop: Desktop,
) -> impl IntoView {
    let failure = RwSignal::new(None::<EngineError>);
    let open = move |folder: String| {
        spawn_local(async move {
            match ipc::invoke("open_project", &[("folder", folder.into())]).await {
                Ok(_) => begin_anew(),
                Err(error) => failure.set(Some(error)),
            }
        });
    };
    let others = move || {
        let standing = desktop.standing.get()?;
        let others: Vec<_> = standing.recent.into_iter().filter(|folder| *folder != standing.project).collect();
        let line = move |folder: String| {
            let named = folder.clone();
            view! {
                <li>
                    <button type="button" class="page-line" on:click=move |_| open(folder.clone())>
                        <span class="excerpt">{named}</span>
                    </button>
                </li>
            }
        };
        let list = move || view! { <ul class="page-list">{others.iter().cloned().map(line).collect_view()}</ul> };
        Some(view! { <h3>{w::recent}</h3> {list()} })
    };
    let has_others =
        move || desktop.standing.with(|standing| standing.as_ref().is_some_and(|standing| standing.recent.len() > 1));
    view! {
        <section class="card" id="project">
            <h2>{w::project}</h2>
            <p><code id="project-folder">{move || desktop.standing.get().map(|standing| standing.project)}</code></p>
            <p class="hint">{w::project_text}</p>
            <p class="actions"><ChooseProject /></p>
            {move || failure.get().map(|error| view! { <Fault error /> })}
            {move || has_others().then(others)}
        </section>
    }
}

/// Lets the user choose another folder.
#[component]
pub(super) fn ChooseProject() -> impl IntoView {
    let choose = |_| {
        spawn_local(async {
            if ipc::ask::<bool>("choose_project", &[]).await.unwrap_or(false) {
                begin_anew();
            }
        });
    };
    view! { <button type="button" id="choose-project" on:click=choose>{w::choose_project}</button> }
}

/// Makes a corpus of a file of pairs.
#[component]
pub(crate) fn ImportCorpus(
    /// Runs when there is one more
    #[prop(into)]
    on_import: Callback<()>,
) -> impl IntoView {
    view! { <Import command="import_corpus" name=w::import_corpus hint=w::import_corpus_text on_import /> }
}

/// Copies an exported model.
#[component]
pub(crate) fn ImportModel(
    /// Runs when there is one more
    #[prop(into)]
    on_import: Callback<()>,
) -> impl IntoView {
    view! { <Import command="import_model" name=w::import_model hint=w::import_model_text on_import /> }
}

#[component]
fn Import(command: &'static str, name: Words, hint: Words, on_import: Callback<()>) -> impl IntoView {
    let is_under_way = RwSignal::new(false);
    let outcome = RwSignal::new(None::<Result<String, EngineError>>);
    let import = move |_| {
        is_under_way.set(true);
        outcome.set(None);
        spawn_local(async move {
            let done = ipc::ask::<Option<String>>(command, &[]).await;
            is_under_way.set(false);
            if let Some(done) = done.transpose() {
                outcome.set(Some(done.clone()));
                if done.is_ok() {
                    on_import.run(());
                }
            }
        });
    };
    view! {
        <div class="import" id=command>
            <p class="actions">
                <button type="button" disabled=move || is_under_way.get() on:click=import>{name}</button>
                <Show when=move || is_under_way.get()><span role="status">{w::importing}</span></Show>
            </p>
            <p class="hint">{hint}</p>
            {move || outcome.get().map(|outcome| match outcome {
                Ok(name) => view! { <p role="status" class="note">{w::imported(name)}</p> }.into_any(),
                Err(error) => view! { <Fault error /> }.into_any(),
            })}
        </div>
    }
}
