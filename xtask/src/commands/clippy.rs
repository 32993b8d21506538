//! `cargo xtask clippy`: the compiler's and clippy's warnings as errors.

use crate::{process, workspace::Workspace};

/// Runs clippy on every target; a warning is an error
#[derive(Debug, clap::Args)]
pub(crate) struct Clippy {}

impl Clippy {
    /// # Errors
    /// When there is a warning.
    pub(crate) fn run(self, workspace: &Workspace) -> anyhow::Result<()> {
        workspace.say_target_dir("clippy");
        check(workspace)
    }
}

/// Fails if clippy warns.
pub(crate) fn check(workspace: &Workspace) -> anyhow::Result<()> {
    let mut command = workspace.cargo();
    command.args(["clippy", "--workspace", "--all-targets", "--", "-D", "warnings"]);
    process::run(&mut command, "the warnings above say what to change")
}
