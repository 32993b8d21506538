//! What a rater said and the server does not have yet. Every change lies in the browser's storage before it is shown, and
//! leaves it only when the server has answered that it is on its disk.
//!
//! Each change is a key of its own, so that two tabs never overwrite each other's; sending one twice does nothing.

use std::cell::Cell;

use leptos::prelude::*;
use repartee_wire::{
    ErrorCode,
    rater::{Card, Change, Page, Saved},
};
use serde::{Deserialize, Serialize};
use wasm_bindgen_futures::JsFuture;

use crate::{
    api::{self, Failure},
    storage,
};

/// A change that waits.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct Entry {
    /// Sorts by time.
    #[serde(skip)]
    key: String,
    revision: String,
    page: String,
    change: Change,
}

/// What the sender met, beside success.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Trouble {
    /// The session has ended; what waits goes on waiting.
    NoSession,
    /// This page went to another rater.
    HandedOn(String),
    /// The server will never take this change; it is put aside, not lost.
    Refused(String),
}

/// The changes that wait, and who sends them.
#[derive(Clone, Copy)]
pub(crate) struct Queue {
    entries: RwSignal<Vec<Entry>>,
    scope: RwSignal<String>,
    is_running: RwSignal<bool>,
    /// Whether the server could not be reached the last time.
    pub(crate) is_offline: RwSignal<bool>,
    /// Whether there was no space left where the study lies.
    pub(crate) is_full: RwSignal<bool>,
    /// Whether the browser refused to keep a change.
    pub(crate) is_unkept: RwSignal<bool>,
    /// The last trouble; whoever handles it takes it away.
    pub(crate) trouble: RwSignal<Option<Trouble>>,
}

thread_local! {
    static WAKE: Cell<bool> = const { Cell::new(false) };
    static LAST_MS: Cell<u64> = const { Cell::new(0) };
}

const LONGEST_WAIT_MS: u32 = 15_000;

impl Queue {
    /// Empty, and of no rater yet.
    pub(crate) fn new() -> Self {
        let queue = Self {
            entries: RwSignal::new(Vec::new()),
            scope: RwSignal::new(String::new()),
            is_running: RwSignal::new(false),
            is_offline: RwSignal::new(false),
            is_full: RwSignal::new(false),
            is_unkept: RwSignal::new(false),
            trouble: RwSignal::new(None),
        };
        window_event_listener_untyped("online", move |_| queue.wake());
        window_event_listener_untyped("focus", move |_| queue.wake());
        queue
    }

    /// Takes up what this rater left in this browser, and sends it.
    pub(crate) fn open(self, scope: &str) {
        self.scope.set(scope.to_owned());
        for key in storage::keys(&self.prefix("parked")) {
            let back = key.replacen(".parked.", ".queue.", 1);
            if storage::get(&key).is_some_and(|text| storage::set(&back, &text)) {
                storage::remove(&key);
            }
        }
        let read = |key: String| storage::read::<Entry>(&key).map(|entry| Entry { key, ..entry });
        let entries: Vec<Entry> = storage::keys(&self.prefix("queue")).into_iter().filter_map(read).collect();
        self.entries.set(entries);
        self.wake();
    }

    fn prefix(self, kind: &str) -> String {
        self.scope.with_untracked(|scope| format!("repartee.{kind}.{scope}."))
    }

    /// How many changes wait.
    pub(crate) fn len(self) -> usize {
        self.entries.with(Vec::len)
    }

    /// Keeps a change and sends it as soon as possible.
    pub(crate) fn push(self, page: &str, change: Change) {
        let now_ms = js_sys::Date::now() as u64;
        let at_ms = LAST_MS.with(|last| {
            last.set(now_ms.max(last.get() + 1));
            last.get()
        });
        let revision = new_id();
        let key = format!("{}{at_ms:015}-{revision}", self.prefix("queue"));
        let entry = Entry { key: key.clone(), revision, page: page.to_owned(), change };
        if !storage::write(&key, &entry) {
            self.is_unkept.set(true);
        }
        self.entries.update(|entries| entries.push(entry));
        self.wake();
    }

