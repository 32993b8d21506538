//! `cargo xtask test`: everything that must hold before a commit, on a clean clone as well as in a used one.

use std::{env, process::Command};

use crate::{
    process,
    say::{self, Steps},
    vulkan,
    workspace::{self, Workspace},
};

use super::{lint, setup, ui};

/// Sets up the machine, then runs every check and all tests
///
/// The checks are those of `lint`. A failed check does not keep the tests from running; at the end all failures are
/// named. The pages are built before the tests, one of which drives them in a browser. Without a graphics card the wgpu tests run on Mesa's software adapter; without any adapter they print that
/// they were skipped.
#[derive(Debug, clap::Args)]
pub(crate) struct Test {
    /// Leave out the checks
    #[arg(long)]
    only_tests: bool,

    /// Passed to `cargo test` e.g. `-- --package repartee-metrics`
    #[arg(last = true)]
    arguments: Vec<String>,
}

impl Test {
    /// # Errors
    /// When a check or a test fails.
    pub(crate) fn run(self, workspace: &Workspace) -> anyhow::Result<()> {
        setup::run_for_tests(workspace);
        workspace.say_target_dir("test");
        let mut steps = Steps::default();
        if !self.only_tests {
            lint::run_steps(workspace, &mut steps);
        }
        // The server embeds the pages, so that they come first.
        if self.arguments.is_empty() {
            steps.run("ui", || ui::build(workspace));
            ui::fetch_axe();
        }
        steps.run("tests", || run_tests(workspace, &self.arguments));
        steps.finish()
    }
}

fn run_tests(workspace: &Workspace, arguments: &[String]) -> anyhow::Result<()> {
    let mut command = workspace.cargo();
    command.arg("test");
    if arguments.is_empty() {
        command.arg("--no-fail-fast");
    } else {
        command.args(arguments);
    }
    set_default(&mut command, "RUST_BACKTRACE", "1");
    if vulkan::Facts::read().is_software() {
        prepare_software_adapter(&mut command);
    }
    say::line("tests", &process::shown(&command));
    process::run(&mut command, "the tests' own lines say what is wrong")
}

/// Narrow vectors: LLVM compiles a shader three times as fast, which then runs a fifth slower; tests run each once.
/// Shaders compiled so get a cache of their own, because Mesa may not tell the widths apart.
fn prepare_software_adapter(command: &mut Command) {
    if env::var_os("LP_NATIVE_VECTOR_WIDTH").is_some() {
        return;
    }
    command.env("LP_NATIVE_VECTOR_WIDTH", "128");
    let mut note = "no graphics card: Mesa's software adapter, LP_NATIVE_VECTOR_WIDTH=128".to_owned();
    if let Some(cache) = workspace::user_cache_dir() {
        let folder = cache.join("repartee").join("shaders-128");
        note.push_str(&format!(", compiled shaders kept in {}", folder.display()));
        // Mesa makes the last folder of the path only.
        if fs_err::create_dir_all(&folder).is_ok() && env::var_os("MESA_SHADER_CACHE_DIR").is_none() {
            command.env("MESA_SHADER_CACHE_DIR", folder);
        }
    }
    say::line("tests", &note);
}

fn set_default(command: &mut Command, name: &str, value: &str) {
    if env::var_os(name).is_none() {
        command.env(name, value);
    }
}
