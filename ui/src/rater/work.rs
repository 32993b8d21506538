//! One context with its replies: where rating happens.

use leptos::{ev, prelude::*};
use repartee_wire::Criterion;
use wasm_bindgen::JsCast as _;

use super::{
    card::ReplyCard,
    desk::{Desk, Overlay, Stage},
    keys,
};
use crate::words::{common, rater as w};

/// The page at hand.
#[component]
pub(crate) fn Work(
    /// The rater's side
    desk: Desk,
) -> impl IntoView {
    let language = move || desk.study.with(|study| study.as_ref().map(|study| study.language.clone()));
    let page = move |what: fn(&repartee_wire::rater::Page) -> String| {
        move || desk.page.with(|page| page.as_ref().map(what).unwrap_or_default())
    };
    let cards = move || {
        let ids = |page: &repartee_wire::rater::Page| page.cards.iter().map(|card| card.id.clone()).collect::<Vec<_>>();
        desk.page.with(|page| page.as_ref().map(ids).unwrap_or_default()).into_iter().enumerate().collect::<Vec<_>>()
    };
    let is_training = move || desk.page.with(|page| page.as_ref().is_some_and(|page| page.training));
    let is_done = move || {
        let done = repartee_wire::rater::PageState::Done;
        desk.page.with(|page| page.as_ref().is_some_and(|page| page.state == done))
    };
    let number = move || w::page_number(desk.page.with(|page| page.as_ref().map_or(0, |page| page.number)));
    follow(desk);
    view! {
        <h1 class="unseen">{number}</h1>
        <section class="context" aria-label=w::utterance>
            <p class="context-meta">
                <span>{number}</span>
                <Show when=is_training><span class="tag">{w::practice}</span></Show>
                <Show when=is_done><span class="tag quiet">{w::finished_page}</span></Show>
            </p>
            <p class="utterance" lang=language>{page(|page| page.context.clone())}</p>
        </section>
        <ol class="replies" aria-label=move || w::replies(cards().len())>
            <For each=cards key=|(_, id)| id.clone() let((index, _id))>
                <ReplyCard desk index />
            </For>
        </ol>
        <Foot desk />
    }
}

/// Moves the focus and the screen to the reply at hand.
fn follow(desk: Desk) {
    Effect::new(move |_| {
        desk.moves.track();
        let id = format!("reply-{}", desk.card_idx.get_untracked());
        if desk.overlay.get_untracked().is_some() {
            return;
        }
        // The cards of a new page are there after this turn.
        request_animation_frame(move || {
            keys::focus(&id);
            let Some(element) = document().get_element_by_id(&id) else { return };
            let options = web_sys::ScrollIntoViewOptions::new();
            options.set_block(web_sys::ScrollLogicalPosition::Nearest);
            let is_calm = window().match_media("(prefers-reduced-motion: reduce)").ok().flatten();
            if !is_calm.is_some_and(|query| query.matches()) {
                options.set_behavior(web_sys::ScrollBehavior::Smooth);
            }
            element.unchecked_ref::<web_sys::Element>().scroll_into_view_with_scroll_into_view_options(&options);
        });
    });
}

/// What is asked, what was said, and the buttons for those without a keyboard.
#[component]
fn Foot(desk: Desk) -> impl IntoView {
    let is_complete = Memo::new(move |_| desk.unrated().is_empty());
    let asked = move || match (is_complete.get(), desk.criterion.get()) {
        (true, _) => (w::all_judged(), w::enter_next()),
        (false, Criterion::Sensibleness) => (w::question_sensibleness(), w::ends_sensibleness()),
        (false, Criterion::Specificity) => (w::question_specificity(), w::ends_specificity()),
    };
    let go = move |_: ev::MouseEvent| desk.finish();
    let overlay = move |which: Overlay| move |_: ev::MouseEvent| desk.overlay.set(Some(which));
    view! {
        <div class="foot">
            <div class="foot-inside">
                <div class="asked">
                    <p class="question"><b>{move || asked().0}</b>" "<span class="ends">{move || asked().1}</span></p>
                    <p class="notice" class:warning=move || desk.notice.get().is_warning || desk.queue.is_full.get() role="status" id="notice">
                        {move || {
                            match (desk.queue.is_unkept.get(), desk.queue.is_full.get()) {
                                (true, _) => w::unkept().to_owned(),
                                (_, true) => common::storage_full().to_owned(),
                                _ => desk.notice.get().text,
                            }
                        }}
                    </p>
                </div>
                <div class="foot-buttons">
                    <button type="button" class="ghost wide-only" on:click=overlay(Overlay::Help)>{w::help}<kbd>"?"</kbd></button>
                    <button type="button" class="ghost" on:click=move |_| desk.stage.set(Stage::Guidelines)>
                        {w::guidelines_short}<kbd>"G"</kbd>
                    </button>
                    <button type="button" class="ghost" on:click=overlay(Overlay::Pages)>{w::pages}<kbd>"L"</kbd></button>
                    <button type="button" class="ghost" on:click=move |_| desk.undo()>{w::undo}<kbd>"Z"</kbd></button>
                    <button type="button" class="wide-only" on:click=move |_| desk.back()>{w::previous}<kbd>"⌫"</kbd></button>
                    <button type="button" id="next" class:primary=is_complete aria-busy=move || desk.is_leaving.get().to_string() on:click=go>
                        {move || if is_complete.get() { w::next_page() } else { w::next_unrated() }}<kbd>"↵"</kbd>
                    </button>
                </div>
            </div>
        </div>
    }
}
