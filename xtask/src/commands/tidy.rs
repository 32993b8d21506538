//! `cargo xtask tidy`: the rules of the house that no compiler knows.

use crate::{metadata::Metadata, say, tidy, tree::Tree, workspace::Workspace};

/// Checks the rules that no compiler knows
///
/// ARCHITECTURE.md names every crate and no path that does not exist. Rust files have at most 400 lines, code has no
/// `TODO` without an issue number (#12), text has no white space at the end of a line. Every shader has its twin in
/// `crates/kernels/src/reference`. `metrics` and `corpus` do not depend on Burn, and only the manifests that may name
/// burn, cubecl, wgpu and naga do. Prints `file:line: what is wrong`.
#[derive(Debug, clap::Args)]
pub(crate) struct Tidy {}

impl Tidy {
    /// # Errors
    /// When a rule is broken.
    pub(crate) fn run(self, workspace: &Workspace) -> anyhow::Result<()> {
        check(workspace)
    }
}

/// Fails if a rule is broken.
pub(crate) fn check(workspace: &Workspace) -> anyhow::Result<()> {
    let tree = Tree::read(&workspace.root);
    let metadata = Metadata::read(workspace)?;
    let mut problems = tidy::text::problems(&tree);
    problems.extend(tidy::architecture::problems(&tree));
    problems.extend(tidy::shaders::problems(&tree.files));
    problems.extend(tidy::dependencies::problems(&metadata, &tree));
    problems.sort();
    for problem in &problems {
        eprintln!("{problem}");
    }
    anyhow::ensure!(problems.is_empty(), "places to tidy: {}; `cargo xtask tidy --help` has the rules", problems.len());
    say::line("tidy", &format!("{} files looked at", tree.files.len()));
    Ok(())
}
