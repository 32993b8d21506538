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

/// The version of npm's `axe-core`.
const AXE: &str = "4.14.1";

/// Builds the studio's pages for browsers
///
/// Compiles them to wasm, optimised for size, generates the glue, shrinks the wasm with wasm-opt if npm can fetch it, and
/// writes files with hashed names to `target/ui` of this clone, which the next build of the server embeds.
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

/// Builds the pages for the server.
pub(crate) fn build(workspace: &Workspace) -> anyhow::Result<()> {
    compile(workspace)?;
    // Not in the shared folder of builds: each clone has pages of its own, and the server's build script looks here.
    let out = workspace.root.join("target").join("ui");
    let mut command = pack(workspace, "pages");
    command.arg(compiled(workspace)).arg(workspace.root.join("ui").join("page")).arg(&out);
    add_wasm_opt(&mut command);
    process::run(&mut command, "the lines above say why")?;
    say::line("ui", &format!("the pages are in {}", out.display()));
    Ok(())
}

/// Compiles the pages.
pub(crate) fn compile(workspace: &Workspace) -> anyhow::Result<()> {
    add_target(workspace)?;
    let mut command = workspace.cargo();
    command.args(["build", "--package", "repartee-ui", "--target", TARGET, "--profile", "pages"]);
    process::run(&mut command, "the compiler's lines say what is wrong")
}

/// Where the compiled pages are.
pub(crate) fn compiled(workspace: &Workspace) -> PathBuf {
    workspace.target_dir.join(TARGET).join("pages").join("repartee-ui.wasm")
}

/// A call of the packer, without what it packs.
pub(crate) fn pack(workspace: &Workspace, what: &str) -> Command {
    let mut command = workspace.cargo();
    command.args(["run", "--quiet", "--package", "repartee-ui-pack", "--", what]);
    command
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
        Ok(program) => _ = command.args(["--", "node"]).arg(program),
        Err(error) => say::line("ui", &format!("{error:#}; the wasm stays larger than it could be")),
    }
}

/// Whether the toolchain compiles for browsers.
pub(crate) fn has_target() -> bool {
    let sysroot = process::ask("rustc", &["--print", "sysroot"]);
    sysroot.is_some_and(|sysroot| Path::new(&sysroot).join("lib/rustlib").join(TARGET).is_dir())
}

fn wasm_opt() -> anyhow::Result<PathBuf> {
    anyhow::ensure!(process::ask("node", &["--version"]).is_some(), "no wasm-opt without node");
    Ok(npm_package("binaryen", BINARYEN)?.join("bin/wasm-opt"))
}

/// Fetches axe-core, with which the test of the pages looks for barriers; without it the test says that it did not look.
pub(crate) fn fetch_axe() {
    if let Err(error) = npm_package("axe-core", AXE) {
        say::line("ui", &format!("{error:#}; the pages are not checked for barriers"));
    }
}

/// A package of npm's, kept in the user's cache and fetched once.
fn npm_package(name: &str, version: &str) -> anyhow::Result<PathBuf> {
    let cache = workspace::user_cache_dir().context("no folder to keep packages of npm in")?;
    let folder = cache.join("repartee").join(format!("{name}-{version}"));
    let package = folder.join("package");
    if !package.join("package.json").is_file() {
        say::line("ui", &format!("fetching npm's {name} {version}"));
        fs_err::create_dir_all(&folder)?;
        let mut fetch = Command::new("npm");
        fetch.current_dir(&folder).args(["pack", "--silent", &format!("{name}@{version}")]);
        process::run(&mut fetch, &format!("no {name} without npm"))?;
        let mut unpack = Command::new("tar");
        unpack.current_dir(&folder).args(["-xzf", &format!("{name}-{version}.tgz")]);
        process::run(&mut unpack, &format!("no {name} without tar"))?;
    }
    Ok(package)
}
