//! The engine in a worker of this tab.
//!
//! Messages are JavaScript arrays: `[number, kind, JSON]`. To the worker the kind is `call`, `task` or `stop`; from it
//! `answer`, `event`, `end` or `error`, with the number of what they belong to.

use std::{
    cell::{Cell, RefCell},
    collections::HashMap,
    rc::Rc,
};

use js_sys::Array;
use repartee_wire::engine::{EngineError, EngineErrorCode};
use wasm_bindgen::{JsCast as _, JsValue, closure::Closure};
use web_sys::{ErrorEvent, MessageEvent, WorkerOptions, WorkerType};

use super::{Answer, Hear, Heard, Transport};

type Hearers = Rc<RefCell<HashMap<u32, Hear>>>;

/// The worker, and who waits for what it says.
pub(super) struct Worker {
    worker: Option<web_sys::Worker>,
    hearers: Hearers,
    next: Cell<u32>,
}

impl Worker {
    /// Starts the script at `path`.
    pub(super) fn start(path: &str) -> Self {
        let options = WorkerOptions::new();
        options.set_type(WorkerType::Module);
        let worker = web_sys::Worker::new_with_options(path, &options).ok();
        let hearers = Hearers::default();
        if let Some(worker) = &worker {
            let ears = hearers.clone();
            let message =
                Closure::<dyn FnMut(MessageEvent)>::new(move |event: MessageEvent| hear(&ears, &event.data()));
            worker.set_onmessage(Some(message.as_ref().unchecked_ref()));
            message.forget();
            let ears = hearers.clone();
            // The script did not load, or a panic of the engine was not caught: nobody will hear from it again.
            let failed = Closure::<dyn FnMut(ErrorEvent)>::new(move |event: ErrorEvent| {
                let message = match event.message() {
                    message if message.is_empty() => {
                        "the engine's script cannot be loaded; load the page again".to_owned()
                    }
                    message => format!("the engine has failed ({message}); load the page again"),
                };
                let waiting: Vec<Hear> = ears.borrow_mut().drain().map(|(_, hear)| hear).collect();
                for mut hear in waiting {
                    hear(Heard::End(Err(EngineError::new(EngineErrorCode::Internal, message.clone()))));
                }
            });
            worker.set_onerror(Some(failed.as_ref().unchecked_ref()));
            failed.forget();
        }
        Self { worker, hearers, next: Cell::new(0) }
    }

    fn send(&self, kind: &str, body: &str, mut hear: Hear) -> u32 {
        let number = self.next.replace(self.next.get() + 1);
        match &self.worker {
            Some(worker) => {
                self.hearers.borrow_mut().insert(number, hear);
                post(worker, number, kind, body);
            }
            None => {
                let message = "this browser starts no workers; use a newer one";
                hear(Heard::End(Err(EngineError::new(EngineErrorCode::Unsupported, message))));
            }
        }
        number
    }
}

fn post(worker: &web_sys::Worker, number: u32, kind: &str, body: &str) {
    // Numbers and texts can always be posted.
    _ = worker.post_message(&Array::of3(&number.into(), &kind.into(), &body.into()));
}

fn hear(hearers: &Hearers, message: &JsValue) {
    let Some(message) = message.dyn_ref::<Array>() else { return };
    let Some(number) = message.get(0).as_f64() else { return };
    let number = number as u32;
    let (kind, body) = (message.get(1).as_string().unwrap_or_default(), message.get(2).as_string().unwrap_or_default());
    let Some(mut hear) = hearers.borrow_mut().remove(&number) else { return };
    match kind.as_str() {
        "event" => {
            // The hearer is taken out while it hears: it may ask for something else.
            hearers.borrow_mut().insert(number, Box::new(|_| {}));
            hear(Heard::Event(body));
            // It may have been stopped meanwhile.
            if let Some(place) = hearers.borrow_mut().get_mut(&number) {
                *place = hear;
            }
        }
        "answer" => {
            hear(Heard::Event(body));
            hear(Heard::End(Ok(())));
        }
        "end" => hear(Heard::End(Ok(()))),
        _ => hear(Heard::End(Err(serde_json::from_str(&body).unwrap_or_else(|_| {
            EngineError::new(EngineErrorCode::Internal, format!("the engine has failed: {body}"))
        })))),
    }
}

impl Transport for Worker {
    fn call(&self, call: String) -> Answer {
        let (resolve, reject) = (Rc::new(RefCell::new(None)), Rc::new(RefCell::new(None)));
        let promise = js_sys::Promise::new(&mut |yes, no| {
            *resolve.borrow_mut() = Some(yes);
            *reject.borrow_mut() = Some(no);
        });
        let error = Rc::new(RefCell::new(None));
        let told = error.clone();
        self.send(
            "call",
            &call,
            Box::new(move |heard| match heard {
                Heard::Event(answer) => {
                    if let Some(resolve) = resolve.take() {
                        _ = resolve.call1(&JsValue::NULL, &answer.into());
                    }
                }
                Heard::End(how) => {
                    told.replace(how.err());
                    if let Some(reject) = reject.take() {
                        _ = reject.call0(&JsValue::NULL);
                    }
                }
            }),
        );
        Box::pin(async move {
            let answer = wasm_bindgen_futures::JsFuture::from(promise).await;
            answer.ok().and_then(|answer| answer.as_string()).ok_or_else(|| {
                let unknown =
                    || EngineError::new(EngineErrorCode::Internal, "the engine gave no answer; load the page again");
                error.take().unwrap_or_else(unknown)
            })
        })
    }

    fn start(&self, task: String, hear: Hear) -> Box<dyn FnOnce()> {
        let number = self.send("task", &task, hear);
        let (worker, hearers) = (self.worker.clone(), self.hearers.clone());
        Box::new(move || {
            // Whoever has ended needs no stop.
            let was_there = hearers.borrow_mut().remove(&number).is_some();
            if let (true, Some(worker)) = (was_there, &worker) {
                post(worker, number, "stop", "");
            }
        })
    }
}
