//! `cargo xtask ui`: the pages of the human-evaluation studio, from Rust to a folder that the server embeds.

use std::{
    path::{Path, PathBuf},
    process::Command,
};

use anyhow::Context;

use crate::{
    process, say,
    workspace::{self, Workspace},
};

/// What the pages are compiled for.
pub(crate) const TARGET: &str = "wasm32-unknown-unknown";

/// The version of npm's `binaryen`, which has wasm-opt. Distributions' own are too old for what Rust writes.
const BINARYEN: &str = "132.0.0";

/// Builds the studio's pages for browsers
///
/// Compiles them to wasm, optimised for size, generates the glue, shrinks the wasm with wasm-opt if npm can fetch it, and
/// writes files with hashed names to `target/ui` (in CARGO_TARGET_DIR), which the next build of the server embeds.
#[derive(Debug, clap::Args)]
pub(crate) struct Ui {}

impl Ui {
    /// # Errors
    /// When the pages do not compile or cannot be packed.
    pub(crate) fn run(self, workspace: &Workspace) -> anyhow::Result<()> {
        workspace.say_target_dir("ui");
        build(workspace)
    }
}

/// Builds the pages.
pub(crate) fn build(workspace: &Workspace) -> anyhow::Result<()> {
    add_target(workspace)?;
    let mut command = workspace.cargo();
    command.args(["build", "--package", "repartee-ui", "--target", TARGET, "--profile", "pages"]);
    process::run(&mut command, "the compiler's lines say what is wrong")?;

    let target = &workspace.target_dir;
    let mut command = workspace.cargo();
    command.args(["run", "--quiet", "--package", "repartee-ui-pack", "--"]);
    command.arg(target.join(TARGET).join("pages").join("repartee-ui.wasm"));
    command.arg(workspace.root.join("ui").join("page")).arg(target.join("ui"));
    add_wasm_opt(&mut command);
    process::run(&mut command, "the lines above say why")?;
    say::line("ui", &format!("the pages are in {}", target.join("ui").display()));
    Ok(())
}

/// Adds Rust's standard library for browsers, if it is missing.
pub(crate) fn add_target(workspace: &Workspace) -> anyhow::Result<()> {
    if has_target() {
        return Ok(());
    }
    say::line("ui", &format!("adding Rust's {TARGET}"));
    let mut command = Command::new("rustup");
    workspace.prepare(&mut command);
    command.args(["target", "add", TARGET]);
    process::run(&mut command, "install Rust with rustup, or its standard library for that target")
}

/// Adds the words that call wasm-opt to a call of the packer.
pub(crate) fn add_wasm_opt(command: &mut Command) {
    match wasm_opt() {
        Ok(program) => _ = command.arg("node").arg(program),
        Err(error) => say::line("ui", &format!("{error:#}; the wasm stays larger than it could be")),
    }
}

/// Whether the toolchain compiles for browsers.
pub(crate) fn has_target() -> bool {
    let sysroot = process::ask("rustc", &["--print", "sysroot"]);
    sysroot.is_some_and(|sysroot| Path::new(&sysroot).join("lib/rustlib").join(TARGET).is_dir())
}

/// Kept in the user's cache; fetched once.
fn wasm_opt() -> anyhow::Result<PathBuf> {
    let cache = workspace::user_cache_dir().context("no folder to keep wasm-opt in")?;
    let folder = cache.join("repartee").join(format!("binaryen-{BINARYEN}"));
    let program = folder.join("package/bin/wasm-opt");
    if !program.is_file() {
        say::line("ui", &format!("fetching wasm-opt: npm's binaryen {BINARYEN}"));
        fs_err::create_dir_all(&folder)?;
        let archive = format!("binaryen-{BINARYEN}.tgz");
        let mut fetch = Command::new("npm");
        fetch.current_dir(&folder).args(["pack", "--silent", &format!("binaryen@{BINARYEN}")]);
        process::run(&mut fetch, "no wasm-opt without npm")?;
        let mut unpack = Command::new("tar");
        unpack.current_dir(&folder).args(["-xzf", &archive]);
        process::run(&mut unpack, "no wasm-opt")?;
    }
    anyhow::ensure!(process::ask("node", &["--version"]).is_some(), "wasm-opt of npm needs node");
    Ok(program)
}
