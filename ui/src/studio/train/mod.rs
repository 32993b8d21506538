//! Training, where the engine trains: a new run, the runs that there are, and how they go. Elsewhere, where it can be done.

mod axis;
mod chart;
mod elsewhere;
mod form;
mod history;
mod plan;
mod run;
mod samples;
mod series;
mod winners;

use leptos::prelude::*;

use self::{elsewhere::Elsewhere, form::NewRun, history::History};
use super::{fault::Fault, state::Studio};
use crate::{
    desktop::{self, Desktop},
    words::{common, studio, train as w},
};

/// The page.
#[component]
pub(crate) fn Train() -> impl IntoView {
    let about = Studio::get().about;
    let trains = Memo::new(move |_| about.get().map(|about| about.map(|about| about.trains)));
    move || match trains.get() {
        None => view! { <p role="status">{common::loading}</p> }.into_any(),
        Some(Err(error)) => view! { <Fault error /> }.into_any(),
        Some(Ok(false)) => view! { <Elsewhere /> }.into_any(),
        Some(Ok(true)) => view! { <Here /> }.into_any(),
    }
}

#[component]
fn Here() -> impl IntoView {
    let history = History::start();
    // A corpus that was imported is to be chosen from.
    let n_imports = RwSignal::new(0);
    view! {
        <header class="lead">
            <h1>{studio::train}</h1>
            <p>{w::lead}</p>
        </header>
        <div class="train-page">
            <div>
                {move || {
                    n_imports.track();
                    view! { <NewRun history /> }
                }}
                {Desktop::get().map(|_| {
                    view! { <desktop::ImportCorpus on_import=move |()| n_imports.update(|n| *n += 1) /> }
                })}
            </div>
            <run::Runs history />
        </div>
        <chart::Curves history />
        <winners::Winners history />
        <samples::Samples history />
    }
}
