//! The engine behind the pages on a desktop or a server: it answers the calls and tasks of `repartee-wire` over a project
//! folder with `corpora`, `runs`, `models` and `studies`. Over HTTP with the pages ([`Server`]), or line by line ([`stdio`])
//! for a program that shows them itself.
//!
//! Owns threads, open models and the processes that train. A run is a process of its own (`repartee train`): it goes on
//! when the engine ends, and an engine that starts later finds it by its folder. Neither bad input nor a panic of a task
//! takes the engine down.

mod about;
mod fault;
mod http;
mod models;
mod project;
mod serve;
pub mod stdio;
mod stream;
mod task;
mod training;

use std::{
    panic::{AssertUnwindSafe, catch_unwind},
    path::{Path, PathBuf},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use repartee_engine::DeviceChoice;
use repartee_wire::engine::{Ask, Call, Done, EngineError, EngineErrorCode};

pub use repartee_wire::engine::Home;
pub use serve::Server;
pub use task::{Stop, Told};

use about::Devices;
use models::OpenModels;
use project::Project;
use training::Training;

/// What a panic left is whole: everything shared is put in its place at once.
fn lock<T: ?Sized>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// What keeps a studio from starting.
#[derive(Debug, thiserror::Error)]
#[expect(missing_docs, reason = "each message says what its fields are")]
pub enum StudioError {
    #[error("cannot make the project folder `{}` ({source}); choose another one", path.display())]
    Folder { path: PathBuf, source: std::io::Error },
    #[error("cannot listen on {address} ({source}); choose another one with --port")]
    Listen { address: std::net::SocketAddr, source: std::io::Error },
    #[error("the studio stopped ({source}); start it again")]
    Stopped { source: std::io::Error },
    #[error(transparent)]
    Server(#[from] repartee_server::ServerError),
}

/// What a studio is made of.
#[derive(Clone, Debug)]
pub struct Options {
    /// The project folder; it is made where there is none.
    pub folder: PathBuf,
    /// Where the studio runs.
    pub home: Home,
    /// What it computes on where nothing else is asked for.
    pub device: DeviceChoice,
    /// The program `repartee`, which trains.
    pub program: PathBuf,
    /// The program's version.
    pub version: &'static str,
}

/// The engine.
#[derive(Clone)]
#[expect(missing_debug_implementations, reason = "models are megabytes of numbers")]
pub struct Studio(Arc<Inner>);

struct Inner {
    home: Home,
    version: &'static str,
    project: Project,
    devices: Devices,
    models: OpenModels,
    training: Training,
}

impl Studio {
    /// Opens a project folder.
    ///
    /// # Errors
    /// When the folder cannot be made.
    pub fn open(options: Options) -> Result<Self, StudioError> {
        let Options { folder, home, device, program, version } = options;
        let project = Project::open(&folder)?;
        let training = Training::new(&project, program);
        let (devices, models) = (Devices::new(device), OpenModels::default());
        Ok(Self(Arc::new(Inner { home, version, project, devices, models, training })))
    }

    /// The folder of studies.
    pub fn studies(&self) -> &Path {
        self.0.project.studies()
    }

    /// Answers a call, in JSON. It may take as long as a few updates of a model take.
    ///
    /// # Errors
    /// What the engine refuses.
    pub fn call(&self, call: Call) -> Result<String, EngineError> {
        let answer = catch_unwind(AssertUnwindSafe(|| self.0.answer(call)));
        answer.unwrap_or_else(|panic| Err(fault::of_panic(panic.as_ref())))
    }

    /// A call in JSON; see [`Studio::call`].
    ///
    /// # Errors
    /// What the engine refuses, and what is no call.
    pub fn call_json(&self, call: &str) -> Result<String, EngineError> {
        self.call(serde_json::from_str(call).map_err(|error| fault::invalid(format!("no such call: {error}")))?)
    }
}

impl Inner {
    fn answer(&self, call: Call) -> Result<String, EngineError> {
        let Self { project, devices, models, training, .. } = self;
        match call {
            Call::AboutEngine(call) => answered(&call, self.about()),
            Call::Models(call) => answered(&call, Ok(models.list(project))),
            Call::CloseModel(call) => answered(&call, Ok(models.close(&call.model))),
            Call::RemoveModel(call) => {
                let message = format!("`{}` lies in the project folder; remove its folder there", call.model);
                answered(&call, Err(EngineError::new(EngineErrorCode::Unsupported, message)))
            }
            Call::Corpora(call) => answered(&call, training.corpora(project)),
            Call::Configurations(call) => answered(&call, Ok(training::configurations())),
            Call::PlanRun(call) => answered(&call, training.plan(project, devices, &call.request)),
            Call::StartRun(call) => answered(&call, training.start(project, devices, &call.request)),
            Call::ResumeRun(call) => answered(&call, training.resume(project, devices, &call.run)),
            Call::StopRun(call) => answered(&call, training.stop(project, &call.run)),
            Call::Runs(call) => answered(&call, Ok(training.runs(project))),
            Call::Metrics(call) => answered(&call, training::metrics(project, &call)),
        }
    }
}

/// The answer that belongs to a call, and no other, as JSON.
fn answered<A: Ask>(_: &A, answer: Result<A::Answer, EngineError>) -> Result<String, EngineError> {
    Ok(serde_json::to_string(&answer?).expect("answers are plain data"))
}

const DONE: Done = Done {};
