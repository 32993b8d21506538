//! What lies over the page: keys, skip, comment, list of pages.

use leptos::{ev, html, prelude::*, task::spawn_local};
use repartee_wire::rater::{PageState, PageSummary, Pages};

use super::{
    desk::{Desk, Overlay, Stage},
    keys,
};
use crate::{
    api,
    parts::Dialog,
    words::{Words, common, rater as w},
};

/// Whichever is open.
#[component]
pub(crate) fn Dialogs(
    /// The rater's side
    desk: Desk,
) -> impl IntoView {
    let close = Callback::new(move |()| {
        desk.overlay.set(None);
        if desk.stage.get_untracked() == Stage::Work {
            keys::focus(&format!("reply-{}", desk.card_idx.get_untracked()));
        }
    });
    move || match desk.overlay.get() {
        None => ().into_any(),
        Some(Overlay::Help) => view! { <Dialog title=w::help on_close=close><Help /></Dialog> }.into_any(),
        Some(Overlay::Skip) => {
            view! { <Dialog title=w::skip_title on_close=close><Skip desk close /></Dialog> }.into_any()
        }
        Some(Overlay::Comment) => {
            view! { <Dialog title=w::comment_title on_close=close><Comment desk close /></Dialog> }.into_any()
        }
        Some(Overlay::Pages) => {
            view! { <Dialog title=w::pages_title on_close=close><PageList desk close /></Dialog> }.into_any()
        }
    }
}

#[component]
fn Help() -> impl IntoView {
    let keys: [(&[&str], Words); 15] = [
        (&["1", "…", "5"], w::key_digits),
        (&["Q", "W", "E", "R", "T"], w::key_letters),
        (&["0"], w::key_zero),
        (&["Enter"], w::key_enter),
        (&["⌫"], w::key_backspace),
        (&["↑", "↓"], w::key_arrows),
        (&["Z", "U"], w::key_undo),
        (&["S"], w::key_skip),
        (&["F"], w::key_flag),
        (&["C"], w::key_comment),
        (&["N"], w::key_next),
        (&["Page Up", "Page Down"], w::key_pages),
        (&["L"], w::key_list),
        (&["G"], w::key_guidelines),
        (&["?", "H"], w::key_help),
    ];
    let row = |(keys, words): (&'static [&'static str], Words)| {
        view! {
            <dt>{keys.iter().map(|key| view! { <kbd>{*key}</kbd>" " }).collect_view()}</dt>
            <dd>{words}</dd>
        }
    };
    view! { <dl class="keys">{keys.map(row).collect_view()}</dl> }
}

#[component]
fn Skip(desk: Desk, close: Callback<()>) -> impl IntoView {
    let reasons: [Words; 4] = [w::reason_language, w::reason_knowledge, w::reason_offensive, w::reason_broken];
    let text = RwSignal::new(String::new());
    let input = NodeRef::<html::Input>::new();
    let skip = move |reason: &str| {
        desk.skip(reason);
        close.run(());
    };
    let handle = window_event_listener(ev::keydown, move |event| {
        let is_typing = input.get_untracked().is_some_and(|input| document().active_element() == Some(input.into()));
        let Some(key) = keys::plain(&event).filter(|_| !is_typing) else { return };
        if let Some(reason) = key.parse::<usize>().ok().and_then(|digit| reasons.get(digit.wrapping_sub(1))) {
            event.prevent_default();
            skip(reason());
        } else if key == "5" {
            event.prevent_default();
            if let Some(input) = input.get_untracked() {
                let _ = input.focus();
            }
        }
    });
    on_cleanup(move || handle.remove());
    let submit = move |event: ev::SubmitEvent| {
        event.prevent_default();
        let reason = text.get_untracked();
        if !reason.trim().is_empty() {
            skip(&reason);
        }
    };
    let choice = move |(index, reason): (usize, Words)| {
        view! {
            <li>
                <button type="button" class="choice" on:click=move |_| skip(reason())>
                    <kbd>{index + 1}</kbd><span>{reason}</span>
                </button>
            </li>
        }
    };
    view! {
        <ol class="choices">{reasons.into_iter().enumerate().map(choice).collect_view()}</ol>
        <form on:submit=submit>
            <label for="reason"><kbd>"5"</kbd>" "{w::reason_other}</label>
            <input
                id="reason"
                type="text"
                maxlength=repartee_wire::MAX_REASON.to_string()
                autocomplete="off"
                node_ref=input
                bind:value=text
            />
            <p class="actions">
                <button type="submit" class="primary" disabled=move || text.get().trim().is_empty()>{w::skip_button}</button>
            </p>
        </form>
    }
}

