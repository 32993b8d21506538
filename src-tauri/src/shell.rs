//! What the app knows: the project that is open, the engine on it, and the page that shows both.

use std::{
    env,
    path::{Path, PathBuf},
    sync::{Arc, Mutex, atomic::AtomicBool},
};

use repartee_wire::engine::{EngineError, EngineErrorCode};
use serde::Serialize;
use tauri::{AppHandle, Manager as _, ipc::Channel};

use crate::{
    engine::{Engine, locked, lost},
    projects::Projects,
    windows,
};

/// Told to the page without being asked.
#[derive(Clone, Debug, Serialize)]
#[serde(tag = "kind", rename_all = "kebab-case")]
pub(crate) enum Told {
    /// The window is to be closed, and these runs are under way.
    Closing { runs: Vec<String> },
    /// The engine has ended by itself.
    Lost { error: EngineError },
}

/// What the page is told when it begins.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct Standing {
    /// The folder of the open project.
    project: PathBuf,
    /// Folders of projects that were open before, the last one first.
    recent: Vec<PathBuf>,
    /// Why there is no engine, if there is none.
    fault: Option<EngineError>,
}

/// See the module.
pub(crate) struct Shell {
    app: AppHandle,
    project: Mutex<PathBuf>,
    projects: Mutex<Projects>,
    engine: Mutex<Result<Arc<Engine>, EngineError>>,
    page: Mutex<Option<Channel<Told>>>,
    /// Whether the page was told that the window is to be closed, and has not said how.
    pub(crate) is_closing: AtomicBool,
}

impl Shell {
    /// With the project that the command line names, or else the last one, or else `Repartee` in the home folder; without an
    /// engine as yet.
    pub(crate) fn new(app: &AppHandle) -> Self {
        let folder = app.path().app_config_dir().unwrap_or_else(|_| env::temp_dir().join("repartee-desktop"));
        let projects = Projects::read(folder.join("projects.json"));
        let named = env::args_os().nth(1).map(PathBuf::from).and_then(|folder| std::path::absolute(folder).ok());
        let home = || app.path().home_dir().unwrap_or_else(|_| env::temp_dir()).join("Repartee");
        let project = named.or_else(|| projects.recent().first().cloned()).unwrap_or_else(home);
        Self {
            app: app.clone(),
            project: Mutex::new(project),
            projects: Mutex::new(projects),
            engine: Mutex::new(Err(lost("it was not started yet"))),
            page: Mutex::default(),
            is_closing: AtomicBool::new(false),
        }
    }

    /// Ends the engine, and starts one on a folder.
    pub(crate) fn open_project(&self, folder: &Path) {
        self.end_engine();
        folder.clone_into(&mut locked(&self.project));
        let app = self.app.clone();
        let on_lost = move |error| _ = app.state::<Self>().tell(Told::Lost { error });
        let engine = program().and_then(|program| Engine::start(&program, folder, on_lost));
        // The engine makes the folder; where it cannot, it says so.
        if engine.is_ok()
            && let Err(error) = locked(&self.projects).open(folder)
        {
            eprintln!("the list of recent projects cannot be kept: {error}");
        }
        *locked(&self.engine) = engine;
        windows::entitle(&self.app, folder);
    }

    /// Starts the engine, again if there is one.
    pub(crate) fn restart(&self) {
        let project = self.project();
        self.open_project(&project);
    }

    /// Ends the engine, if there is one.
    pub(crate) fn end_engine(&self) {
        let engine = std::mem::replace(&mut *locked(&self.engine), Err(lost("it was ended")));
        if let Ok(engine) = engine {
            engine.end();
        }
    }

    /// The engine.
    ///
    /// # Errors
    /// Why there is none.
    pub(crate) fn engine(&self) -> Result<Arc<Engine>, EngineError> {
        let engine = locked(&self.engine).clone()?;
        engine.fault().map_or(Ok(engine), Err)
    }

    /// The folder of the open project.
    pub(crate) fn project(&self) -> PathBuf {
        locked(&self.project).clone()
    }

    /// Whether a project was open before, so that the page may open it without a dialog.
    pub(crate) fn is_known(&self, folder: &Path) -> bool {
        locked(&self.projects).recent().iter().any(|known| known == folder)
    }

    /// Takes a page's ear; what an earlier page had started is stopped.
    pub(crate) fn attend(&self, page: Channel<Told>) -> Standing {
        *locked(&self.page) = Some(page);
        self.is_closing.store(false, std::sync::atomic::Ordering::SeqCst);
        let engine = self.engine();
        if let Ok(engine) = &engine {
            engine.stop_all_tasks();
        }
        Standing { project: self.project(), recent: locked(&self.projects).recent(), fault: engine.err() }
    }

    /// Tells the page something; whether there was one.
    pub(crate) fn tell(&self, told: Told) -> bool {
        locked(&self.page).as_ref().is_some_and(|page| page.send(told).is_ok())
    }
}

/// The program `repartee`: the one that `REPARTEE` names, or the one beside this program.
pub(crate) fn program() -> Result<PathBuf, EngineError> {
    if let Some(named) = env::var_os("REPARTEE").filter(|named| !named.is_empty()) {
        return Ok(named.into());
    }
    let here = env::current_exe().ok();
    let beside = here.and_then(|here| Some(here.parent()?.join(format!("repartee{}", env::consts::EXE_SUFFIX))));
    beside.filter(|program| program.is_file()).ok_or_else(|| {
        let message = "the program `repartee`, which computes, is not beside the app; install Repartee again, or name it in REPARTEE";
        EngineError::new(EngineErrorCode::NotFound, message)
    })
}
