//! `cargo xtask clippy`: the compiler's and clippy's warnings as errors.

use crate::{process, say, workspace::Workspace};

use super::ui;

/// Runs clippy on every target; a warning is an error
///
/// Also on the pages, if Rust's standard library for browsers is there; `cargo xtask ui` adds it.
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
    command.args(["clippy", "--all-targets", "--", "-D", "warnings"]);
    let remedy = "the warnings above say what to change";
    process::run(&mut command, remedy)?;
    if !ui::has_target() {
        say::line("clippy", &format!("the pages are left out: no {}; `cargo xtask ui` adds it", ui::TARGET));
        return Ok(());
    }
    let mut command = workspace.cargo();
    command.args(["clippy", "--package", "repartee-ui", "--target", ui::TARGET, "--profile", "pages"]);
    process::run(command.args(["--", "-D", "warnings"]), remedy)?;
    if super::setup::clang().is_some() {
        let mut command = workspace.cargo();
        command.args(["clippy", "--package", "repartee-studies", "--target", ui::TARGET, "--profile", "pages"]);
        super::web::add_clang(&mut command)?;
        process::run(command.args(["--", "-D", "warnings"]), remedy)?;
    } else {
        say::line("clippy", "the browser's studies are left out: no clang; `cargo xtask setup --web` adds it");
    }
    let mut command = workspace.cargo();
    command.args(["clippy", "--package", "repartee-ui-pack", "--", "-D", "warnings"]);
    process::run(&mut command, remedy)
}
