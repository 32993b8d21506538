//! The engine of the desktop app. Calls and tasks travel as Tauri's commands `call`, `start` and `stop`; the app passes them on
//! to the engine's process and back.

use std::{
    cell::{Cell, RefCell},
    rc::Rc,
};

use leptos::task::spawn_local;
use repartee_wire::engine::{EngineError, EngineErrorCode};
use wasm_bindgen::{JsCast as _, JsValue};

use super::{Answer, Hear, Heard, Transport};
use crate::desktop::ipc;

/// See the module.
pub(super) struct Tauri;

impl Transport for Tauri {
    fn call(&self, call: String) -> Answer {
        Box::pin(async move {
            let answer = ipc::invoke("call", &[("body", call.into())]).await?;
            let unknown = || EngineError::new(EngineErrorCode::Internal, "the app gave no answer; start it again");
            answer.as_string().ok_or_else(unknown)
        })
    }

    fn start(&self, task: String, hear: Hear) -> Box<dyn FnOnce()> {
        // Taken out while it hears, as it may stop its own task, and for good once it has heard the end.
        let hear = Rc::new(RefCell::new(Some(hear)));
        let is_stopped = Rc::new(Cell::new(false));
        let number = Rc::new(Cell::new(None));
        let told = {
            let (hear, is_stopped) = (hear.clone(), is_stopped.clone());
            ipc::channel(move |message| {
                let Some(heard) = understood(&message).filter(|_| !is_stopped.get()) else { return };
                let Some(mut ear) = hear.borrow_mut().take() else { return };
                let is_last = matches!(heard, Heard::End(_));
                ear(heard);
                if !is_last {
                    *hear.borrow_mut() = Some(ear);
                }
            })
        };
        {
            let (is_stopped, number) = (is_stopped.clone(), number.clone());
            spawn_local(async move {
                match ipc::invoke("start", &[("body", task.into()), ("told", told)]).await {
                    Ok(started) if is_stopped.get() => stop(started).await,
                    Ok(started) => number.set(Some(started)),
                    Err(error) => {
                        let ear = hear.borrow_mut().take().filter(|_| !is_stopped.get());
                        if let Some(mut ear) = ear {
                            ear(Heard::End(Err(error)));
                        }
                    }
                }
            });
        }
        Box::new(move || {
            is_stopped.set(true);
            if let Some(number) = number.take() {
                spawn_local(stop(number));
            }
        })
    }
}

async fn stop(number: JsValue) {
    // What has ended needs no stop.
    _ = ipc::invoke("stop", &[("number", number)]).await;
}

/// A message of a task: its kind and a body in JSON.
fn understood(message: &JsValue) -> Option<Heard> {
    let message = message.dyn_ref::<js_sys::Array>()?;
    let body = message.get(1).as_string()?;
    Some(match message.get(0).as_string()?.as_str() {
        "event" => Heard::Event(body),
        "end" => Heard::End(Ok(())),
        _ => Heard::End(Err(ipc::refusal(&body.into()))),
    })
}
