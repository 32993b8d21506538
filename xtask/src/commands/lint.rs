//! `cargo xtask lint`: every check that runs none of our code.

use crate::{say::Steps, workspace::Workspace};

use super::{clippy, fmt, licences, tidy};

/// Runs the checks: format, licences, tidy, clippy
///
/// The quick ones come first. All of them run, and those that fail are named at the end.
#[derive(Debug, clap::Args)]
pub(crate) struct Lint {}

impl Lint {
    /// # Errors
    /// When a check fails.
    pub(crate) fn run(self, workspace: &Workspace) -> anyhow::Result<()> {
        workspace.say_target_dir("lint");
        let mut steps = Steps::default();
        run_steps(workspace, &mut steps);
        steps.finish()
    }
}

/// The checks, as steps of a longer run.
pub(crate) fn run_steps(workspace: &Workspace, steps: &mut Steps) {
    steps.run("fmt", || fmt::check(workspace));
    steps.run("licences", || licences::check(workspace));
    steps.run("tidy", || tidy::check(workspace));
    steps.run("clippy", || clippy::check(workspace));
}
