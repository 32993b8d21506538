//! What all pages of the engine know: what it is, which models there are, and which of them are open.

use std::collections::BTreeMap;

use leptos::{prelude::*, task::spawn_local};
use repartee_wire::engine::{
    About, AboutEngine, CloseModel, EngineError, EngineErrorCode as Code, Model, Models, OpenEvent, OpenModel,
    OpenedModel, RemoveModel,
};

use crate::{
    engine::{Engine, Running},
    storage,
};

const DEVICE: &str = "repartee.device";

/// How far a model is on its way to being open.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Opening {
    /// So many of so many bytes are here.
    Fetching(u64, u64),
    Loading,
    Open(OpenedModel),
    Failed(EngineError),
}

/// See the module.
#[derive(Clone, Copy)]
pub(crate) struct Studio {
    engine: StoredValue<Engine, LocalStorage>,
    /// What the engine is.
    pub(crate) about: RwSignal<Option<Result<About, EngineError>>>,
    /// The models that there are.
    pub(crate) models: RwSignal<Option<Result<Vec<Model>, EngineError>>>,
    /// Models that were asked for, by their ids.
    pub(crate) opening: RwSignal<BTreeMap<String, Opening>>,
    /// The model to begin with on the next page; empty as the page sees fit.
    pub(crate) wanted: RwSignal<String>,
    /// What to compute on; empty as the engine sees fit.
    pub(crate) device: RwSignal<String>,
    tasks: StoredValue<BTreeMap<String, Running>, LocalStorage>,
}

impl Studio {
    pub(crate) fn start(engine: Engine) -> Self {
        let studio = Self {
            engine: StoredValue::new_local(engine),
            about: RwSignal::new(None),
            models: RwSignal::new(None),
            opening: RwSignal::new(BTreeMap::new()),
            wanted: RwSignal::new(String::new()),
            device: RwSignal::new(storage::get(DEVICE).unwrap_or_default()),
            tasks: StoredValue::new_local(BTreeMap::new()),
        };
        studio.refresh();
        studio
    }

    /// The one of the pages.
    pub(crate) fn get() -> Self {
        expect_context()
    }

    pub(crate) fn engine(self) -> Engine {
        self.engine.get_value()
    }

    /// Asks the engine again what it is and has.
    pub(crate) fn refresh(self) {
        let engine = self.engine();
        spawn_local(async move {
            self.models.set(Some(engine.ask(Models {}).await));
            self.about.set(Some(engine.ask(AboutEngine {}).await));
        });
    }

    /// The models, empty before they are known.
    pub(crate) fn known_models(self) -> Vec<Model> {
        self.models.get().and_then(Result::ok).unwrap_or_default()
    }

    /// The model of an id.
    pub(crate) fn model(self, id: &str) -> Option<Model> {
        self.known_models().into_iter().find(|model| model.id == id)
    }

    /// Opens a model, unless it is open or on its way.
    pub(crate) fn open(self, model: &str) {
        let is_under_way = self
            .opening
            .with_untracked(|opening| opening.get(model).is_some_and(|opening| !matches!(opening, Opening::Failed(_))));
        if is_under_way {
            return;
        }
        let set = {
            let model = model.to_owned();
            move |state: Opening| self.opening.update(|opening| _ = opening.insert(model.clone(), state))
        };
        let total = self.models.get_untracked().and_then(Result::ok).unwrap_or_default();
        let total = total.iter().find(|known| known.id == model).map_or(0, |known| known.bytes);
        set(Opening::Fetching(0, total));
        let device = Some(self.device.get_untracked()).filter(|device| !device.is_empty());
        let task = OpenModel { model: model.to_owned(), device };
        let told = set.clone();
        let on_event = move |event| match event {
            OpenEvent::Fetching { done, total } => told(Opening::Fetching(done, total)),
            OpenEvent::Loading => told(Opening::Loading),
            OpenEvent::Opened(opened) => {
                told(Opening::Open(opened));
                self.refresh();
            }
        };
        let on_end = move |how: Result<(), EngineError>| {
            if let Err(error) = how {
                set(Opening::Failed(error));
            }
        };
        let running = self.engine().run(task, on_event, on_end);
        self.tasks.update_value(|tasks| _ = tasks.insert(model.to_owned(), running));
    }

    /// Closes a model, or stops its opening.
    pub(crate) fn close(self, model: &str) {
        self.tasks.update_value(|tasks| drop(tasks.remove(model)));
        self.opening.update(|opening| _ = opening.remove(model));
        let (engine, model) = (self.engine(), model.to_owned());
        spawn_local(async move {
            // What is not open needs no closing.
            _ = engine.ask(CloseModel { model }).await;
            self.refresh();
        });
    }

    /// What a task with a model ended with: a model that the engine has lost is closed here, too, and opened anew when it is
    /// next asked.
    pub(crate) fn ended(self, model: &str, how: &Result<(), EngineError>) {
        if how.as_ref().is_err_and(|error| matches!(error.code, Code::LostDevice | Code::NotOpen)) {
            self.opening.update(|opening| _ = opening.remove(model));
        }
    }

    /// Closes a model and takes it away from this device.
    pub(crate) fn remove(self, model: &str) {
        self.close(model);
        let (engine, model) = (self.engine(), model.to_owned());
        spawn_local(async move {
            if let Err(error) = engine.ask(RemoveModel { model: model.clone() }).await {
                self.opening.update(|opening| _ = opening.insert(model, Opening::Failed(error)));
            }
            self.refresh();
        });
    }

    /// Chooses what to compute on; models that are open are closed, and opened anew when they are next asked.
    pub(crate) fn choose_device(self, device: String) {
        if device.is_empty() {
            storage::remove(DEVICE);
        } else {
            storage::set(DEVICE, &device);
        }
        self.device.set(device);
        for model in self.opening.get_untracked().into_keys() {
            self.close(&model);
        }
    }

    /// Whether a model is open.
    pub(crate) fn is_open(self, model: &str) -> bool {
        self.opening.with(|opening| matches!(opening.get(model), Some(Opening::Open(_))))
    }

    /// Why a model could not be opened.
    pub(crate) fn failure(self, model: &str) -> Option<EngineError> {
        self.opening.with(|opening| match opening.get(model) {
            Some(Opening::Failed(error)) => Some(error.clone()),
            _ => None,
        })
    }
}
