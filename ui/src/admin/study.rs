//! One study: its head and its tabs. What is shown is asked for again every few seconds.

use leptos::{prelude::*, task::spawn_local};
use repartee_wire::admin::Study;

use super::{
    Errors, export::Export, freeze::Freeze, invites::Invites, notes::Notes, place, progress::ProgressView,
    quality::Quality, report::ReportView,
};
use crate::{
    api,
    route::Link,
    tab::RateButton,
    words::{admin as w, common},
};

/// Pause between looks, in milliseconds.
const PAUSE_MS: u64 = 3_000;

/// A study.
#[component]
pub(crate) fn StudyPage(
    /// Its id in paths
    id: String,
) -> impl IntoView {
    let study = RwSignal::new(None::<Study>);
    let errors = Errors::new();
    let path = StoredValue::new(format!("/api/admin/studies/{id}"));
    let look = move || {
        let Some(path) = path.try_get_value() else { return };
        spawn_local(async move {
            let answer = api::get::<Study>(&path).await;
            // What is equal is not drawn anew; nor is a page that was left meanwhile.
            let is_new = |found: &Study| study.try_with_untracked(|known| known.as_ref() != Some(found)) == Some(true);
            if let Some(found) = errors.take(answer).filter(is_new) {
                study.set(Some(found));
            }
        });
    };
    look();
    let is_seen = || document().visibility_state() == web_sys::VisibilityState::Visible;
    let timer = set_interval_with_handle(
        move || {
            if is_seen() {
                look()
            }
        },
        std::time::Duration::from_millis(PAUSE_MS),
    );
    on_cleanup(move || {
        if let Ok(timer) = timer {
            timer.clear();
        }
    });
    let tab = Memo::new(|_| place::tab());
    let base = place::study(&id);
    let link = move |name: &'static str, words: fn() -> &'static str| {
        let to = if name.is_empty() { base.clone() } else { format!("{base}/{name}") };
        view! { <Link to is_here=Signal::derive(move || tab.get() == name)>{words}</Link> }
    };
    let name = move || study.with(|study| study.as_ref().map(|study| study.summary.name.clone()));
    let is_loaded = Memo::new(move |_| study.with(Option::is_some));
    view! {
        {errors.view()}
        <div class="title-row">
            <h1>{name}</h1>
            <div class="actions">
                {move || {
                    let summary = study.with(|study| study.as_ref().map(|study| study.summary.clone()));
                    summary.filter(|_| api::tab::is_home()).map(|study| view! { <RateButton study /> })
                }}
                <Freeze study on_change=look />
            </div>
        </div>
        <nav class="tabs" aria-label=w::tabs>
            {link("", w::tab_progress)}
            {link("raters", w::tab_raters)}
            {link("report", w::tab_report)}
            {link("export", w::tab_export)}
        </nav>
        {move || match (is_loaded.get(), tab.get().as_str()) {
            (false, _) => view! { <p role="status">{common::loading}</p> }.into_any(),
            (true, "raters") => {
                view! {
                    // Personal links lead to a server.
                    {(!api::tab::is_home()).then(|| view! { <Invites path=path.get_value() study /> })}
                    <Quality study />
                    <Notes path=path.get_value() />
                }
                    .into_any()
            }
            (true, "report") => view! { <ReportView path=path.get_value() /> }.into_any(),
            (true, "export") => view! { <Export path=path.get_value() /> }.into_any(),
            _ => view! { <ProgressView study /> }.into_any(),
        }}
    }
}
