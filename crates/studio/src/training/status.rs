//! How a run stands, from its folder.

use std::path::Path;

use repartee_engine::{
    CheckpointKind, Header, RunDirectory,
    control::{self, Phase, Status},
    corpus::Corpus,
};
use repartee_wire::engine::{RunState, RunStatus, TrainRequest};

use super::process;
use crate::models::method;

/// What was asked for, in the run's folder.
pub(super) const REQUEST: &str = "request.json";

const KILLED: &str = "its process ended without saving, for instance because it was killed; it can be resumed from its last \
                      save";

/// The request that a run was started with, if it was started here.
pub(super) fn request(folder: &Path) -> Option<TrainRequest> {
    serde_json::from_slice(&std::fs::read(folder.join(REQUEST)).ok()?).ok()
}

/// A run's status; none where the folder is no run. `has_child`: whether a process was started that may not hold it yet.
pub(super) fn status(run: &str, folder: &Path, has_child: bool) -> Option<RunStatus> {
    let request = request(folder);
    let directory = RunDirectory::open(folder).ok();
    if request.is_none() && directory.is_none() {
        return None;
    }
    let is_held = control::is_held(folder);
    let last = control::status(folder);
    let run_file = directory.as_ref().and_then(|directory| directory.run_file().ok());
    let from_files = || directory.as_ref().and_then(saved_update).unwrap_or(0);
    let update = last.as_ref().map_or_else(from_files, |last| last.update);
    let asked = request.as_ref().and_then(|request| process::run_file(request).ok());
    let max_updates = run_file.as_ref().or(asked.as_ref()).map(|run| run.training.max_updates);
    let max_updates = max_updates.or(last.as_ref().map(|last| last.max_updates)).unwrap_or(0);
    let (state, reason) = match &last {
        _ if is_held => (held(folder, last.as_ref()), None),
        _ if has_child => (RunState::Starting, None),
        last => ended(folder, last.as_ref(), directory.is_some() && update >= max_updates),
    };
    let asked = || request.as_ref().map(|request| request.configuration.clone()).unwrap_or_default();
    let method = run_file.as_ref().map_or_else(asked, |run| method(run).0);
    let manifest = directory.as_ref().and_then(|directory| directory.manifest().ok());
    let language = manifest.map(|manifest| manifest.language).or_else(|| {
        let corpus = Corpus::open(request.as_ref()?.corpus.as_ref()).ok()?;
        Some(corpus.manifest().language)
    });
    let language = language.map(|language| language.name().to_owned()).unwrap_or_default();
    Some(RunStatus { run: run.to_owned(), state, method, language, update, max_updates, reason })
}

fn held(folder: &Path, last: Option<&Status>) -> RunState {
    match last.map(|last| last.phase) {
        _ if control::is_stopping(folder) => RunState::Stopping,
        Some(Phase::Running) => RunState::Running,
        _ => RunState::Starting,
    }
}

fn ended(folder: &Path, last: Option<&Status>, has_all: bool) -> (RunState, Option<String>) {
    // What the process said at its end, unless another one, started elsewhere, has said something since.
    let written = folder.join("status.json").metadata().and_then(|file| file.modified()).ok();
    if let Some((error, at)) = process::last_error(folder)
        && written.is_none_or(|written| written <= at)
    {
        return (RunState::Failed, Some(error));
    }
    match last {
        Some(Status { phase: Phase::Failed, reason, .. }) => (RunState::Failed, reason.clone()),
        Some(Status { phase: Phase::Starting | Phase::Running, .. }) => (RunState::Failed, Some(KILLED.to_owned())),
        _ if has_all => (RunState::Finished, None),
        _ => (RunState::Stopped, None),
    }
}

/// Updates that the last save has seen, of a run that says nothing more.
fn saved_update(directory: &RunDirectory) -> Option<u64> {
    let read = |kind| Header::read(&directory.checkpoint_path(kind)).ok();
    let header = read(CheckpointKind::Last).or_else(|| read(CheckpointKind::Best));
    Some(header?.progress.update)
}

/// Whether a process is at work.
pub(super) fn is_active(state: RunState) -> bool {
    matches!(state, RunState::Starting | RunState::Running | RunState::Stopping)
}
