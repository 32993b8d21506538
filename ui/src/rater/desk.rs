//! A rater at work: where they are, what they said, and what a key does. Shows nothing.

use leptos::prelude::*;
use repartee_wire::{
    Criterion, Judgement,
    rater::{Card, Change, Feedback, Page, Progress, Study},
};

use super::queue::{self, Queue};
use crate::{storage, words::rater as w};

/// Pauses longer than this are no work.
const MAX_PAUSE_MS: f64 = 60_000.0;

/// What is on the screen.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Stage {
    Opening,
    BadLink,
    NotYet,
    NoSession,
    OutOfReach,
    Guidelines,
    Work,
    Feedback(Vec<Feedback>),
    Waiting,
    Done,
    Left,
}

/// What lies over the page.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Overlay {
    Help,
    Skip,
    Comment,
    Pages,
}

/// A line for the rater.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Notice {
    pub(crate) text: String,
    pub(crate) is_warning: bool,
}

/// Everything about the rater's side.
#[derive(Clone, Copy)]
pub(crate) struct Desk {
    pub(crate) stage: RwSignal<Stage>,
    pub(crate) overlay: RwSignal<Option<Overlay>>,
    pub(crate) study: RwSignal<Option<Study>>,
    pub(crate) progress: RwSignal<Progress>,
    pub(crate) page: RwSignal<Option<Page>>,
    pub(crate) card_idx: RwSignal<usize>,
    pub(crate) criterion: RwSignal<Criterion>,
    pub(crate) notice: RwSignal<Notice>,
    /// Counts moves of the place, so that the screen follows.
    pub(crate) moves: RwSignal<u32>,
    /// Whether the page is to be finished as soon as everything on it is saved.
    pub(crate) is_leaving: RwSignal<bool>,
    pub(crate) queue: Queue,
    /// What undo goes back to, the last key last.
    undo: RwSignal<Vec<Change>>,
    last_key_ms: RwSignal<f64>,
}

impl Desk {
    pub(crate) fn new() -> Self {
        Self {
            stage: RwSignal::new(Stage::Opening),
            overlay: RwSignal::new(None),
            study: RwSignal::new(None),
            progress: RwSignal::new(Progress::default()),
            page: RwSignal::new(None),
            card_idx: RwSignal::new(0),
            criterion: RwSignal::new(Criterion::Sensibleness),
            notice: RwSignal::new(Notice::default()),
            moves: RwSignal::new(0),
            is_leaving: RwSignal::new(false),
            queue: Queue::new(),
            undo: RwSignal::new(Vec::new()),
            last_key_ms: RwSignal::new(0.0),
        }
    }

    /// Says a line.
    pub(crate) fn say(self, text: impl Into<String>) {
        self.notice.set(Notice { text: text.into(), is_warning: false });
    }

    /// Says a line that asks to look again.
    pub(crate) fn warn(self, text: impl Into<String>) {
        self.notice.set(Notice { text: text.into(), is_warning: true });
    }

    /// Shows a page, with what is not sent yet, at what is not judged.
    pub(crate) fn show(self, mut page: Page) {
        self.queue.apply(&mut page);
        self.undo.set(Vec::new());
        self.is_leaving.set(false);
        self.last_key_ms.set(js_sys::Date::now());
        self.page.set(Some(page));
        self.keep();
        self.notice.set(Notice::default());
        self.stage.set(Stage::Work);
        self.card_idx.set(0);
        self.criterion.set(Criterion::Sensibleness);
        self.go_to_unrated();
        window().scroll_to_with_x_and_y(0.0, 0.0);
    }

    /// For a reload without the server.
    fn keep(self) {
        if let Some(scope) = storage::get(super::SCOPE) {
            self.page.with_untracked(|page| storage::write(&format!("repartee.page.{scope}"), page));
        }
    }

    fn card(self) -> Option<Card> {
        self.page.with_untracked(|page| page.as_ref()?.cards.get(self.card_idx.get_untracked()).cloned())
    }

