//! What raters read first, and whenever they like: guidelines, examples, how it works.

use leptos::prelude::*;
use repartee_wire::rater::{Example, Study};

use super::desk::Desk;
use crate::words::{common, rater as w};

/// The guidelines.
#[component]
pub(crate) fn Guidelines(
    /// The rater's side
    desk: Desk,
) -> impl IntoView {
    let Some(study) = desk.study.get_untracked() else { return ().into_any() };
    let Study { name, language, rater, guidelines, examples, .. } = study;
    let is_new = desk.page.with_untracked(Option::is_none);
    let text = paragraphs(&guidelines).map(|text| view! { <p>{text}</p> }).collect_view();
    let has_examples = !examples.is_empty();
    let language_of_examples = language.clone();
    let examples = StoredValue::new(examples);
    view! {
        <article class="card guidelines">
            <p class="eyebrow">{move || w::hello(rater.clone())}</p>
            <h1>{name}</h1>
            <h2>{w::guidelines}</h2>
            <div class="prose" lang=language>{text}</div>
            <Show when=move || has_examples>
                <h2>{w::examples}</h2>
                <ExampleList examples=examples.get_value() language=language_of_examples.clone() />
            </Show>
            <h2>{w::how_it_works}</h2>
            <ul class="steps">
                <li>{w::step_read}</li>
                <li>{w::step_keys}</li>
                <li>{if crate::api::tab::is_home() { crate::words::tab::step_save } else { w::step_save }}</li>
                <li>{w::step_help}</li>
            </ul>
            <p class="actions sticky">
                <button type="button" id="begin" class="primary" on:click=move |_| desk.leave_guidelines()>
                    {move || if is_new { w::begin() } else { w::go_on() }}<kbd>"↵"</kbd>
                </button>
            </p>
        </article>
    }
    .into_any()
}

fn paragraphs(text: &str) -> impl Iterator<Item = String> + '_ {
    text.lines().map(str::trim).filter(|line| !line.is_empty()).map(str::to_owned)
}

/// Examples, those of one utterance together.
#[component]
pub(crate) fn ExampleList(
    /// The examples
    examples: Vec<Example>,
    /// Their language
    language: String,
) -> impl IntoView {
    let mut groups: Vec<(String, Vec<Example>)> = Vec::new();
    for example in examples {
        match groups.last_mut().filter(|(context, _)| *context == example.context) {
            Some((_, group)) => group.push(example),
            None => groups.push((example.context.clone(), vec![example])),
        }
    }
    let score = |score: Option<u8>| score.map_or_else(|| "–".to_owned(), |score| score.to_string());
    let row = move |example: Example| {
        view! {
            <li class="example">
                <p class="reply-text">{example.reply}</p>
                <p class="example-scores">
                    <span>{common::sensibleness}" "<b>{score(example.sensibleness)}</b></span>
                    <span>{common::specificity}" "<b>{score(example.specificity)}</b></span>
                </p>
                <p class="hint">{example.explanation}</p>
            </li>
        }
    };
    let group = move |(context, examples): (String, Vec<Example>)| {
        view! {
            <div class="examples" lang=language.clone()>
                <p class="utterance">{context}</p>
                <ul>{examples.into_iter().map(row).collect_view()}</ul>
            </div>
        }
    };
    groups.into_iter().map(group).collect_view()
}
