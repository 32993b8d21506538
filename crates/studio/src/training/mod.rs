//! Training: corpora, run files, plans, and runs as processes of their own.

mod configurations;
mod corpora;
mod lines;
mod plan;
mod process;
mod runs;
mod status;
mod watch;

use std::{
    collections::BTreeMap,
    path::PathBuf,
    process::Child,
    sync::{Mutex, MutexGuard},
};

use crate::{lock, project::Project};

pub(crate) use configurations::configurations;
pub(crate) use watch::metrics;

use corpora::Embedded;

/// What trains.
pub(crate) struct Training {
    program: PathBuf,
    embedded: Embedded,
    /// Processes that this engine started, by the names of their runs.
    children: Mutex<BTreeMap<String, Child>>,
}

impl Training {
    pub(crate) fn new(project: &Project, program: PathBuf) -> Self {
        Self { program, embedded: Embedded::write_where_there_is_none(project), children: Mutex::default() }
    }

    fn children(&self) -> MutexGuard<'_, BTreeMap<String, Child>> {
        lock(&self.children)
    }

    /// Whether a process that this engine started for a run is alive.
    fn has_child(&self, run: &str) -> bool {
        let mut children = self.children();
        let is_alive = children.get_mut(run).is_some_and(|child| matches!(child.try_wait(), Ok(None)));
        if !is_alive {
            children.remove(run);
        }
        is_alive
    }
}
