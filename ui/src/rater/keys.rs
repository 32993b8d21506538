//! What keys mean. Those of `repartee study rate`, and a few more.

use leptos::{ev, prelude::*};
use repartee_wire::Criterion;
use wasm_bindgen::JsCast as _;
use web_sys::{Element, HtmlElement};

use super::desk::{Desk, Overlay, Stage};
use crate::words::rater as w;

/// Listens to the whole window, so that keys work wherever the focus is.
pub(crate) fn listen(desk: Desk) {
    let handle = window_event_listener(ev::keydown, move |event| press(desk, &event));
    on_cleanup(move || handle.remove());
}

/// The key without the layout's and the input method's ado: a letter or digit, or the key's name.
pub(crate) fn plain(event: &ev::KeyboardEvent) -> Option<String> {
    // 229 is what a key is while an input method takes it.
    if event.is_composing() || event.key_code() == 229 || event.key() == "Process" {
        return None;
    }
    let key = event.key();
    let mut letters = key.chars();
    let key = match (letters.next(), letters.next()) {
        (Some(letter @ '！'..='～'), None) => char::from_u32(u32::from(letter) - 0xfee0).map_or(key, String::from),
        // Kana and other letters: what the same key is in Latin letters.
        (Some(letter), None) if !letter.is_ascii() => {
            let code = event.code();
            let latin = code.strip_prefix("Digit").or_else(|| code.strip_prefix("Key"));
            latin.map_or(key, str::to_lowercase)
        }
        (Some(letter), None) => letter.to_ascii_lowercase().to_string(),
        _ => key,
    };
    Some(key)
}

fn press(desk: Desk, event: &ev::KeyboardEvent) {
    let Some(key) = plain(event) else { return };
    let target = event.target().and_then(|target| target.dyn_into::<Element>().ok());
    let is_in = |selector: &str| target.as_ref().is_some_and(|target| matches!(target.closest(selector), Ok(Some(_))));
    if event.default_prevented() || is_in("input, textarea, select, [contenteditable], dialog") {
        return;
    }
    if event.ctrl_key() || event.meta_key() || event.alt_key() {
        if key == "z" && !event.alt_key() && !event.shift_key() && desk.stage.get_untracked() == Stage::Work {
            event.prevent_default();
            desk.undo();
        }
        return;
    }
    // On a button or a link, Enter is for that.
    let is_on_control = is_in("button, a, summary");
    let is_taken = match desk.stage.get_untracked() {
        Stage::Work => work(desk, &key, is_on_control),
        Stage::Guidelines if key == "Enter" && !is_on_control => {
            desk.leave_guidelines();
            true
        }
        Stage::Feedback(_) if key == "Enter" && !is_on_control => {
            desk.next();
            true
        }
        _ => false,
    };
    if is_taken {
        event.prevent_default();
    }
}

fn work(desk: Desk, key: &str, is_on_control: bool) -> bool {
    let here = desk.card_idx.get_untracked();
    if ["Backspace", "ArrowUp", "ArrowDown", "n"].contains(&key) {
        desk.is_leaving.set(false);
    }
    match key {
        "1" | "2" | "3" | "4" | "5" => desk.judge(desk.criterion.get_untracked(), key.as_bytes()[0] - b'0'),
        "0" => desk.judge(Criterion::Specificity, 0),
        "q" | "w" | "e" | "r" | "t" => {
            let points = "qwert".find(key).unwrap_or_default() as u8 + 1;
            desk.judge(Criterion::Specificity, points);
        }
        "Enter" if is_on_control => return false,
        "Enter" => desk.finish(),
        "Backspace" => desk.back(),
        "ArrowUp" => desk.go_to(here.saturating_sub(1)),
        "ArrowDown" => desk.go_to(here + 1),
        "z" | "u" => desk.undo(),
        "s" => desk.overlay.set(Some(Overlay::Skip)),
        "f" => desk.flag(),
        "c" => desk.overlay.set(Some(Overlay::Comment)),
        "n" => desk.go_to_unrated(),
        "p" | "PageUp" => desk.go_to_neighbour(-1),
        "PageDown" => desk.go_to_neighbour(1),
        "l" => desk.overlay.set(Some(Overlay::Pages)),
        "g" => desk.stage.set(Stage::Guidelines),
        "?" | "h" => desk.overlay.set(Some(Overlay::Help)),
        _ if key.len() == 1 && key != " " => {
            desk.say(w::press_help());
            return false;
        }
        _ => return false,
    }
    true
}

/// Moves the focus to an element, if it is there.
pub(crate) fn focus(id: &str) {
    let element = document().get_element_by_id(id).and_then(|element| element.dyn_into::<HtmlElement>().ok());
    if let Some(element) = element {
        let options = web_sys::FocusOptions::new();
        options.set_prevent_scroll(true);
        let _ = element.focus_with_options(&options);
    }
}
