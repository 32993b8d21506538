//! Where the workspace is, and how cargo is called inside it.

use std::{
    env,
    path::{Path, PathBuf},
    process::Command,
};

use anyhow::Context;

/// The checkout and the folder that takes what is built from it.
#[derive(Debug)]
pub(crate) struct Workspace {
    /// The folder of the workspace's `Cargo.toml`.
    pub(crate) root: PathBuf,
    /// Shared by all clones of one user, so that the dependencies are compiled once.
    pub(crate) target_dir: PathBuf,
}

impl Workspace {
    /// # Errors
    /// When xtask was moved out of its workspace.
    pub(crate) fn find() -> anyhow::Result<Self> {
        let manifest_dir = env::var_os("CARGO_MANIFEST_DIR").unwrap_or_else(|| env!("CARGO_MANIFEST_DIR").into());
        let root = Path::new(&manifest_dir).parent().map(Path::to_path_buf);
        let root = root.filter(|root| root.join("Cargo.toml").is_file());
        let root = root.context("no workspace around xtask; call it as `cargo xtask`")?;
        let target_dir = match env::var_os("CARGO_TARGET_DIR") {
            Some(chosen) if !chosen.is_empty() => std::path::absolute(chosen)?,
            _ => user_cache_dir().map_or_else(|| root.join("target"), |cache| cache.join("repartee").join("target")),
        };
        Ok(Self { root, target_dir })
    }

    /// A call of cargo in the workspace's root.
    pub(crate) fn cargo(&self) -> Command {
        let mut command = Command::new(env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
        self.prepare(&mut command);
        command
    }

    /// Gives a tool of the toolchain the workspace's folders and settings.
    pub(crate) fn prepare(&self, command: &mut Command) {
        command.current_dir(&self.root).env("CARGO_TARGET_DIR", &self.target_dir);
        // What `cargo run` told xtask about itself would look like a change to build scripts, and rebuild them.
        for (name, _) in env::vars_os() {
            if name.to_str().is_some_and(describes_xtask) {
                command.env_remove(name);
            }
        }
        if in_ci() {
            command.env("CARGO_INCREMENTAL", "0");
        }
    }

    /// Says where the builds go.
    pub(crate) fn say_target_dir(&self, topic: &str) {
        let note = "shared by all clones; CARGO_TARGET_DIR chooses another";
        crate::say::line(topic, &format!("builds into {} ({note})", self.target_dir.display()));
    }
}

fn describes_xtask(variable: &str) -> bool {
    variable.starts_with("CARGO_PKG_") || variable.starts_with("CARGO_MANIFEST_") || variable == "CARGO_BIN_NAME"
}

/// Whether this is a run of continuous integration.
pub(crate) fn in_ci() -> bool {
    env::var("CI").is_ok_and(|value| !matches!(value.as_str(), "" | "0" | "false"))
}

/// The folder for what can be made again: `~/.cache`, `~/Library/Caches` or `%LOCALAPPDATA%`.
pub(crate) fn user_cache_dir() -> Option<PathBuf> {
    let folder = |name: &str| env::var_os(name).map(PathBuf::from).filter(|path| path.is_absolute());
    if cfg!(windows) {
        return folder("LOCALAPPDATA");
    }
    let in_home = if cfg!(target_os = "macos") { "Library/Caches" } else { ".cache" };
    folder("XDG_CACHE_HOME").or_else(|| Some(folder("HOME")?.join(in_home)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_cargo_says_about_xtask_is_dropped() {
        assert!(describes_xtask("CARGO_PKG_NAME") && describes_xtask("CARGO_MANIFEST_DIR"));
        assert!(!describes_xtask("CARGO_HOME") && !describes_xtask("CARGO_TARGET_DIR"));
    }
}
