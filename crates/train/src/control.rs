//! A run under way as others see it, from its folder alone: `lock`, which its process holds for as long as it lives;
//! `status.json`, how far it is and how it ended; and `stop`, a file that asks it to stop after the present update.
//!
//! Whoever starts a run can go away and come back, and find it.

use std::{
    fs::{File, OpenOptions, TryLockError},
    path::{Path, PathBuf},
    time::{Duration, Instant},
};

use serde::{Deserialize, Serialize};

use crate::error::TrainError;

/// Whoever looks whether a run is held holds it for a moment, too.
const PATIENCE: Duration = Duration::from_secs(2);

/// The status is written this often at most, unless the phase changes.
const WRITE_EVERY: Duration = Duration::from_millis(250);

/// Where a run stands, or how it ended, as its process wrote it last.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Status {
    /// The process.
    pub process: u32,
    /// What it is about.
    pub phase: Phase,
    /// Updates made.
    pub update: u64,
    /// Updates to make.
    pub max_updates: u64,
    /// Why it failed; one line.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
}

/// What a run's process is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Phase {
    /// It reads pairs.
    Starting,
    /// It makes updates. If nobody holds the run, its process was killed.
    Running,
    /// It ended in good order: stopped and saved, or with all updates made.
    Ended,
    /// An error ended it.
    Failed,
}

/// A run that this process holds.
#[derive(Debug)]
pub(crate) struct Control {
    directory: PathBuf,
    status: Status,
    written: Instant,
    /// The system frees it with the process, however that ends.
    _lock: File,
}

impl Control {
    /// Takes the run. A wish to stop from earlier is forgotten.
    pub(crate) fn hold(directory: &Path, max_updates: u64) -> Result<Self, TrainError> {
        let path = directory.join("lock");
        let open = OpenOptions::new().create(true).truncate(false).write(true).open(&path);
        let lock = open.map_err(|source| TrainError::Write { path: path.clone(), source })?;
        let start = Instant::now();
        loop {
            match lock.try_lock() {
                // A file system without locks is no reason not to train.
                Ok(()) | Err(TryLockError::Error(_)) => break,
                Err(TryLockError::WouldBlock) if start.elapsed() > PATIENCE => {
                    return Err(TrainError::Busy { path: directory.to_owned() });
                }
                Err(TryLockError::WouldBlock) => std::thread::sleep(Duration::from_millis(20)),
            }
        }
        let stop = stop_path(directory);
        if stop.exists() {
            std::fs::remove_file(&stop).map_err(|source| TrainError::Write { path: stop, source })?;
        }
        // A run that goes on has made its updates before the first new one.
        let update = status(directory).map_or(0, |last| last.update);
        let status = Status { process: std::process::id(), phase: Phase::Starting, update, max_updates, reason: None };
        let control = Self { directory: directory.to_owned(), status, written: Instant::now(), _lock: lock };
        control.write();
        Ok(control)
    }

    /// Whether somebody asks for a stop.
    pub(crate) fn is_asked_to_stop(&self) -> bool {
        stop_path(&self.directory).exists()
    }

    /// Says where the run stands.
    pub(crate) fn at(&mut self, update: u64) {
        let is_new = self.status.phase != Phase::Running;
        self.status.update = update;
        self.status.phase = Phase::Running;
        if is_new || self.written.elapsed() >= WRITE_EVERY {
            self.written = Instant::now();
            self.write();
        }
    }

    /// Says how the run ended, and lets it go.
    pub(crate) fn end(mut self, failure: Option<&TrainError>) {
        self.status.phase = if failure.is_some() { Phase::Failed } else { Phase::Ended };
        self.status.reason = failure.map(one_line);
        self.write();
        // What is gone already needs no removal.
        _ = std::fs::remove_file(stop_path(&self.directory));
    }

    /// A status that cannot be written must not end a run: whoever looks then sees an older one.
    fn write(&self) {
        let json = serde_json::to_vec(&self.status).expect("a status has only plain values");
        let new = self.directory.join("status.json.new");
        if std::fs::write(&new, json).is_ok() {
            _ = std::fs::rename(new, status_path(&self.directory));
        }
    }
}

/// An error with its causes on one line.
fn one_line(error: &TrainError) -> String {
    let mut text = error.to_string();
    let mut cause = std::error::Error::source(error);
    while let Some(error) = cause {
        let said = error.to_string();
        if !text.contains(&said) {
            text += &format!(": {said}");
        }
        cause = error.source();
    }
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

fn stop_path(directory: &Path) -> PathBuf {
    directory.join("stop")
}

fn status_path(directory: &Path) -> PathBuf {
    directory.join("status.json")
}

/// Whether a living process trains the run in this folder.
pub fn is_held(directory: &Path) -> bool {
    let Ok(lock) = OpenOptions::new().write(true).open(directory.join("lock")) else { return false };
    matches!(lock.try_lock_shared(), Err(TryLockError::WouldBlock))
}

/// What the run's process wrote last; none where it never came so far.
pub fn status(directory: &Path) -> Option<Status> {
    serde_json::from_slice(&std::fs::read(status_path(directory)).ok()?).ok()
}

/// Whether the run was asked to stop and has not done so yet.
pub fn is_stopping(directory: &Path) -> bool {
    stop_path(directory).exists()
}

/// Asks the run in this folder to stop after the present update, saved.
///
/// # Errors
/// When the folder cannot be written.
pub fn ask_to_stop(directory: &Path) -> Result<(), TrainError> {
    let path = stop_path(directory);
    std::fs::write(&path, b"").map_err(|source| TrainError::Write { path, source })
}
