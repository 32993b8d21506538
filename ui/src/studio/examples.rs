//! Example utterances from the challenge sets.

use leptos::{prelude::*, task::spawn_local};
use serde::Deserialize;

use crate::{locale, route, words::studio as w};

const N_SHOWN: usize = 3;

/// An utterance with a reply that a person wrote.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub(crate) struct Example {
    pub(crate) utterance: String,
    pub(crate) reply: String,
}

#[derive(Clone, Debug, Default, Deserialize)]
struct Examples {
    en: Vec<Example>,
    ja: Vec<Example>,
}

thread_local! {
    static EXAMPLES: ArcRwSignal<Option<Examples>> = ArcRwSignal::new(None);
}

/// The examples of a language; empty until they are here, or where the site has none.
pub(crate) fn of(language: &str) -> Vec<Example> {
    let examples = EXAMPLES.with(Clone::clone);
    if examples.with_untracked(Option::is_none) {
        // Asked for once.
        examples.set(Some(Examples::default()));
        let found = examples.clone();
        spawn_local(async move {
            let Ok(response) = gloo_net::http::Request::get(&route::in_base("/examples.json")).send().await else {
                return;
            };
            if let Ok(list) = response.json::<Examples>().await {
                found.set(Some(list));
            }
        });
    }
    examples.with(|examples| match (examples, language) {
        (None, _) => Vec::new(),
        (Some(examples), "ja") => examples.ja.clone(),
        (Some(examples), _) => examples.en.clone(),
    })
}

/// A few examples to choose from.
#[component]
pub(crate) fn ExampleChoice(
    /// Of which language
    #[prop(into)]
    language: Signal<String>,
    /// Hears the choice
    #[prop(into)]
    on_choose: Callback<Example>,
) -> impl IntoView {
    let first = RwSignal::new(0_usize);
    let shown = move || {
        let all = of(&language.get());
        let n = all.len();
        (0..N_SHOWN.min(n)).map(|number| all[(first.get() + number) % n].clone()).collect::<Vec<_>>()
    };
    let chip = move |example: Example| {
        let text = example.utterance.clone();
        view! {
            <li>
                <button type="button" class="chip" lang=move || language.get() on:click=move |_| on_choose.run(example.clone())>
                    {text}
                </button>
            </li>
        }
    };
    view! {
        <Show when=move || !of(&language.get()).is_empty()>
            <section class="examples-row" aria-label=w::examples>
                <p class="hint" lang=move || locale::get().code()>{w::examples}</p>
                <ul class="chips">{move || shown().into_iter().map(chip).collect_view()}</ul>
                <button type="button" class="ghost tool" on:click=move |_| first.update(|first| *first += N_SHOWN)>
                    {w::more_examples}
                </button>
            </section>
        </Show>
    }
}
