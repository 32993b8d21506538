//! Studies in a browser's tab: the store of `repartee-study` on files that the browser keeps, answering what the server
//! of studies answers.
//!
//! Owns where the files lie ([`home`]) and which request is which ([`requests`]); the answers are `repartee-service`'s.
//! Runs in a dedicated worker, one request after the other; the worker's script, `ui/page/studies.js`, sees to that, and to
//! one tab at a time having the files. Between two requests no file is open, so that the worker can give them away.

#![cfg(target_family = "wasm")]

mod home;
mod requests;

use std::cell::{Cell, RefCell};
use std::rc::Rc;

use js_sys::{Array, Uint8Array};
use repartee_service::Refused;
use repartee_wire::{ApiError, ErrorCode};
use wasm_bindgen::{JsValue, prelude::wasm_bindgen};

use home::Home;
use requests::{Answer, Request};

thread_local! {
    static HOME: RefCell<Option<Rc<Home>>> = const { RefCell::new(None) };
    static PANIC: Cell<Option<String>> = const { Cell::new(None) };
}

/// Takes the files, or memory where this browser keeps none.
///
/// # Errors
/// A text, if another worker still has them: try again.
#[wasm_bindgen]
pub async fn open() -> Result<(), JsValue> {
    std::panic::set_hook(Box::new(|info| PANIC.set(Some(info.to_string()))));
    let home = HOME.with_borrow(Clone::clone);
    let home = match home {
        Some(home) => home.again().await.map(|()| home),
        None => Home::open().await.map(Rc::new),
    };
    HOME.set(Some(home?));
    Ok(())
}

/// Gives the files away, so that another worker can take them. Whether they are free.
#[wasm_bindgen]
#[must_use]
pub fn close() -> bool {
    HOME.with_borrow(|home| home.as_ref().is_none_or(|home| home.close()))
}

/// Answers a request: `[contents]`, or `[contents, name]` of a file to keep. Contents are text or bytes.
///
/// # Errors
/// An `ApiError` as JSON.
#[wasm_bindgen]
pub async fn answer(method: String, path: String, body: JsValue, seat: Option<String>) -> Result<Array, JsValue> {
    let home = HOME.with_borrow(Clone::clone);
    let bytes = match body.as_string() {
        Some(text) => text.into_bytes(),
        None if body.is_undefined() || body.is_null() => Vec::new(),
        None => Uint8Array::new(&body).to_vec(),
    };
    let (path, query) = path.split_once('?').unwrap_or((&path, ""));
    let seat = seat.as_deref().unwrap_or_default();
    let request = Request { method: &method, path, query, body: &bytes, seat, now_ms: js_sys::Date::now() as i64 };
    let answer = match home {
        Some(home) => requests::answer(&home, &request).await,
        None => Err(Refused::new(ErrorCode::Unavailable, "the studies are not open yet; try again")),
    };
    match answer {
        Ok(Answer::Json(text)) => Ok(Array::of1(&text.into())),
        Ok(Answer::File { bytes, name }) => Ok(Array::of2(&Uint8Array::from(bytes.as_slice()), &name.into())),
        Err(refused) => Err(told(refused).into()),
    }
}

/// What the program said when it broke off.
#[wasm_bindgen]
#[must_use]
pub fn last_panic() -> Option<String> {
    PANIC.take()
}

/// As JSON. Here no log and no administrator elsewhere can have the details.
fn told(Refused { mut error, detail }: Refused) -> String {
    if let (ErrorCode::Internal, Some(detail)) = (error.code, detail) {
        error.message = format!("this could not be done: {detail}");
    }
    let unknown = |_| format!("{{\"code\":\"internal\",\"message\":\"{}\"}}", error.message.replace(['"', '\\'], "'"));
    serde_json::to_string::<ApiError>(&error).unwrap_or_else(unknown)
}
