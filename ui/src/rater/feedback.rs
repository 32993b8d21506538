//! After a page of practice: what a careful rater says, beside what this one said.

use leptos::prelude::*;
use repartee_wire::{Criterion, PointsRange, rater::Feedback};

use super::desk::{Desk, judgement};
use crate::words::{common, rater as w};

/// The results of a page of practice.
#[component]
pub(crate) fn Results(
    /// The rater's side
    desk: Desk,
    /// What was expected
    feedback: Vec<Feedback>,
) -> impl IntoView {
    let Some(page) = desk.page.get_untracked() else { return ().into_any() };
    let language = desk.study.with_untracked(|study| study.as_ref().map(|study| study.language.clone()));
    let language_of_rows = language.clone();
    let row = move |feedback: Feedback| {
        let card = page.cards.iter().find(|card| card.id == feedback.card)?.clone();
        let line = |criterion: Criterion, expected: Option<PointsRange>| {
            let given = judgement(&card, criterion).digit();
            expected.map(|expected| comparison(criterion, given, expected))
        };
        let sensibleness = line(Criterion::Sensibleness, feedback.sensibleness);
        let specificity = line(Criterion::Specificity, feedback.specificity);
        Some(view! {
            <li class="example">
                <p class="reply-text" lang=language_of_rows.clone()>{card.reply.clone()}</p>
                {sensibleness}
                {specificity}
                {feedback.explanation.map(|why| view! { <p class="hint" lang=language_of_rows.clone()>{why}</p> })}
            </li>
        })
    };
    let context = desk.page.with_untracked(|page| page.as_ref().map(|page| page.context.clone()));
    view! {
        <article class="card guidelines" id="feedback">
            <p class="eyebrow">{w::practice}</p>
            <h1>{w::feedback_title}</h1>
            <p>{w::feedback_text}</p>
            <div class="examples">
                <p class="utterance" lang=language>{context}</p>
                <ul>{feedback.into_iter().filter_map(row).collect_view()}</ul>
            </div>
            <p class="actions sticky">
                <button type="button" class="primary" on:click=move |_| desk.next()>{w::next_page}<kbd>"↵"</kbd></button>
            </p>
        </article>
    }
    .into_any()
}

fn comparison(criterion: Criterion, given: Option<u8>, expected: PointsRange) -> impl IntoView {
    let PointsRange { least, most } = expected;
    let is_within = given.is_some_and(|given| (least..=most).contains(&given));
    let name = match criterion {
        Criterion::Sensibleness => common::sensibleness,
        Criterion::Specificity => common::specificity,
    };
    let range = if least == most { least.to_string() } else { format!("{least}–{most}") };
    let given = given.map_or_else(|| "–".to_owned(), |given| given.to_string());
    view! {
        <p class="comparison" class:within=is_within>
            <b>{name}</b>
            <span>{move || w::you(given.clone())}</span>
            <span>{move || w::expected(range.clone())}</span>
            <span class="verdict">
                <span aria-hidden="true">{if is_within { "✓ " } else { "≠ " }}</span>
                {move || if is_within { w::as_expected() } else { w::otherwise() }}
            </span>
        </p>
    }
}
