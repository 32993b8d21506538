//! One blinded reply with its two scales. It cannot know which system wrote it.

use leptos::{ev, prelude::*};
use repartee_wire::{Criterion, Judgement, rater::Card};

use super::desk::{Desk, Overlay, judgement};
use crate::words::{common, rater as w};

/// A reply.
#[component]
pub(crate) fn ReplyCard(
    /// The rater's side
    desk: Desk,
    /// Its place on the page
    index: usize,
) -> impl IntoView {
    let card = Memo::new(move |_| desk.page.with(|page| page.as_ref().and_then(|page| page.cards.get(index).cloned())));
    let of = move |what: fn(&Card) -> String| move || card.with(|card| card.as_ref().map(what).unwrap_or_default());
    let is_flagged = Memo::new(move |_| card.with(|card| card.as_ref().is_some_and(|card| card.flagged)));
    let is_commented = Memo::new(move |_| card.with(|card| card.as_ref().is_some_and(|card| !card.comment.is_empty())));
    let is_here = Memo::new(move |_| desk.card_idx.get() == index);
    let is_judged = move || {
        card.with(|card| {
            let both = |card: &Card| Criterion::ALL.into_iter().all(|criterion| judgement(card, criterion).is_judged());
            card.as_ref().is_some_and(both)
        })
    };
    let n_cards = move || desk.page.with(|page| page.as_ref().map_or(0, |page| page.cards.len()));
    let language = move || desk.study.with(|study| study.as_ref().map(|study| study.language.clone()));
    let reason = move || {
        card.with(|card| {
            card.as_ref().and_then(|card| match &card.sensibleness {
                Judgement::Skipped { reason } => Some(w::skipped(reason.clone())),
                _ => None,
            })
        })
    };
    let here = move |then: fn(Desk)| {
        move |_: ev::MouseEvent| {
            desk.card_idx.set(index);
            then(desk);
        }
    };
    let take = move |_| {
        if desk.card_idx.get_untracked() != index {
            desk.go_to(index);
        }
    };
    view! {
        <li>
            <article
                id=format!("reply-{index}")
                class="reply"
                class:here=is_here
                class:judged=is_judged
                tabindex="-1"
                aria-label=move || w::reply_of(index + 1, n_cards())
                aria-current=move || is_here.get().then_some("true")
                on:click=take
            >
                <div class="reply-said">
                    <span class="number" aria-hidden="true">{index + 1}</span>
                    <p class="reply-text" lang=language>{of(|card| card.reply.clone())}</p>
                    <div class="tools">
                        <button
                            type="button"
                            class="ghost tool"
                            aria-pressed=move || is_flagged.get().to_string()
                            on:click=here(Desk::flag)
                        >
                            <span aria-hidden="true">"⚑"</span>
                            <span>{move || if is_flagged.get() { w::flagged() } else { w::flag() }}</span>
                        </button>
                        <button
                            type="button"
                            class="ghost tool"
                            class:set=is_commented
                            on:click=here(|desk| desk.overlay.set(Some(Overlay::Comment)))
                        >
                            <span aria-hidden="true">"✎"</span>
                            <span>{move || if is_commented.get() { w::commented() } else { w::comment() }}</span>
                        </button>
                        <button
                            type="button"
                            class="ghost tool"
                            class:set=move || reason().is_some()
                            on:click=here(|desk| desk.overlay.set(Some(Overlay::Skip)))
                        >
                            <span aria-hidden="true">"⤼"</span>
                            <span>{w::skip}</span>
                        </button>
                    </div>
                </div>
                <div class="scales">
                    <Scale desk index criterion=Criterion::Sensibleness card />
                    <Scale desk index criterion=Criterion::Specificity card />
                    {move || reason().map(|reason| view! { <p class="skipped">{reason}</p> })}
                </div>
            </article>
        </li>
    }
}

/// The buttons of one criterion.
#[component]
fn Scale(desk: Desk, index: usize, criterion: Criterion, card: Memo<Option<Card>>) -> impl IntoView {
    let name = match criterion {
        Criterion::Sensibleness => common::sensibleness,
        Criterion::Specificity => common::specificity,
    };
    let digits = match criterion {
        Criterion::Sensibleness => 1..=5_u8,
        Criterion::Specificity => 0..=5,
    };
    let given = Memo::new(move |_| card.with(|card| card.as_ref().and_then(|card| judgement(card, criterion).digit())));
    let is_asked = move || desk.card_idx.get() == index && desk.criterion.get() == criterion;
    let button = move |digit: u8| {
        let key = match (criterion, digit) {
            (Criterion::Specificity, 1..=5) => &"QWERT"[usize::from(digit) - 1..usize::from(digit)],
            _ => "",
        };
        let judge = move |event: ev::MouseEvent| {
            event.stop_propagation();
            desk.judge_at(index, criterion, digit);
        };
        let spoken = move || {
            if digit == 0 { w::too_noisy_key().to_owned() } else { format!("{} {digit}", name()) }
        };
        view! {
            <button
                type="button"
                class="score"
                class:noisy=digit == 0
                aria-pressed=move || (given.get() == Some(digit)).to_string()
                aria-label=spoken
                title=move || if digit == 0 { common::too_noisy() } else { "" }
                on:click=judge
            >
                {digit}
                <kbd aria-hidden="true">{key}</kbd>
            </button>
        }
    };
    view! {
        <div class="scale" class:asked=is_asked role="group" aria-label=name>
            <span class="scale-name" aria-hidden="true">{name}</span>
            <span class="scores">{digits.map(button).collect_view()}</span>
        </div>
    }
}
