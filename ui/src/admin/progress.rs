//! How far a study is, live.

use leptos::prelude::*;
use repartee_wire::admin::{Study, TellingReply};

use super::shown_time;
use crate::{parts::Meter, words::admin as w};

/// Progress of a study.
#[component]
pub(crate) fn ProgressView(
    /// The study
    study: RwSignal<Option<Study>>,
) -> impl IntoView {
    move || study.get().map(|study| shown(&study))
}

fn shown(study: &Study) -> impl IntoView + use<> {
    let summary = &study.summary;
    let (done, wanted, open) = (summary.n_pages_done, summary.n_pages_wanted, study.n_pages_open);
    let percent = (done * 100).checked_div(wanted).unwrap_or(0);
    let fact = |words: fn() -> &'static str, value: String| {
        view! { <div><dt>{words}</dt><dd>{value}</dd></div> }
    };
    let facts = view! {
        <dl class="facts">
            {fact(w::systems, summary.n_systems.to_string())} {fact(w::items, summary.n_items.to_string())}
            {fact(w::raters_each, study.design.raters_per_item.to_string())} {fact(w::pages_open, open.to_string())}
            {(study.n_training > 0).then(|| fact(w::practice_items, study.n_training.to_string()))}
            {(study.n_gold > 0).then(|| fact(w::gold_items, study.n_gold.to_string()))}
        </dl>
    };
    let largest = study.items_by_raters_done.values().copied().max().unwrap_or(1);
    let bars = study.items_by_raters_done.iter().map(|(&n_raters, &n_items)| {
        let label = Signal::derive(move || format!("{}: {n_items}", w::by_n_raters(n_raters)));
        view! {
            <li>
                <span>{move || w::by_n_raters(n_raters)}</span>
                <Meter value=Signal::stored(n_items) max=Signal::stored(largest) label=label />
                <b>{n_items}</b>
            </li>
        }
    });
    let bars = bars.collect_view();
    let raters = study.raters.iter().map(|rater| {
        let saved = rater.last_saved_ms;
        view! {
            <tr>
                <th scope="row">{rater.name.clone()}</th>
                <td>{rater.n_done}</td>
                <td>{rater.n_open}</td>
                <td>{rater.n_abandoned}</td>
                <td>{rater.n_skipped}</td>
                <td class="text">{move || saved.map_or_else(|| "–".to_owned(), shown_time)}</td>
            </tr>
        }
    });
    let raters = (!study.raters.is_empty()).then(|| {
        view! {
            <section class="card">
                <h2>{w::tab_raters}</h2>
                <div class="scroll" tabindex="0" role="region" aria-label=w::tab_raters>
                    <table>
                        <thead>
                            <tr>
                                <th scope="col">{w::rater}</th>
                                <th scope="col">{w::done}</th>
                                <th scope="col">{w::open}</th>
                                <th scope="col">{w::handed_on}</th>
                                <th scope="col">{w::skipped}</th>
                                <th scope="col" class="text">{w::last_saved}</th>
                            </tr>
                        </thead>
                        <tbody>{raters.collect_view()}</tbody>
                    </table>
                </div>
            </section>
        }
    });
    let n_over = study.n_items_over;
    view! {
        {summary.design_hash.is_none().then(|| view! { <p class="note">{w::draft_text}</p> })}
        {telling(&study.telling_replies)}
        <section class="card">
            <div class="title-row">
                <p class="big-number" id="done">{percent}<small>" %"</small></p>
                <p class="hint live">{w::live}</p>
            </div>
            <Meter value=Signal::stored(done) max=Signal::stored(wanted) label=Signal::derive(move || w::pages_of(done, wanted)) />
            <p>{w::pages_done}": "<b>{done}</b>" / "{wanted}</p>
            {facts}
            {summary.design_hash.clone().map(|hash| view! { <p class="hint">{w::hash}" "<code>{hash}</code></p> })}
            {(n_over > 0).then(|| view! { <p class="note">{move || w::over(n_over)}</p> })}
        </section>
        <section class="card">
            <h2>{w::by_raters_done}</h2>
            <ul class="bars">{bars}</ul>
        </section>
        {raters}
    }
}

fn telling(replies: &[TellingReply]) -> impl IntoView + use<> {
    let line = |reply: &TellingReply| {
        let TellingReply { item, system, names } = reply.clone();
        view! { <li>{move || w::telling_line(item.clone(), system.clone(), names.clone())}</li> }
    };
    let lines = replies.iter().map(line).collect_view();
    (!replies.is_empty()).then(|| {
        view! {
            <section class="note">
                <h2>{w::telling}</h2>
                <p>{w::telling_text}</p>
                <ul>{lines}</ul>
            </section>
        }
    })
}
