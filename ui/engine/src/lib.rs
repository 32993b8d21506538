//! The engine in a browser's worker: opens models from their files and answers calls and tasks of `repartee-wire`, on WebGPU
//! or on the CPU. The same asynchronous code as in the program; only where files come from and who waits differ.
//!
//! Calls and tasks cross the border to JavaScript as JSON. What has to do with the network and the browser's storage is the
//! worker's script (`ui/page/worker.js`).
#![cfg(target_family = "wasm")]

mod fault;
mod model;
mod pauses;

use std::{
    cell::RefCell,
    collections::{BTreeMap, BTreeSet},
    rc::Rc,
};

use js_sys::Function;
use repartee_answer::{self as answer, Listener, Map};
use repartee_wire::engine::{EngineError, EngineErrorCode, Task};
use wasm_bindgen::prelude::*;

use crate::{
    model::{Files, Model},
    pauses::with_pauses,
};

#[derive(Default)]
struct Engine {
    models: BTreeMap<String, Rc<Model>>,
    maps: BTreeMap<String, Map>,
    /// Numbers of tasks that were told to stop.
    stopped: BTreeSet<u32>,
    panic: Option<String>,
}

thread_local! {
    static ENGINE: RefCell<Engine> = RefCell::new(Engine::default());
}

fn engine<T>(act: impl FnOnce(&mut Engine) -> T) -> T {
    ENGINE.with(|engine| act(&mut engine.borrow_mut()))
}

#[expect(unsafe_code, reason = "the linker's own function, which takes and gives nothing")]
unsafe extern "C" {
    /// Runs the constructors by which parts of the GPU's compiler sign themselves in. Where nobody calls it, the linker puts a
    /// call of it into every function that JavaScript calls, and half of the time goes there.
    fn __wasm_call_ctors();
}

/// Panics become lines of the console, and are kept for [`last_panic`].
#[wasm_bindgen(start)]
pub fn start() {
    // SAFETY: once, before all else.
    #[expect(unsafe_code, reason = "as the linker would call it")]
    unsafe {
        __wasm_call_ctors();
    }
    std::panic::set_hook(Box::new(|info| {
        console_error_panic_hook::hook(info);
        let text = info.payload_as_str().unwrap_or("it panicked").to_owned();
        ENGINE.with(|engine| {
            if let Ok(mut engine) = engine.try_borrow_mut() {
                engine.panic = Some(text);
            }
        });
    }));
}

/// What the engine said when it broke. After that, only loading it anew helps.
#[wasm_bindgen]
pub fn last_panic() -> Option<String> {
    engine(|engine| engine.panic.take())
}

/// The engine's version.
#[wasm_bindgen]
pub fn version() -> String {
    env!("CARGO_PKG_VERSION").to_owned()
}

/// Opens a model on `cpu` or `wgpu` from the contents of its `run.toml`, `tokenizer.json` and `best.safetensors`; gives the
/// number of its vocabulary's pieces.
///
/// # Errors
/// No adapter, or a file that is damaged or does not belong to the others; as an `EngineError` in JSON.
#[wasm_bindgen]
pub async fn open(
    model: String,
    device: String,
    run: String,
    tokenizer: String,
    weights: Vec<u8>,
) -> Result<u32, JsValue> {
    let files = Files { run: &run, tokenizer: &tokenizer, weights: &weights };
    let opened = Model::open(&device, &files).await.map_err(|error| fault::thrown(&error))?;
    let n_pieces = opened.vocabulary.size() as u32;
    engine(|engine| {
        engine.maps.remove(&model);
        engine.models.insert(model, Rc::new(opened));
    });
    Ok(n_pieces)
}

/// Frees a model.
#[wasm_bindgen]
pub fn close(model: &str) {
    engine(|engine| {
        engine.models.remove(model);
        engine.maps.remove(model);
    });
}

/// Whether a model is open.
#[wasm_bindgen]
pub fn is_open(model: &str) -> bool {
    engine(|engine| engine.models.contains_key(model))
}

/// Runs a task in JSON to its end; `on_event` hears its events in JSON.
///
/// # Errors
/// As an `EngineError` in JSON.
#[wasm_bindgen]
pub async fn run(number: u32, task: String, on_event: Function) -> Result<(), JsValue> {
    let told = Told { number, on_event: &on_event };
    let result = with_pauses(dispatch(&task, &told)).await;
    engine(|engine| engine.stopped.remove(&number));
    result.map_err(|error| fault::thrown(&error))
}

/// Stops a task at its next step.
#[wasm_bindgen]
pub fn stop(number: u32) {
    engine(|engine| engine.stopped.insert(number));
}

async fn dispatch(task: &str, told: &Told<'_>) -> Result<(), EngineError> {
    let task: Task = serde_json::from_str(task).map_err(|error| fault::invalid(format!("no such task: {error}")))?;
    match task {
        Task::Generate(task) => answer::generate(&opened(&task.model)?.speaker(), task, told).await,
        Task::Decode(task) => answer::decode(&opened(&task.model)?.speaker(), task, told).await,
        Task::LatentMap(task) => {
            let keep = |map| engine(|engine| _ = engine.maps.insert(task.model.clone(), map));
            answer::draw(&opened(&task.model)?.speaker(), &task, told, keep).await
        }
        Task::Arrange(task) => {
            let no_map = || fault::invalid("there is no map to arrange; draw one first");
            let mut map = engine(|engine| engine.maps.remove(&task.model)).ok_or_else(no_map)?;
            let result = answer::arrange(&mut map, &task, told).await;
            // Unless another map was drawn meanwhile.
            engine(|engine| _ = engine.maps.entry(task.model).or_insert(map));
            result
        }
        Task::OpenModel(_) | Task::WatchRun(_) => {
            Err(EngineError::new(EngineErrorCode::Unsupported, "the engine of a browser does not do that"))
        }
    }
}

fn opened(model: &str) -> Result<Rc<Model>, EngineError> {
    let missing = || EngineError::new(EngineErrorCode::NotOpen, format!("model `{model}` is not open; open it first"));
    engine(|engine| engine.models.get(model).cloned()).ok_or_else(missing)
}

/// Who hears of a task.
struct Told<'a> {
    number: u32,
    on_event: &'a Function,
}

impl Listener for Told<'_> {
    fn tell(&self, event: String) {
        // Whoever does not listen any more hears nothing.
        _ = self.on_event.call1(&JsValue::NULL, &event.into());
    }

    fn is_stopped(&self) -> bool {
        engine(|engine| engine.stopped.contains(&self.number))
    }

    fn now_ms(&self) -> f64 {
        js_sys::Date::now()
    }
}