    /// Judges the card at hand.
    pub(crate) fn judge(self, criterion: Criterion, digit: u8) {
        // A key that was meant for the next page must not change this one.
        if self.is_leaving.get_untracked() {
            return;
        }
        let Some(judgement) = Judgement::from_digit(criterion, digit) else { return };
        self.change(by(criterion, judgement));
        let said = match criterion {
            Criterion::Sensibleness => crate::words::common::sensibleness(),
            Criterion::Specificity => crate::words::common::specificity(),
        };
        self.say(w::rated(said, digit.to_string()));
        match criterion {
            Criterion::Sensibleness => self.criterion.set(Criterion::Specificity),
            Criterion::Specificity if self.card().is_some_and(|card| card.sensibleness.is_judged()) => {
                self.look_again();
                self.advance();
            }
            Criterion::Specificity => self.criterion.set(Criterion::Sensibleness),
        }
        self.moved();
    }

    /// Judges any card, as a pointer does.
    pub(crate) fn judge_at(self, card_idx: usize, criterion: Criterion, digit: u8) {
        if self.queue.is_offline.get_untracked() {
            self.is_leaving.set(false);
        }
        self.card_idx.set(card_idx);
        self.criterion.set(criterion);
        self.judge(criterion, digit);
    }

    /// Soft warnings: nothing is refused, and the rater goes on as if nothing was said.
    fn look_again(self) {
        let Some(card) = self.card() else { return };
        let [sensibleness, specificity] = [&card.sensibleness, &card.specificity].map(Judgement::digit);
        let same_scores = self.page.with_untracked(|page| {
            let scores = |card: &Card| card.sensibleness.digit().zip(card.specificity.digit());
            page.as_ref().is_some_and(|page| {
                let first = page.cards.first().and_then(scores);
                page.cards.len() > 3 && first.is_some() && page.cards.iter().all(|card| scores(card) == first)
            })
        });
        match (sensibleness, specificity) {
            (Some(4..), Some(0)) => self.warn(w::odd_too_noisy()),
            (Some(1), Some(5)) => self.warn(w::odd_specific()),
            _ if same_scores => self.warn(w::odd_all_same()),
            _ => {}
        }
    }

    /// Skips both criteria of the card at hand.
    pub(crate) fn skip(self, reason: &str) {
        let reason: String = reason.trim().chars().take(repartee_wire::MAX_REASON).collect();
        if reason.is_empty() {
            return;
        }
        let judgement = Judgement::Skipped { reason };
        self.change(Change {
            sensibleness: Some(judgement.clone()),
            specificity: Some(judgement),
            ..Change::default()
        });
        self.advance();
    }

    /// Flags the card at hand, or takes the flag away.
    pub(crate) fn flag(self) {
        if let Some(card) = self.card() {
            self.change(Change { flagged: Some(!card.flagged), ..Change::default() });
        }
    }

    /// Comments on the card at hand.
    pub(crate) fn comment(self, text: &str) {
        let comment: String = text.trim().chars().take(repartee_wire::MAX_COMMENT).collect();
        self.change(Change { comment: Some(comment), ..Change::default() });
    }

    /// Takes back what the last key said.
    pub(crate) fn undo(self) {
        self.is_leaving.set(false);
        let Some(before) = self.undo.try_update(Vec::pop).flatten() else {
            return self.say(w::nothing_to_undo());
        };
        let place = self.page.with_untracked(|page| {
            page.as_ref().and_then(|page| page.cards.iter().position(|card| card.id == before.card))
        });
        self.card_idx.set(place.unwrap_or_default());
        let is_sensibleness = before.sensibleness.is_some() || before.specificity.is_none();
        self.criterion.set(if is_sensibleness { Criterion::Sensibleness } else { Criterion::Specificity });
        self.save(before);
        self.say(w::undone());
        self.moved();
    }

    /// Changes the card at hand, if that changes anything.
    fn change(self, change: Change) {
        let Some(card) = self.card() else { return };
        let mut after = card.clone();
        queue::apply(&mut after, &change);
        if after == card {
            return;
        }
        let before = Change {
            card: card.id.clone(),
            sensibleness: change.sensibleness.is_some().then_some(card.sensibleness),
            specificity: change.specificity.is_some().then_some(card.specificity),
            flagged: change.flagged.is_some().then_some(card.flagged),
            comment: change.comment.is_some().then_some(card.comment),
            active_ms: 0,
        };
        self.undo.update(|undo| undo.push(before));
        self.save(Change { card: card.id, ..change });
    }

