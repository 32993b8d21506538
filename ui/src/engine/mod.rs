//! The engine behind the pages, wherever it runs. Pages know [`Engine`] alone; how its calls and tasks travel is a
//! [`Transport`], chosen once at the start.

mod http;
mod tauri;
mod worker;

use std::{cell::OnceCell, future::Future, pin::Pin, rc::Rc};

use leptos::prelude::document;
use repartee_wire::engine::{Ask, Call, EngineError, EngineErrorCode, Run, Task};

/// What is said while a task runs.
pub(crate) enum Heard {
    /// An event, as JSON.
    Event(String),
    /// That it has ended, and how. Nothing follows.
    End(Result<(), EngineError>),
}

/// Takes what is said.
pub(crate) type Hear = Box<dyn FnMut(Heard)>;

/// An answer that is on its way.
pub(crate) type Answer = Pin<Box<dyn Future<Output = Result<String, EngineError>>>>;

/// A way to an engine. Another one is a file beside this and a line in [`chosen`].
pub(crate) trait Transport {
    /// The answer to a [`Call`] in JSON, in JSON.
    fn call(&self, call: String) -> Answer;

    /// Starts a [`Task`] in JSON; what is given back stops it.
    fn start(&self, task: String, hear: Hear) -> Box<dyn FnOnce()>;
}

/// The engine of the pages.
#[derive(Clone)]
pub(crate) struct Engine(Rc<dyn Transport>);

thread_local! {
    static ENGINE: OnceCell<Option<Engine>> = const { OnceCell::new() };
}

/// The engine; none where the pages came without one.
pub(crate) fn get() -> Option<Engine> {
    ENGINE.with(|engine| engine.get_or_init(chosen).clone())
}

/// The page's `<meta name="repartee-engine">` says where the engine is: a path is that of a worker's script, `http:` with a
/// path is that of an engine on the same server, and `tauri` that of the desktop app.
fn chosen() -> Option<Engine> {
    let meta = document().query_selector("meta[name=repartee-engine]").ok().flatten()?;
    let place = meta.get_attribute("content").filter(|place| !place.is_empty())?;
    let transport: Rc<dyn Transport> = match place.as_str() {
        path if path.starts_with('/') => Rc::new(worker::Worker::start(path)),
        "tauri" => Rc::new(tauri::Tauri),
        place => Rc::new(http::Http::new(place.strip_prefix("http:")?)),
    };
    Some(Engine(transport))
}

impl Engine {
    /// Asks.
    pub(crate) async fn ask<A: Ask>(&self, call: A) -> Result<A::Answer, EngineError> {
        let call: Call = call.into();
        understood(&self.0.call(json(&call)).await?)
    }

    /// Starts a task. It is stopped when the handle is dropped; then nothing more is heard.
    pub(crate) fn run<R: Run>(
        &self,
        task: R,
        mut on_event: impl FnMut(R::Event) + 'static,
        on_end: impl FnOnce(Result<(), EngineError>) + 'static,
    ) -> Running {
        let task: Task = task.into();
        let mut on_end = Some(on_end);
        let mut end = move |how| {
            if let Some(on_end) = on_end.take() {
                on_end(how);
            }
        };
        let hear = move |heard| match heard {
            Heard::Event(event) => match understood(&event) {
                Ok(event) => on_event(event),
                Err(error) => end(Err(error)),
            },
            Heard::End(how) => end(how),
        };
        Running(Some(self.0.start(json(&task), Box::new(hear))))
    }
}

/// A task that runs.
#[must_use = "a task is stopped when this is dropped"]
pub(crate) struct Running(Option<Box<dyn FnOnce()>>);

impl Drop for Running {
    fn drop(&mut self) {
        if let Some(stop) = self.0.take() {
            stop();
        }
    }
}

fn json(value: &impl serde::Serialize) -> String {
    serde_json::to_string(value).expect("types of the interface are plain data")
}

fn understood<T: serde::de::DeserializeOwned>(text: &str) -> Result<T, EngineError> {
    serde_json::from_str(text).map_err(|error| {
        let message = format!("the engine's answer is not understood ({error}); load the page again");
        EngineError::new(EngineErrorCode::Internal, message)
    })
}
