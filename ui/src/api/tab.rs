//! A worker of this tab. It answers like a server (`repartee_wire::tab`); the messages are in `ui/page/studies.js`.
//!
//! One tab at a time has the studies. In the others requests fail with [`Failure::Later`], what was rated waits in the
//! browser's storage, and [`state`] says what is the matter.

use std::{
    cell::{Cell, RefCell},
    collections::HashMap,
};

use js_sys::{Array, Function, Promise};
use leptos::prelude::{ArcRwSignal, Get as _, Set as _, document, window};
use repartee_wire::{ApiError, ErrorCode, Method, tab::Seat};
use wasm_bindgen::{JsCast as _, JsValue, closure::Closure};
use wasm_bindgen_futures::JsFuture;
use web_sys::{ErrorEvent, MessageEvent, WorkerOptions, WorkerType};

use super::{Failure, Reply};
use crate::storage;

/// Where the browser keeps who rates what.
const SEAT: &str = "repartee.seat";

/// A worker that broke off is started again so often.
const MAX_STARTS: u32 = 4;
const RESTART_MS: i32 = 500;

/// Where the studies are.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum State {
    /// On the way.
    Opening,
    /// This tab has them.
    Here,
    /// Another tab has them.
    Elsewhere,
    /// They cannot be opened; this is why.
    Broken(String),
}

thread_local! {
    static SCRIPT: Option<String> = script();
    static STATE: ArcRwSignal<State> = ArcRwSignal::new(State::Opening);
    static WORKER: RefCell<Option<web_sys::Worker>> = const { RefCell::new(None) };
    static WAITING: RefCell<HashMap<u32, Function>> = RefCell::default();
    static NEXT: Cell<u32> = const { Cell::new(1) };
    static STARTS: Cell<u32> = const { Cell::new(0) };
}

/// The page's `<meta name="repartee-studies">` says where the studies are: a path is that of a worker's script.
fn script() -> Option<String> {
    let meta = document().query_selector("meta[name=repartee-studies]").ok().flatten()?;
    meta.get_attribute("content").filter(|place| place.starts_with('/'))
}

/// Whether studies lie in this browser.
pub(crate) fn is_home() -> bool {
    SCRIPT.with(Option::is_some)
}

/// Where the studies are; whoever reads it is run again when it changes. Starts the worker.
pub(crate) fn state() -> State {
    start();
    STATE.with(Clone::clone).get()
}

/// Takes the studies from the tab that has them.
pub(crate) fn take() {
    start();
    post(&Array::of2(&0.into(), &"take".into()), &Array::new());
}

/// Who rates what.
pub(crate) fn seat() -> Option<Seat> {
    storage::read(SEAT)
}

/// Sits down to rate; whether the browser keeps that.
pub(crate) fn sit(seat: &Seat) -> bool {
    storage::write(SEAT, seat)
}

/// Stands up.
pub(crate) fn stand_up() {
    storage::remove(SEAT);
}

/// Asks the browser not to clear this site's files when space is short. It may ask the user, or decline.
pub(crate) fn ask_to_keep() {
    let get = |of: &JsValue, name: &str| js_sys::Reflect::get(of, &name.into()).ok().filter(JsValue::is_object);
    let Some(storage) = get(&window().navigator(), "storage") else { return };
    let persist = js_sys::Reflect::get(&storage, &"persist".into()).ok().and_then(|it| it.dyn_into::<Function>().ok());
    if let Some(persist) = persist {
        _ = persist.call0(&storage);
    }
}

fn start() {
    if WORKER.with_borrow(Option::is_some) {
        return;
    }
    STARTS.set(STARTS.get() + 1);
    let Some(script) = SCRIPT.with(Clone::clone) else { return };
    let options = WorkerOptions::new();
    options.set_type(WorkerType::Module);
    let Ok(worker) = web_sys::Worker::new_with_options(&script, &options) else {
        return set(State::Broken(crate::words::tab::no_worker().to_owned()));
    };
    let message = Closure::<dyn FnMut(MessageEvent)>::new(|event: MessageEvent| hear(&event.data()));
    worker.set_onmessage(Some(message.as_ref().unchecked_ref()));
    message.forget();
    let failed = Closure::<dyn FnMut(ErrorEvent)>::new(|event: ErrorEvent| broken(event.message()));
    worker.set_onerror(Some(failed.as_ref().unchecked_ref()));
    failed.forget();
    WORKER.set(Some(worker));
}

fn set(state: State) {
    let signal = STATE.with(Clone::clone);
    // Told after the turn in which it happened: whoever reads the state may be the one who starts the worker.
    leptos::task::spawn_local(async move { signal.set(state) });
}

fn post(message: &Array, transfer: &Array) {
    WORKER.with_borrow(|worker| {
        if let Some(worker) = worker {
            // Numbers, texts and bytes can always be posted.
            _ = worker.post_message_with_transfer(message, transfer);
        }
    });
}

fn hear(message: &JsValue) {
    let Some(message) = message.dyn_ref::<Array>() else { return };
    let text = |place: u32| message.get(place).as_string().unwrap_or_default();
    if text(1) == "state" {
        match text(2).as_str() {
            "here" => {
                STARTS.set(0);
                set(State::Here);
            }
            "elsewhere" => set(State::Elsewhere),
            _ => broken(text(3)),
        }
        return;
    }
    let number = message.get(0).as_f64().unwrap_or_default() as u32;
    if let Some(resolve) = WAITING.with_borrow_mut(|waiting| waiting.remove(&number)) {
        _ = resolve.call1(&JsValue::NULL, message);
    }
}

/// The worker broke off: it is ended, which gives the files free, and another one starts.
fn broken(why: String) {
    if let Some(worker) = WORKER.take() {
        worker.terminate();
    }
    for (_, resolve) in WAITING.take() {
        _ = resolve.call1(&JsValue::NULL, &Array::of2(&0.into(), &"later".into()));
    }
    if STARTS.get() >= MAX_STARTS {
        return set(State::Broken(why));
    }
    set(State::Opening);
    let again = Closure::once_into_js(start);
    _ = window().set_timeout_with_callback_and_timeout_and_arguments_0(again.unchecked_ref(), RESTART_MS);
}

pub(super) async fn send(method: Method, path: &str, body: Option<JsValue>) -> Result<Reply, Failure> {
    start();
    let number = NEXT.replace(NEXT.get() + 1);
    let promise = Promise::new(&mut |resolve, _| _ = WAITING.with_borrow_mut(|all| all.insert(number, resolve)));
    let seat = storage::get(SEAT).map_or(JsValue::UNDEFINED, JsValue::from);
    let body = body.unwrap_or(JsValue::UNDEFINED);
    post(&Array::of5(&number.into(), &method.name().into(), &path.into(), &body, &seat), &Array::new());
    if WORKER.with_borrow(Option::is_none) {
        WAITING.with_borrow_mut(|waiting| waiting.remove(&number));
        return Err(Failure::Later);
    }
    let answer = JsFuture::from(promise).await.map_err(|_| Failure::Later)?;
    let answer: Array = answer.dyn_into().map_err(|_| Failure::Later)?;
    match answer.get(1).as_string().as_deref() {
        Some("answer") => Ok(Reply { contents: answer.get(2), name: answer.get(3).as_string() }),
        Some("refused") => {
            let text = answer.get(2).as_string().unwrap_or_default();
            let known = serde_json::from_str(&text);
            Err(Failure::Refused(known.unwrap_or(ApiError { code: ErrorCode::Internal, message: text, place: None })))
        }
        _ => Err(Failure::Later),
    }
}