    fn save(self, mut change: Change) {
        let now = js_sys::Date::now();
        change.active_ms = (now - self.last_key_ms.get_untracked()).clamp(0.0, MAX_PAUSE_MS) as u64;
        self.last_key_ms.set(now);
        let page = self.page.with_untracked(|page| page.as_ref().map(|page| page.id.clone()));
        let Some(page) = page else { return };
        self.queue.push(&page, change.clone());
        self.page.update(|page| {
            let cards = page.iter_mut().flat_map(|page| &mut page.cards);
            for card in cards.filter(|card| card.id == change.card) {
                queue::apply(card, &change);
            }
        });
        self.keep();
    }

    /// What is not judged, in order.
    pub(crate) fn unrated(self) -> Vec<(usize, Criterion)> {
        let missing = |page: &Option<Page>| {
            let cards = page.iter().flat_map(|page| page.cards.iter().enumerate());
            let both = |(index, card): (usize, &Card)| {
                let missing = Criterion::ALL.into_iter().filter(|criterion| !judgement(card, *criterion).is_judged());
                missing.map(move |criterion| (index, criterion)).collect::<Vec<_>>()
            };
            cards.flat_map(both).collect()
        };
        self.page.with(missing)
    }

    /// To the next that is not judged, from the place on and then from the top; stays where all is judged.
    pub(crate) fn go_to_unrated(self) {
        let here = self.card_idx.get_untracked();
        let all = untrack(|| self.unrated());
        if let Some(&(index, criterion)) = all.iter().find(|(index, _)| *index >= here).or(all.first()) {
            self.card_idx.set(index);
            self.criterion.set(criterion);
        }
        self.moved();
    }

    fn advance(self) {
        let here = self.card_idx.get_untracked();
        let n_cards = self.page.with_untracked(|page| page.as_ref().map_or(0, |page| page.cards.len()));
        let all = untrack(|| self.unrated());
        match all.iter().find(|(index, _)| *index > here) {
            Some(&(index, criterion)) => {
                self.card_idx.set(index);
                self.criterion.set(criterion);
            }
            None if all.is_empty() => {
                self.card_idx.set((here + 1).min(n_cards.saturating_sub(1)));
                self.criterion.set(Criterion::Sensibleness);
            }
            None => self.go_to_unrated(),
        }
        self.moved();
    }

    /// To a card, at its first criterion that is not judged.
    pub(crate) fn go_to(self, card_idx: usize) {
        let n_cards = self.page.with_untracked(|page| page.as_ref().map_or(0, |page| page.cards.len()));
        self.card_idx.set(card_idx.min(n_cards.saturating_sub(1)));
        let is_judged = self.card().is_some_and(|card| card.sensibleness.is_judged() && !card.specificity.is_judged());
        self.criterion.set(if is_judged { Criterion::Specificity } else { Criterion::Sensibleness });
        self.moved();
    }

    /// To a card and a criterion of it.
    pub(crate) fn place(self, card_idx: usize, criterion: Criterion) {
        self.card_idx.set(card_idx);
        self.criterion.set(criterion);
        self.moved();
    }

    fn moved(self) {
        self.moves.update(|moves| *moves = moves.wrapping_add(1));
    }
}

/// The judgement of a card under a criterion.
pub(crate) fn judgement(card: &Card, criterion: Criterion) -> &Judgement {
    match criterion {
        Criterion::Sensibleness => &card.sensibleness,
        Criterion::Specificity => &card.specificity,
    }
}

fn by(criterion: Criterion, judgement: Judgement) -> Change {
    match criterion {
        Criterion::Sensibleness => Change { sensibleness: Some(judgement), ..Change::default() },
        Criterion::Specificity => Change { specificity: Some(judgement), ..Change::default() },
    }
}
