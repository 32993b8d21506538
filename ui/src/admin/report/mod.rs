//! The report of a study, on the screen and to take away.

pub(crate) mod data;
mod tables;

use leptos::{prelude::*, task::spawn_local};
use repartee_wire::{ApiError, ErrorCode};

use super::{
    Errors,
    charts::{Histograms, Means},
};
use crate::{
    api::{self, Failure},
    parts::Download,
    words::{common, report as w},
};
use data::Report;

#[derive(Clone)]
enum State {
    Computing,
    NoRatings,
    Failed,
    There(Box<Report>),
}

/// The report.
#[component]
pub(crate) fn ReportView(
    /// The study's path in the interface
    path: String,
) -> impl IntoView {
    let path = StoredValue::new(format!("{path}/report"));
    let state = RwSignal::new(State::Computing);
    let errors = Errors::new();
    let compute = move || {
        state.set(State::Computing);
        spawn_local(async move {
            let answer = api::get_text(&format!("{}?format=json", path.get_value())).await;
            if let Err(Failure::Refused(ApiError { code: ErrorCode::NoRatings, .. })) = answer {
                return state.set(State::NoRatings);
            }
            let answer = answer.and_then(|text| {
                serde_json::from_str::<Report>(&text).map_err(|error| {
                    let message = format!("the report is not understood: {error}");
                    Failure::Refused(ApiError { code: ErrorCode::Internal, message, place: None })
                })
            });
            state.set(errors.take(answer).map_or(State::Failed, |report| State::There(Box::new(report))));
        });
    };
    compute();
    view! {
        <Documents path compute />
        {errors.view()}
        {move || match state.get() {
            State::Failed => ().into_any(),
            State::NoRatings => view! { <p class="note">{w::none_yet}</p> }.into_any(),
            State::Computing => view! { <p role="status" class="busy">{w::computing}</p> }.into_any(),
            State::There(report) => shown(*report).into_any(),
        }}
    }
}

#[component]
fn Documents(path: StoredValue<String>, compute: impl Fn() + Copy + Send + Sync + 'static) -> impl IntoView {
    let with_names = RwSignal::new(false);
    let href =
        move |format: &'static str| move || format!("{}?format={format}&names={}", path.get_value(), with_names.get());
    view! {
        <section class="card row">
            // A page that a worker makes would be under these pages' policy, which forbids its styles: it is a file there.
            {if api::tab::is_home() {
                view! { <Download path=Signal::derive(href("html")) words=w::full_html id="full-report" /> }.into_any()
            } else {
                view! { <a href=href("html") target="_blank" rel="noopener" id="full-report">{w::full_html}</a> }.into_any()
            }}
            <Download path=Signal::derive(href("markdown")) words=|| "Markdown" />
            <Download path=Signal::derive(href("latex")) words=|| "LaTeX" />
            <Download path=Signal::derive(href("json")) words=|| "JSON" />
            <span class="check">
                <input id="report-names" type="checkbox" bind:checked=with_names />
                <label for="report-names">{w::names}</label>
            </span>
            <button type="button" class="ghost" on:click=move |_| compute()>{w::again}</button>
        </section>
    }
}

fn shown(report: Report) -> impl IntoView {
    let (items, raters, replies) = (report.n_items, report.n_raters, report.n_judged_replies);
    let n_systems = report.systems.len();
    let (done, wanted, draws) = (report.n_pages_done, report.n_pages_wanted, report.n_draws);
    let systems = report.systems.clone();
    let charts = view! {
        <div class="charts">
            <Means systems=systems.clone() of=|system| system.mean("sensibleness") measure=common::sensibleness />
            <Means systems=systems.clone() of=|system| system.mean("specificity-zero-counted") measure=common::specificity />
            <Means systems=systems.clone() of=|system| system.mean("average") measure=common::average />
        </div>
    };
    view! {
        <div id="report">
            {(done < wanted).then(|| view! { <p class="note">{move || w::unfinished(done, wanted)}</p> })}
            <section class="card">
                <h2>{w::scores}</h2>
                <p>{move || w::facts(items, n_systems, raters, replies)}</p>
                {charts}
                {tables::scores(&report)}
                <p class="hint">{move || w::scores_note(draws)}</p>
            </section>
            {tables::contrasts(&report)}
            <section class="card">
                <h2>{w::histograms}</h2>
                <div class="charts two">
                    <Histograms systems=systems.clone() of=|system| system.sensibleness measure=common::sensibleness />
                    <Histograms systems=systems.clone() of=|system| system.specificity measure=common::specificity />
                </div>
            </section>
            {tables::agreement(&report)}
            {tables::paper(&report)}
        </div>
    }
}
