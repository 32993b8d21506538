//! `cargo xtask desktop`: the desktop app, run, packed or driven.

mod bundle;
pub(super) mod needs;

use std::path::{Path, PathBuf};

use anyhow::ensure;

use crate::{process, say, workspace::Workspace};

use super::ui;

/// Opens the desktop app, or packs it
///
/// Builds the pages, the program `repartee`, which computes, and the app around the pages, which starts that program. On
/// Debian and Ubuntu installs WebKitGTK first, as `setup --desktop` does.
#[derive(Debug, clap::Args)]
pub(crate) struct Desktop {
    /// Pack the app for this system into `target/bundle` of this clone: on Linux a Debian package
    #[arg(long)]
    bundle: bool,
    /// Check it, and drive it on a screen that nobody sees
    #[arg(long, conflicts_with = "bundle")]
    test: bool,
    /// A program `repartee` that is there, instead of one that is built now
    #[arg(long, value_name = "FILE")]
    repartee: Option<PathBuf>,
    /// The project folder to open; by default the last one
    #[arg(conflicts_with_all = ["bundle", "test"], value_name = "FOLDER")]
    project: Option<PathBuf>,
}

/// The package of the app.
const PACKAGE: &str = "repartee-desktop";

impl Desktop {
    /// # Errors
    /// When something does not compile, a package cannot be made, or a check fails.
    pub(crate) fn run(self, workspace: &Workspace) -> anyhow::Result<()> {
        needs::install_missing(true);
        workspace.say_target_dir("desktop");
        build_pages(workspace)?;
        let repartee = match &self.repartee {
            Some(file) => std::path::absolute(file)?,
            None => build_program(workspace, self.bundle)?,
        };
        ensure!(repartee.is_file(), "there is no program `{}`", repartee.display());
        if self.test {
            return check(workspace, &repartee);
        }
        let app = build_app(workspace, self.bundle)?;
        if self.bundle {
            return bundle::pack(workspace, &app, &repartee);
        }
        let mut command = std::process::Command::new(app);
        command.args(&self.project).env("REPARTEE", repartee);
        process::run(&mut command, "its own lines say what is wrong")
    }
}

fn build_pages(workspace: &Workspace) -> anyhow::Result<()> {
    ui::compile(workspace)?;
    let (root, out) = (&workspace.root, workspace.root.join("target").join("desktop"));
    let mut command = ui::pack(workspace, "desktop");
    command.arg(ui::compiled(workspace)).arg(root.join("ui/page")).arg(root.join("eval-sets")).arg(out);
    ui::add_wasm_opt(&mut command);
    process::run(&mut command, "the lines above say why")
}

/// Builds everything native, so that Burn is compiled with the features that every build has.
fn build_program(workspace: &Workspace, optimised: bool) -> anyhow::Result<PathBuf> {
    let mut command = workspace.cargo();
    command.arg("build");
    built(workspace, command, optimised, "repartee")
}

fn build_app(workspace: &Workspace, optimised: bool) -> anyhow::Result<PathBuf> {
    let mut command = workspace.cargo();
    command.args(["build", "--package", PACKAGE]);
    built(workspace, command, optimised, PACKAGE)
}

fn built(
    workspace: &Workspace,
    mut command: std::process::Command,
    optimised: bool,
    program: &str,
) -> anyhow::Result<PathBuf> {
    if optimised {
        command.arg("--release");
    }
    process::run(&mut command, "`cargo xtask setup --desktop` says what may be missing")?;
    let profile = if optimised { "release" } else { "debug" };
    Ok(workspace.target_dir.join(profile).join(format!("{program}{}", std::env::consts::EXE_SUFFIX)))
}

/// Clippy and the tests of the app, of which one drives it by WebKit's driver. Without one it says that it was skipped.
fn check(workspace: &Workspace, repartee: &Path) -> anyhow::Result<()> {
    let mut command = workspace.cargo();
    command.args(["clippy", "--package", PACKAGE, "--all-targets", "--", "-D", "warnings"]);
    process::run(&mut command, "the warnings above say what to change")?;
    let mut command = workspace.cargo();
    command.args(["test", "--package", PACKAGE, "--", "--nocapture"]);
    command.env("REPARTEE", repartee);
    say::line("desktop", &process::shown(&command));
    process::run(&mut command, "the tests' own lines say what is wrong")
}
