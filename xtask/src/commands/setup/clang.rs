//! What compiles C for browsers.

use super::{Plan, install};
use crate::{machine::System, process, say::line};

/// A clang that compiles for wasm, with the llvm-ar of the same version.
pub(crate) fn clang() -> Option<(&'static str, &'static str)> {
    let answers = |program: &str| process::ask(program, &["--version"]).is_some();
    let known = [("clang-19", "llvm-ar-19"), ("clang", "llvm-ar")];
    known.into_iter().find(|(clang, ar)| answers(clang) && answers(ar))
}

/// What compiles SQLite for browsers.
pub(crate) fn web(may_change: bool) {
    if let Some((clang, ar)) = clang() {
        return line("setup", &format!("C for browsers: found {clang} and {ar}"));
    }
    line("setup", "clang or llvm-ar: missing; the studies of the browser's site need both, for SQLite is C");
    match System::read() {
        System::DebianFamily(_) => install(&Plan::packages(&["clang-19", "llvm-19"]), may_change),
        _ => line("setup", "clang: install clang and llvm, and have clang and llvm-ar in PATH"),
    }
}
