//! ARCHITECTURE.md against the tree: it names every crate and nothing that is not there.

use crate::tree::Tree;

use super::{Problem, numbered};

const FILE: &str = "ARCHITECTURE.md";

/// Checks the file; its absence is a problem, too.
pub(crate) fn problems(tree: &Tree) -> Vec<Problem> {
    match tree.text(FILE) {
        None => vec![Problem::new(FILE, 1, "is missing; it describes every crate")],
        Some(text) => {
            let mut problems = unnamed(&text, &tree.files);
            problems.extend(missing_paths(&text, &tree.files));
            problems
        }
    }
}

/// Members that the text does not name.
fn unnamed(text: &str, files: &[String]) -> Vec<Problem> {
    let folders = files.iter().filter_map(|file| file.strip_suffix("/Cargo.toml"));
    let message = |folder| Problem::new(FILE, 1, format!("does not name `{folder}`; describe it"));
    folders.filter(|folder| is_member(folder) && !names(text, folder)).map(message).collect()
}

fn is_member(folder: &str) -> bool {
    let in_crates = folder.strip_prefix("crates/").is_some_and(|name| !name.contains('/'));
    in_crates || ["src-tauri", "xtask", "tests", "ui"].contains(&folder)
}

/// Whether the text has the folder as a whole word, after a backtick if it could be an everyday word.
fn names(text: &str, folder: &str) -> bool {
    text.match_indices(folder).any(|(start, _)| {
        let (before, after) = (&text[..start], &text[start + folder.len()..]);
        let ends = !after.starts_with(|c: char| c.is_alphanumeric() || c == '_' || c == '-');
        let starts = !before.ends_with(|c: char| c.is_alphanumeric() || c == '_' || c == '-');
        ends && starts && (folder.contains('/') || before.ends_with('`'))
    })
}

/// Paths in backticks that lead nowhere.
fn missing_paths(text: &str, files: &[String]) -> Vec<Problem> {
    let mut problems = Vec::new();
    let mut in_block = false;
    for (number, line) in numbered(text) {
        if line.trim_start().starts_with("```") {
            in_block = !in_block;
        } else if !in_block {
            for path in paths(line).filter(|path| !exists(path, files)) {
                problems.push(Problem::new(FILE, number, format!("`{path}` does not exist; correct or remove it")));
            }
        }
    }
    problems
}

/// What stands in backticks with a slash and is meant literally: no spaces, no `<name>`, no `*`, no addresses, no
/// path outside the repository.
fn paths(line: &str) -> impl Iterator<Item = &str> {
    let in_backticks = line.split('`').skip(1).step_by(2);
    in_backticks.filter(|span| {
        let literal = span.chars().all(|c| c.is_ascii_alphanumeric() || "_-./".contains(c));
        literal && span.contains('/') && !span.starts_with(['/', '~']) && !span.starts_with("..")
    })
}

fn exists(path: &str, files: &[String]) -> bool {
    let path = path.trim_start_matches("./").trim_end_matches('/');
    let below = |file: &String| file.strip_prefix(path).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'));
    files.iter().any(below)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn files() -> Vec<String> {
        let files = [
            "crates/model/Cargo.toml",
            "crates/model/src/lib.rs",
            "tests/Cargo.toml",
            "crates/model/fixtures/x/Cargo.toml",
        ];
        files.map(str::to_owned).to_vec()
    }

    #[test]
    fn a_member_that_is_not_named_is_found() {
        for (text, unnamed_count) in [
            ("`crates/model` and `tests`", 0),
            ("### crates/model/\n`tests/`", 0),
            ("`crates/model` has tests", 1),
            ("`crates/modelling`, `my-tests`", 2),
            ("", 2),
        ] {
            assert_eq!(unnamed(text, &files()).len(), unnamed_count, "{text:?}");
        }
    }

    #[test]
    fn a_path_that_leads_nowhere_is_found() {
        let text = "`crates/model/src/lib.rs`, `crates/model/`, `./crates/model`\n\n\
                    `crates/model/src/gone.rs` and `crates/mod`\n\
                    ```text\n`crates/nowhere`\n```\n\
                    `runs/<name>/log`, `configs/*.toml`, `~/.cache/x`, `a b/c`, crates/gone, `word`\n";
        let found = missing_paths(text, &files());
        let shown: Vec<_> =
            found.iter().map(|problem| (problem.line, problem.message.split('`').nth(1).unwrap())).collect();
        assert_eq!(shown, [(3, "crates/model/src/gone.rs"), (3, "crates/mod")]);
    }
}
