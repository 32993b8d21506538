//! Tasks: each in a thread of its own, until it ends or is told to stop.

use std::{
    panic::{AssertUnwindSafe, catch_unwind},
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    thread,
    time::{Duration, Instant},
};

use repartee_answer::{self as answer, Listener};
use repartee_generate::block_on;
use repartee_wire::engine::{Arrange, EngineError, EngineErrorCode, RunEvent, Task};

use crate::{Inner, Studio, fault};

/// How long a map may take to come back.
const PATIENCE: Duration = Duration::from_millis(500);

/// What is heard of a task.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Told {
    /// An event, as JSON.
    Event(String),
    /// That it has ended, and how. Nothing follows.
    End(Result<(), EngineError>),
}

/// Stops a task.
#[derive(Clone, Debug)]
pub struct Stop(Arc<AtomicBool>);

impl Stop {
    /// Stops it at its next step; it still tells its end.
    pub fn stop(&self) {
        self.0.store(true, Ordering::Relaxed);
    }
}

/// Hears a task natively.
struct Ear {
    tell: Box<dyn Fn(Told) + Send>,
    is_stopped: Arc<AtomicBool>,
    start: Instant,
}

impl Ear {
    fn event(&self, event: &impl serde::Serialize) {
        self.tell(serde_json::to_string(event).expect("events are plain data"));
    }
}

impl Listener for Ear {
    fn tell(&self, event: String) {
        (self.tell)(Told::Event(event));
    }

    fn is_stopped(&self) -> bool {
        self.is_stopped.load(Ordering::Relaxed)
    }

    fn now_ms(&self) -> f64 {
        self.start.elapsed().as_secs_f64() * 1e3
    }
}

impl Studio {
    /// Starts a task; `tell` hears its events, and last its end.
    pub fn start(&self, task: Task, tell: impl Fn(Told) + Send + 'static) -> Stop {
        let is_stopped = Arc::new(AtomicBool::new(false));
        let ear = Ear { tell: Box::new(tell), is_stopped: is_stopped.clone(), start: Instant::now() };
        let inner = self.0.clone();
        thread::spawn(move || {
            let result = catch_unwind(AssertUnwindSafe(|| inner.perform(task, &ear)));
            let result = result.unwrap_or_else(|panic| Err(fault::of_panic(panic.as_ref())));
            (ear.tell)(Told::End(result));
        });
        Stop(is_stopped)
    }

    /// Starts a task in JSON; see [`Studio::start`].
    ///
    /// # Errors
    /// What is no task.
    pub fn start_json(&self, task: &str, tell: impl Fn(Told) + Send + 'static) -> Result<Stop, EngineError> {
        let task = serde_json::from_str(task).map_err(|error| fault::invalid(format!("no such task: {error}")))?;
        Ok(self.start(task, tell))
    }
}

impl Inner {
    fn perform(&self, task: Task, ear: &Ear) -> Result<(), EngineError> {
        let Self { project, devices, models, training, .. } = self;
        match task {
            Task::OpenModel(task) => models.open(project, devices, &task, &|event| ear.event(&event)),
            Task::Generate(task) => {
                let model = models.get(&task.model)?;
                block_on(answer::generate(&model.speaker(), task, ear))
            }
            Task::Decode(task) => {
                let model = models.get(&task.model)?;
                block_on(answer::decode(&model.speaker(), task, ear))
            }
            Task::LatentMap(task) => {
                let model = models.get(&task.model)?;
                block_on(answer::draw(&model.speaker(), &task, ear, |map| *model.map() = Some(map)))
            }
            Task::Arrange(task) => self.arrange(&task, ear),
            Task::WatchRun(task) => {
                training.watch(project, &task, &|event: RunEvent| ear.event(&event), &|| ear.is_stopped())
            }
        }
    }

    /// The map is out of its place meanwhile.
    fn arrange(&self, task: &Arrange, ear: &Ear) -> Result<(), EngineError> {
        let model = self.models.get(&task.model)?;
        let none = || EngineError::new(EngineErrorCode::Invalid, "there is no map to arrange; draw one first");
        // One that is being arranged comes back when that has heard its stop.
        let start = Instant::now();
        let mut map = loop {
            match model.map().take() {
                Some(map) => break map,
                None if start.elapsed() > PATIENCE || ear.is_stopped() => return Err(none()),
                None => {}
            }
            thread::sleep(Duration::from_millis(10));
        };
        let result = block_on(answer::arrange(&mut map, task, ear));
        // Unless another map was drawn meanwhile.
        model.map().get_or_insert(map);
        result
    }
}
