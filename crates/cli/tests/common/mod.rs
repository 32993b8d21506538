//! How a test of the program calls it and looks at what it says.
#![allow(dead_code, reason = "each test binary uses a part of it")]

use std::{
    ffi::OsStr,
    fmt::Debug,
    fs,
    process::{Command, Output, Stdio},
};

pub(crate) fn repartee(arguments: &[impl AsRef<OsStr> + Debug]) -> Output {
    command(arguments).output().expect("the program starts")
}

pub(crate) fn command(arguments: &[impl AsRef<OsStr> + Debug]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_repartee"));
    command.args(arguments).args(["--device", "cpu"]).stdin(Stdio::null());
    command
}

pub(crate) fn text(bytes: &[u8]) -> String {
    String::from_utf8(bytes.to_vec()).expect("the program writes UTF-8")
}

#[track_caller]
pub(crate) fn succeeds(arguments: &[impl AsRef<OsStr> + Debug]) -> String {
    let output = repartee(arguments);
    assert!(output.status.success(), "{arguments:?}: {}", text(&output.stderr));
    text(&output.stdout)
}

/// The error must be one line that holds all of `parts`, and nothing may be on stdout.
#[track_caller]
pub(crate) fn fails(output: &Output, parts: &[&str]) {
    let stderr = text(&output.stderr);
    assert!(!output.status.success(), "it should fail: {stderr}");
    assert_eq!(text(&output.stdout), "");
    let errors: Vec<&str> = stderr.lines().filter(|line| line.starts_with("error: ")).collect();
    assert_eq!(errors.len(), 1, "one line of error: {stderr}");
    assert!(stderr.lines().last() == Some(errors[0]), "the error comes last: {stderr}");
    for part in parts {
        assert!(errors[0].contains(part), "`{part}` is not in: {}", errors[0]);
    }
    assert!(!stderr.contains("panicked"), "{stderr}");
}

pub(crate) struct Folder(pub(crate) tempfile::TempDir);

impl Folder {
    pub(crate) fn new() -> Self {
        Self(tempfile::tempdir().expect("a temporary folder"))
    }

    pub(crate) fn path(&self, name: &str) -> String {
        self.0.path().join(name).display().to_string()
    }

    pub(crate) fn file(&self, name: &str, contents: impl AsRef<[u8]>) -> String {
        fs::write(self.0.path().join(name), contents).expect("the folder is writable");
        self.path(name)
    }
}
