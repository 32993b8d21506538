//! `cargo xtask fmt`: rustfmt over every Rust file.
//!
//! `cargo fmt` follows `mod` lines, and misses files whose line a macro of ours writes.

use std::{
    collections::BTreeSet,
    path::{MAIN_SEPARATOR, Path},
    process::{Command, Output, Stdio},
};

use anyhow::Context;

use crate::{tree::Tree, workspace::Workspace};

/// Formats every Rust file of the repository
///
/// Also those that `cargo fmt` misses because a macro writes their `mod` line.
#[derive(Debug, clap::Args)]
pub(crate) struct Fmt {
    /// Change nothing, fail if something would change
    #[arg(long)]
    check: bool,
}

impl Fmt {
    /// # Errors
    /// When rustfmt finds a difference to be made, with `--check`, or a file that it cannot read.
    pub(crate) fn run(self, workspace: &Workspace) -> anyhow::Result<()> {
        if self.check {
            return check(workspace);
        }
        let output = rustfmt(workspace, &["--quiet"])?;
        anyhow::ensure!(output.status.success(), "rustfmt cannot read a file; it says above which");
        Ok(())
    }
}

/// Fails if a file is not formatted; names each.
pub(crate) fn check(workspace: &Workspace) -> anyhow::Result<()> {
    let output = rustfmt(workspace, &["--check", "--files-with-diff"])?;
    let names = String::from_utf8_lossy(&output.stdout);
    let files = distinct(&names, &workspace.root);
    for file in &files {
        eprintln!("{file}: not formatted");
    }
    anyhow::ensure!(files.is_empty(), "files to format: {}; `cargo xtask fmt` does it", files.len());
    anyhow::ensure!(output.status.success(), "rustfmt cannot read a file; it says above which");
    Ok(())
}

/// rustfmt follows `mod` lines, so that it names a file once for each of its parents, too.
fn distinct<'a>(names: &'a str, root: &Path) -> BTreeSet<&'a str> {
    let root = format!("{}{MAIN_SEPARATOR}", root.display());
    names.lines().map(|name| name.strip_prefix(&root).unwrap_or(name)).collect()
}

fn rustfmt(workspace: &Workspace, arguments: &[&str]) -> anyhow::Result<Output> {
    let tree = Tree::read(&workspace.root);
    let mut command = Command::new("rustfmt");
    workspace.prepare(&mut command);
    command.args(["--edition", "2024"]).args(arguments).args(tree.with_extension("rs")).stderr(Stdio::inherit());
    command.output().context("cannot start rustfmt; `rustup component add rustfmt` installs it")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_is_named_once_and_from_the_root() {
        let root = Path::new("clone");
        let [a, b] = ["a.rs", "b.rs"].map(|name| root.join(name).display().to_string());
        let names = [a.as_str(), b.as_str(), a.as_str()].join("\n");
        assert_eq!(distinct(&names, root), BTreeSet::from(["a.rs", "b.rs"]));
    }
}
