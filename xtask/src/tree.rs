//! The repository's files, as a clean clone would have them.

use std::{
    path::{Path, PathBuf},
    process::Command,
};

/// Folders that are never part of the repository; only asked where git cannot tell.
const SKIPPED: [&str; 5] = [".git", "target", "runs", "corpora", "node_modules"];

/// Files below a root.
#[derive(Debug)]
pub(crate) struct Tree {
    root: PathBuf,
    /// Sorted, relative to the root, with `/`.
    pub(crate) files: Vec<String>,
}

impl Tree {
    /// The files that git tracks or would track; without git, all but the usual by-products.
    pub(crate) fn read(root: &Path) -> Self {
        let mut files = from_git(root).unwrap_or_else(|| {
            let mut files = Vec::new();
            walk(root, "", &mut files);
            files
        });
        // A file deleted but not yet committed is still in git's list.
        files.retain(|file| root.join(file).is_file());
        files.sort();
        Self { root: root.to_path_buf(), files }
    }

    /// A file's text; nothing if it is not UTF-8.
    pub(crate) fn text(&self, file: &str) -> Option<String> {
        fs_err::read_to_string(self.root.join(file)).ok()
    }

    /// The files with this extension.
    pub(crate) fn with_extension<'a>(&'a self, extension: &str) -> impl Iterator<Item = &'a str> {
        let ending = format!(".{extension}");
        self.files.iter().map(String::as_str).filter(move |file| file.ends_with(&ending))
    }
}

fn from_git(root: &Path) -> Option<Vec<String>> {
    let arguments = ["ls-files", "-z", "--cached", "--others", "--exclude-standard"];
    let output = Command::new("git").args(arguments).current_dir(root).output().ok()?;
    let text = String::from_utf8(output.stdout).ok()?;
    let files: Vec<_> = text.split('\0').filter(|file| !file.is_empty()).map(str::to_owned).collect();
    (output.status.success() && !files.is_empty()).then_some(files)
}

fn walk(folder: &Path, prefix: &str, files: &mut Vec<String>) {
    for entry in fs_err::read_dir(folder).into_iter().flatten().flatten() {
        let Ok(name) = entry.file_name().into_string() else { continue };
        let is_folder = entry.file_type().is_ok_and(|kind| kind.is_dir());
        if !is_folder {
            files.push(format!("{prefix}{name}"));
        } else if !SKIPPED.contains(&name.as_str()) {
            walk(&entry.path(), &format!("{prefix}{name}/"), files);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn git_and_walking_find_our_own_sources() {
        // Cargo's word at run time: clones share a target folder, and the compiled-in path may be another clone's.
        let root = std::env::var_os("CARGO_MANIFEST_DIR").expect("cargo test sets it");
        let root = Path::new(&root);
        let mut walked = Vec::new();
        walk(root, "", &mut walked);
        for files in [Tree::read(root).files, walked] {
            assert!(files.iter().any(|file| file == "src/tree.rs"), "{files:?}");
            assert!(!files.iter().any(|file| file.starts_with("target/")));
        }
    }
}
