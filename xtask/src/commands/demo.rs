//! `cargo xtask demo`: from a fresh clone to a talking model.

use std::env;

use crate::{process, say, workspace::Workspace};

use super::setup;

/// Sets up the machine, then builds and runs the demo
///
/// Compiles in the development profile, whose hot crates are optimised, and passes everything after `demo` to
/// `repartee demo`; see `cargo xtask demo -- --help` for what that takes.
/// The first build compiles all dependencies and takes many minutes; later ones take seconds.
#[derive(Debug, clap::Args)]
pub(crate) struct Demo {
    /// Passed to `repartee demo`
    #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
    arguments: Vec<String>,
}

impl Demo {
    /// # Errors
    /// When the build or the demo fails.
    pub(crate) fn run(self, workspace: &Workspace) -> anyhow::Result<()> {
        setup::run(workspace);
        workspace.say_target_dir("demo");
        let mut command = workspace.cargo();
        // Paths among the arguments mean what they mean where the reader stands.
        if let Ok(here) = env::current_dir() {
            command.current_dir(here);
        }
        command.arg("run").arg("--manifest-path").arg(workspace.root.join("Cargo.toml"));
        command.args(["--package", "repartee-cli", "--bin", "repartee", "--", "demo"]).args(&self.arguments);
        say::line("demo", &process::shown(&command));
        process::run(&mut command, "the lines above say why")
    }
}