#[component]
fn Comment(desk: Desk, close: Callback<()>) -> impl IntoView {
    let there = desk.page.with_untracked(|page| {
        let card = page.as_ref().and_then(|page| page.cards.get(desk.card_idx.get_untracked()));
        card.map(|card| card.comment.clone()).unwrap_or_default()
    });
    let text = RwSignal::new(there);
    let save = move || {
        desk.comment(&text.get_untracked());
        close.run(());
    };
    let press = move |event: ev::KeyboardEvent| {
        let is_enter = !event.is_composing() && event.key() == "Enter" && (event.ctrl_key() || event.meta_key());
        if is_enter {
            event.prevent_default();
            save();
        }
    };
    let submit = move |event: ev::SubmitEvent| {
        event.prevent_default();
        save();
    };
    view! {
        <form on:submit=submit>
            <label for="comment" class="hint">{w::comment_hint}</label>
            <textarea
                id="comment"
                rows="5"
                autofocus
                maxlength=repartee_wire::MAX_COMMENT.to_string()
                prop:value=text
                on:input=move |event| text.set(event_target_value(&event))
                on:keydown=press
            ></textarea>
            <p class="actions"><button type="submit" class="primary">{common::save}</button></p>
        </form>
    }
}

#[component]
fn PageList(desk: Desk, close: Callback<()>) -> impl IntoView {
    let pages = RwSignal::new(None::<Result<Vec<PageSummary>, String>>);
    spawn_local(async move {
        let answer = api::get::<Pages>("/api/rater/pages").await;
        pages.set(Some(answer.map(|answer| answer.pages).map_err(|failure| failure.shown())));
    });
    let go = move |id: String| {
        close.run(());
        desk.go_to_page(id);
    };
    let unrated = move || match pages.get() {
        Some(Ok(pages)) => {
            let is_missing = |page: &&PageSummary| page.n_unrated > 0 && page.state != PageState::HandedOn;
            pages.iter().find(is_missing).map(|page| page.id.clone())
        }
        _ => None,
    };
    let list = move |pages: Vec<PageSummary>| {
        pages.into_iter().map(|page| view! { <PageLine desk page go=Callback::new(go) /> }).collect_view()
    };
    view! {
        <p class="hint">{w::pages_hint}</p>
        {move || unrated().map(|id| view! {
            <p><button type="button" class="primary" on:click=move |_| go(id.clone())>{w::to_first_unrated}</button></p>
        })}
        {move || match pages.get() {
            None => view! { <p role="status">{common::loading}</p> }.into_any(),
            Some(Err(reason)) => view! { <p role="alert" class="error">{reason}</p> }.into_any(),
            Some(Ok(pages)) => view! { <ol class="page-list">{list(pages)}</ol> }.into_any(),
        }}
    }
}

#[component]
fn PageLine(desk: Desk, page: PageSummary, go: Callback<String>) -> impl IntoView {
    let is_here = desk.page.with_untracked(|here| here.as_ref().is_some_and(|here| here.id == page.id));
    let language = desk.study.with_untracked(|study| study.as_ref().map(|study| study.language.clone()));
    let (state, n_unrated) = (page.state, page.n_unrated);
    let words = move || match state {
        PageState::Done => w::page_done().to_owned(),
        PageState::HandedOn => w::page_handed_on().to_owned(),
        PageState::Open if n_unrated > 0 => w::n_unrated(n_unrated),
        PageState::Open => w::page_open().to_owned(),
    };
    let marks = format!("{}{}", if page.n_flagged > 0 { "⚑" } else { "" }, if page.n_skipped > 0 { "⤼" } else { "" });
    let id = page.id.clone();
    view! {
        <li>
            <button
                type="button"
                class="page-line"
                aria-current=is_here.then_some("page")
                disabled=state == PageState::HandedOn
                on:click=move |_| go.run(id.clone())
            >
                <span class="number">{page.number}</span>
                <span class="excerpt" lang=language>{page.excerpt}</span>
                <span class="marks" aria-hidden="true">{marks}</span>
                <span class="state" class:missing=move || state == PageState::Open>{words}</span>
            </button>
        </li>
    }
}
