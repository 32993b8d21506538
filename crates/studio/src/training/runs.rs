//! Starting, stopping and resuming runs, and listing them.

use std::{
    ffi::OsString,
    path::Path,
    thread::sleep,
    time::{Duration, Instant, SystemTime},
};

use repartee_engine::control;
use repartee_wire::engine::{EngineError, EngineErrorCode, RunState, RunStatus, TrainRequest};

use super::{
    Training, corpora, process,
    status::{REQUEST, is_active, request, status},
};
use crate::{
    about::Devices,
    fault::{self, invalid},
    project::{Project, folders},
};

/// How long a process that was just started may take to take its run, before it is ended instead of asked to stop.
const PATIENCE: Duration = Duration::from_secs(3);

impl Training {
    /// The runs of the project, the newest first.
    pub(crate) fn runs(&self, project: &Project) -> Vec<RunStatus> {
        let begun = |folder: &Path| {
            let when = |name: &str| folder.join(name).metadata().and_then(|file| file.modified()).ok();
            when(REQUEST).or_else(|| when("manifest.json")).unwrap_or(SystemTime::UNIX_EPOCH)
        };
        let mut runs = folders(project.runs());
        runs.sort_by_key(|(_, folder)| std::cmp::Reverse(begun(folder)));
        runs.into_iter().filter_map(|(name, folder)| status(&name, &folder, self.has_child(&name))).collect()
    }

    /// How a run stands.
    pub(super) fn status(&self, project: &Project, run: &str) -> Result<RunStatus, EngineError> {
        let folder = project.run(run)?;
        let none = || EngineError::new(EngineErrorCode::NotFound, format!("`{run}` is no run; it has no run file"));
        status(run, &folder, self.has_child(run)).ok_or_else(none)
    }

    /// Starts a run.
    pub(crate) fn start(
        &self,
        project: &Project,
        devices: &Devices,
        request: &TrainRequest,
    ) -> Result<RunStatus, EngineError> {
        corpora::checked(&request.corpus)?;
        process::run_file(request)?;
        let (device, _) = devices.choose(request.device.as_deref())?;
        let words = process::words(request, &device)?;
        let folder = project.new_run(&request.name)?;
        fs_err::create_dir(&folder).map_err(|error| fault::of_file(&folder, &error))?;
        let json = serde_json::to_vec_pretty(request).expect("a request is plain data");
        let path = folder.join(REQUEST);
        fs_err::write(&path, json).map_err(|error| fault::of_file(&path, &error))?;
        self.spawn(&request.name, &folder, &words)?;
        self.status(project, &request.name)
    }

    /// Continues a run that was stopped or failed.
    pub(crate) fn resume(&self, project: &Project, devices: &Devices, run: &str) -> Result<RunStatus, EngineError> {
        let before = self.status(project, run)?;
        match before.state {
            RunState::Stopped | RunState::Failed => {}
            RunState::Finished => return Err(invalid(format!("`{run}` has made all its updates"))),
            _ => return Err(EngineError::new(EngineErrorCode::Busy, format!("`{run}` is under way"))),
        }
        let folder = project.run(run)?;
        let request = request(&folder);
        let asked = request.as_ref().and_then(|request| request.device.as_deref());
        let (device, _) = devices.choose(asked)?;
        let words = match request {
            // It never came so far as to write its run file.
            Some(request) if !folder.join("run.toml").is_file() => process::words(&request, &device)?,
            _ => vec!["--resume".into(), "--device".into(), device.into()],
        };
        self.spawn(run, &folder, &words)?;
        self.status(project, run)
    }

    fn spawn(&self, run: &str, folder: &Path, words: &[OsString]) -> Result<(), EngineError> {
        let child = process::spawn(&self.program, folder, words)?;
        self.children().insert(run.to_owned(), child);
        Ok(())
    }

    /// Asks a run to stop, and says how it stands then: on its way to a stop.
    pub(crate) fn stop(&self, project: &Project, run: &str) -> Result<RunStatus, EngineError> {
        let folder = project.run(run)?;
        let start = Instant::now();
        loop {
            let now = self.status(project, run)?;
            if !is_active(now.state) {
                return Ok(now);
            }
            if control::is_held(&folder) {
                control::ask_to_stop(&folder).map_err(|error| fault::of(&error.into()))?;
                return self.status(project, run);
            }
            // Nothing is trained yet that could be lost.
            if start.elapsed() > PATIENCE
                && let Some(mut child) = self.children().remove(run)
            {
                _ = child.kill();
                _ = child.wait();
            }
            sleep(Duration::from_millis(20));
        }
    }
}
