//! Starting other programs: run one and insist, or ask one and take no answer for an answer.

use std::{
    ffi::OsStr,
    io::Write,
    path::Path,
    process::{Command, Stdio},
};

use anyhow::Context;

/// The command as one would type it: the program without its folder.
pub(crate) fn shown(command: &Command) -> String {
    let program = Path::new(command.get_program()).file_stem().unwrap_or(command.get_program());
    let words = std::iter::once(program).chain(command.get_args());
    words.map(quoted).collect::<Vec<_>>().join(" ")
}

fn quoted(word: &OsStr) -> String {
    let word = word.to_string_lossy();
    let plain = |c: char| c.is_ascii_alphanumeric() || "-_./:=@+,".contains(c);
    if !word.is_empty() && word.chars().all(plain) {
        word.into_owned()
    } else {
        format!("'{}'", word.replace('\'', r"'\''"))
    }
}

/// Runs a command with our own input and output.
///
/// # Errors
/// When it cannot start or reports failure; `remedy` tells the reader what to do then.
pub(crate) fn run(command: &mut Command, remedy: &str) -> anyhow::Result<()> {
    let text = shown(command);
    let status = command.status().with_context(|| format!("cannot start `{text}`; {remedy}"))?;
    anyhow::ensure!(status.success(), "`{text}` ended with {status}; {remedy}");
    Ok(())
}

/// Runs a command that reads `input`; its output is dropped.
///
/// # Errors
/// When it cannot start, does not take the input or reports failure.
pub(crate) fn feed(command: &mut Command, input: &str) -> anyhow::Result<()> {
    let text = shown(command);
    let mut child = command.stdin(Stdio::piped()).stdout(Stdio::null()).spawn().context(text.clone())?;
    if let Some(mut stdin) = child.stdin.take() {
        stdin.write_all(input.as_bytes()).context(text.clone())?;
    }
    let status = child.wait().context(text.clone())?;
    anyhow::ensure!(status.success(), "`{text}` ended with {status}");
    Ok(())
}

/// What a command prints, or nothing if it is not there or reports failure.
pub(crate) fn ask(program: &str, arguments: &[&str]) -> Option<String> {
    let output = Command::new(program).args(arguments).stdin(Stdio::null()).output().ok()?;
    output.status.success().then(|| String::from_utf8_lossy(&output.stdout).trim().to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_shown_command_can_be_typed() {
        let mut command = Command::new("/usr/bin/apt-get");
        command.args(["install", "it's", ""]);
        assert_eq!(shown(&command), r"apt-get install 'it'\''s' ''");
    }
}
