//! The engine in the program that these pages came from: calls are POST requests, tasks are streams of server-sent events
//! that stop when nobody reads them any more.

use std::{cell::Cell, rc::Rc};

use gloo_net::http::{Request, RequestBuilder, Response};
use js_sys::{Reflect, Uint8Array};
use leptos::task::spawn_local;
use repartee_wire::{
    CSRF_HEADER, CSRF_VALUE,
    engine::{EngineError, EngineErrorCode},
};
use wasm_bindgen::{JsCast as _, JsValue};
use wasm_bindgen_futures::JsFuture;
use web_sys::{AbortController, ReadableStreamDefaultReader};

use super::{Answer, Hear, Heard, Transport};

/// The way there.
pub(super) struct Http {
    base: String,
}

impl Http {
    /// To the engine at this path of the same server.
    pub(super) fn new(base: &str) -> Self {
        Self { base: base.to_owned() }
    }

    fn post(&self, what: &str) -> RequestBuilder {
        let request = Request::post(&format!("{}/{what}", self.base));
        request.header(CSRF_HEADER, CSRF_VALUE).header("content-type", "application/json")
    }
}

fn gone(error: impl std::fmt::Display) -> EngineError {
    let message = format!("the engine does not answer ({error}); look whether its program still runs");
    EngineError::new(EngineErrorCode::Unreachable, message)
}

fn thrown(error: &JsValue) -> EngineError {
    gone(error.dyn_ref::<js_sys::Error>().map_or_else(|| "the connection broke".into(), js_sys::Error::message))
}

fn refusal(text: &str) -> EngineError {
    serde_json::from_str(text).unwrap_or_else(|_| gone(text))
}

impl Transport for Http {
    fn call(&self, call: String) -> Answer {
        let request = self.post("call").body(call);
        Box::pin(async move {
            let response = request.map_err(gone)?.send().await.map_err(gone)?;
            let text = response.text().await.map_err(gone)?;
            if response.ok() { Ok(text) } else { Err(refusal(&text)) }
        })
    }

    fn start(&self, task: String, mut hear: Hear) -> Box<dyn FnOnce()> {
        let is_stopped = Rc::new(Cell::new(false));
        let abort = AbortController::new().ok();
        let signal = abort.as_ref().map(AbortController::signal);
        let request = self.post("task").abort_signal(signal.as_ref()).body(task);
        let stopped = is_stopped.clone();
        spawn_local(async move {
            let told = async {
                let response = request.map_err(gone)?.send().await.map_err(gone)?;
                listen(response, &stopped, &mut hear).await
            };
            let end = told.await;
            if !stopped.get() {
                hear(Heard::End(end));
            }
        });
        Box::new(move || {
            is_stopped.set(true);
            if let Some(abort) = abort {
                abort.abort();
            }
        })
    }
}

/// Hears a stream to its end.
async fn listen(response: Response, is_stopped: &Cell<bool>, hear: &mut Hear) -> Result<(), EngineError> {
    if !response.ok() {
        return Err(refusal(&response.text().await.map_err(gone)?));
    }
    let body = response.body().ok_or_else(|| gone("an empty answer"))?;
    let reader: ReadableStreamDefaultReader = body.get_reader().unchecked_into();
    let mut bytes = Vec::new();
    loop {
        let part = JsFuture::from(reader.read()).await.map_err(|error| thrown(&error))?;
        if let Ok(value) = Reflect::get(&part, &"value".into())
            && let Some(value) = value.dyn_ref::<Uint8Array>()
        {
            bytes.extend(value.to_vec());
        }
        for (kind, data) in blocks(&mut bytes) {
            if is_stopped.get() {
                return Ok(());
            }
            match kind.as_str() {
                "event" => hear(Heard::Event(data)),
                "end" => return Ok(()),
                "error" => return Err(refusal(&data)),
                _ => {}
            }
        }
        if Reflect::get(&part, &"done".into()).is_ok_and(|done| done.is_truthy()) {
            return Err(gone("the stream broke off"));
        }
    }
}

/// Takes whole events, kind and data, from the beginning of what has come.
fn blocks(bytes: &mut Vec<u8>) -> Vec<(String, String)> {
    let mut found = Vec::new();
    while let Some(end) = bytes.windows(2).position(|pair| pair == b"\n\n") {
        let block: Vec<u8> = bytes.drain(..end + 2).collect();
        let block = String::from_utf8_lossy(&block);
        let field = |name: &str| {
            let value = block.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(": "));
            value.unwrap_or_default().to_owned()
        };
        found.push((field("event"), field("data")));
    }
    found
}