    /// Puts what waits onto a page as the server has it.
    pub(crate) fn apply(self, page: &mut Page) {
        self.entries.with_untracked(|entries| {
            for entry in entries {
                if let Some(card) = page.cards.iter_mut().find(|card| card.id == entry.change.card) {
                    apply(card, &entry.change);
                }
            }
        });
    }

    /// Sends now rather than at the next try.
    pub(crate) fn wake(self) {
        WAKE.set(true);
        if !self.is_running.get_untracked() && !self.entries.with_untracked(Vec::is_empty) {
            self.is_running.set(true);
            leptos::task::spawn_local(async move {
                self.drain().await;
                self.is_running.set(false);
            });
        }
    }

    async fn drain(self) {
        let mut wait_ms = 500;
        while let Some(entry) = self.entries.with_untracked(|entries| entries.first().cloned()) {
            let path = format!("/api/rater/revision/{}", entry.revision);
            match api::put::<Saved>(&path, &entry.change).await {
                Ok(_) => {
                    self.forget(|other| other.revision == entry.revision);
                    self.is_offline.set(false);
                    self.is_full.set(false);
                    wait_ms = 500;
                }
                Err(Failure::Refused(error)) => match error.code {
                    ErrorCode::TooManyRequests => sleep(2_000).await,
                    ErrorCode::StorageFull => {
                        self.is_full.set(true);
                        sleep(wait_ms).await;
                        wait_ms = (wait_ms * 2).min(LONGEST_WAIT_MS);
                    }
                    ErrorCode::Internal | ErrorCode::Unavailable | ErrorCode::Timeout => {
                        sleep(wait_ms).await;
                        wait_ms = (wait_ms * 2).min(LONGEST_WAIT_MS);
                    }
                    ErrorCode::Unauthorized => return self.trouble.set(Some(Trouble::NoSession)),
                    ErrorCode::HandedOn => {
                        self.forget(|other| other.page == entry.page);
                        self.trouble.set(Some(Trouble::HandedOn(entry.page)));
                    }
                    _ => {
                        let parked = entry.key.replacen(".queue.", ".parked.", 1);
                        storage::write(&parked, &entry);
                        self.forget(|other| other.revision == entry.revision);
                        self.trouble.set(Some(Trouble::Refused(error.message)));
                    }
                },
                Err(Failure::Later) => {
                    self.is_offline.set(true);
                    sleep(wait_ms).await;
                    wait_ms = (wait_ms * 2).min(LONGEST_WAIT_MS);
                }
            }
        }
    }

    fn forget(self, is_gone: impl Fn(&Entry) -> bool) {
        self.entries.update(|entries| {
            entries.retain(|entry| {
                if is_gone(entry) {
                    storage::remove(&entry.key);
                }
                !is_gone(entry)
            });
        });
        if self.entries.with_untracked(Vec::is_empty) {
            self.is_unkept.set(false);
        }
    }
}

/// Puts a change onto a card.
pub(crate) fn apply(card: &mut Card, change: &Change) {
    if let Some(judgement) = &change.sensibleness {
        card.sensibleness = judgement.clone();
    }
    if let Some(judgement) = &change.specificity {
        card.specificity = judgement.clone();
    }
    if let Some(flagged) = change.flagged {
        card.flagged = flagged;
    }
    if let Some(comment) = &change.comment {
        card.comment.clone_from(comment);
    }
}

/// 128 random bits as hexadecimal digits.
fn new_id() -> String {
    let mut bytes = [0_u8; 16];
    let filled = window().crypto().and_then(|crypto| crypto.get_random_values_with_u8_array(&mut bytes));
    if filled.is_err() {
        // Without a generator of the browser's, chance is still good enough to tell changes apart.
        for byte in &mut bytes {
            *byte = (js_sys::Math::random() * 256.0) as u8;
        }
    }
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// Waits, or until something wakes the queue.
async fn sleep(ms: u32) {
    WAKE.set(false);
    for _ in 0..ms.div_ceil(100) {
        pause(100).await;
        if WAKE.take() {
            break;
        }
    }
}

/// Waits.
pub(crate) async fn pause(ms: i32) {
    let promise = js_sys::Promise::new(&mut |resolve, _| {
        let _ = window().set_timeout_with_callback_and_timeout_and_arguments_0(&resolve, ms);
    });
    let _ = JsFuture::from(promise).await;
}
