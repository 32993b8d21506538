//! Debian's package sources and apt-get.
//!
//! Sources are rewritten from the machine's own, so that a mirror or an archive snapshot in use stays in use.

use std::process::{Command, Stdio};

use anyhow::Context;

use crate::{machine::Privilege, process, say};

/// The file that adds backports where they are missing.
pub(crate) const BACKPORTS_FILE: &str = "/etc/apt/sources.list.d/repartee-backports.sources";

const SOURCES_FOLDER: &str = "/etc/apt/sources.list.d";
const CLASSIC_SOURCES: &str = "/etc/apt/sources.list";

/// Settings that keep apt-get from asking, from waiting for ever and from giving up at the first hiccup.
const OPTIONS: [&str; 6] = [
    "-q",
    "-y",
    "-o=Acquire::Retries=2",
    "-o=Acquire::http::Timeout=30",
    "-o=DPkg::Lock::Timeout=120",
    "-o=APT::Color=0",
];

/// The texts of the machine's package sources.
#[derive(Clone, Debug, Default)]
pub(crate) struct Sources {
    /// In the deb822 format: stanzas of `Field: value`.
    pub(crate) stanzas: Vec<Stanza>,
    /// In the one-line format: `deb [options] address suite component…`.
    pub(crate) lines: Vec<String>,
}

/// The fields of one source, in order. A value keeps its continuation lines.
pub(crate) type Stanza = Vec<(String, String)>;

impl Sources {
    /// Reads `/etc/apt`.
    pub(crate) fn read() -> Self {
        let mut sources = Self::default();
        sources.add_lines(&fs_err::read_to_string(CLASSIC_SOURCES).unwrap_or_default());
        let entries = fs_err::read_dir(SOURCES_FOLDER).into_iter().flatten().flatten();
        let mut paths: Vec<_> = entries.map(|entry| entry.path()).collect();
        paths.sort();
        for path in paths {
            let text = || fs_err::read_to_string(&path).unwrap_or_default();
            match path.extension().and_then(|extension| extension.to_str()) {
                Some("sources") => sources.add_stanzas(&text()),
                Some("list") => sources.add_lines(&text()),
                _ => {}
            }
        }
        sources
    }

    /// Adds the enabled stanzas of a deb822 text.
    pub(crate) fn add_stanzas(&mut self, text: &str) {
        let without_comments = text.lines().filter(|line| !line.starts_with('#'));
        let mut stanza = Stanza::new();
        for line in without_comments.chain([""]) {
            if line.trim().is_empty() {
                if !stanza.is_empty() && !field(&stanza, "Enabled").eq_ignore_ascii_case("no") {
                    self.stanzas.push(std::mem::take(&mut stanza));
                }
                stanza.clear();
            } else if line.starts_with([' ', '\t']) {
                if let Some((_, value)) = stanza.last_mut() {
                    value.push('\n');
                    value.push_str(line);
                }
            } else if let Some((name, value)) = line.split_once(':') {
                stanza.push((name.trim().to_owned(), value.trim().to_owned()));
            }
        }
    }

    /// Adds the lines of a one-line-format text that name a source of binary packages.
    pub(crate) fn add_lines(&mut self, text: &str) {
        let lines = text.lines().map(str::trim).filter(|line| line.starts_with("deb ") || line.starts_with("deb\t"));
        self.lines.extend(lines.map(str::to_owned));
    }

    /// Whether a source already names this suite.
    pub(crate) fn has_suite(&self, suite: &str) -> bool {
        self.stanzas.iter().any(|stanza| names_suite(stanza, suite))
            || self.lines.iter().any(|line| line.split_whitespace().any(|word| word == suite))
    }

    /// A deb822 text that takes `new_suite` from where `suite` comes from, with the same key and options.
    pub(crate) fn derive(&self, suite: &str, new_suite: &str) -> Option<String> {
        let converted = || self.lines.iter().filter_map(|line| stanza_from_line(line));
        let all = self.stanzas.iter().cloned().chain(converted());
        let base = all.into_iter().find(|stanza| names_suite(stanza, suite))?;
        let mut text =
            "# Added by `cargo xtask setup`: Debian 12's own Mesa stops long shader loops early.\n".to_owned();
        for (name, value) in base {
            let value = match name.to_ascii_lowercase().as_str() {
                "types" => "deb",
                "suites" => new_suite,
                "components" => "main",
                "enabled" => continue,
                lowercase if lowercase.starts_with("x-") => continue,
                _ => &value,
            };
            let space = if value.starts_with('\n') { "" } else { " " };
            text.push_str(&format!("{name}:{space}{value}\n"));
        }
        Some(text)
    }
}

fn field<'a>(stanza: &'a Stanza, name: &str) -> &'a str {
    stanza.iter().find(|(key, _)| key.eq_ignore_ascii_case(name)).map_or("", |(_, value)| value)
}

fn names_suite(stanza: &Stanza, suite: &str) -> bool {
    let has = |name, wanted| field(stanza, name).split_whitespace().any(|word| word == wanted);
    has("Types", "deb") && has("Suites", suite)
}

/// `deb [signed-by=/key.gpg] address suite main` as a stanza.
fn stanza_from_line(line: &str) -> Option<Stanza> {
    let rest = line.strip_prefix("deb")?.trim_start();
    let (options, rest) = match rest.strip_prefix('[') {
        Some(bracketed) => bracketed.split_once(']')?,
        None => ("", rest),
    };
    let mut words = rest.split_whitespace();
    let (address, suite) = (words.next()?, words.next()?);
    let mut stanza = vec![
        ("Types".to_owned(), "deb".to_owned()),
        ("URIs".to_owned(), address.to_owned()),
        ("Suites".to_owned(), suite.to_owned()),
        ("Components".to_owned(), words.collect::<Vec<_>>().join(" ")),
    ];
    for (name, value) in options.split_whitespace().filter_map(|option| option.split_once('=')) {
        let name = match name {
            "signed-by" => "Signed-By",
            "trusted" => "Trusted",
            "check-valid-until" => "Check-Valid-Until",
            _ => continue,
        };
        stanza.push((name.to_owned(), value.to_owned()));
    }
    Some(stanza)
}

/// Runs `apt-get` with our settings; of its hundreds of lines only the complaints are shown, if it fails.
///
/// # Errors
/// When apt-get reports failure.
pub(crate) fn run(privilege: Privilege, arguments: &[&str]) -> anyhow::Result<()> {
    let mut command = privileged(privilege, "env");
    command.args(["DEBIAN_FRONTEND=noninteractive", "apt-get"]).args(OPTIONS).args(arguments);
    let output = command.stdin(Stdio::null()).output().with_context(|| process::shown(&command))?;
    if output.status.success() {
        return Ok(());
    }
    for text in [output.stdout, output.stderr] {
        let text = String::from_utf8_lossy(&text).into_owned();
        text.lines().filter(|line| is_complaint(line)).for_each(|line| say::line("apt-get", line));
    }
    anyhow::bail!("`apt-get {}` ended with {}", arguments.join(" "), output.status)
}

/// Whether a line of apt-get's or dpkg's says that something is wrong.
fn is_complaint(line: &str) -> bool {
    ["E: ", "W: ", "Err:", "dpkg: "].iter().any(|start| line.starts_with(start))
}

/// A command that may change the system.
pub(crate) fn privileged(privilege: Privilege, program: &str) -> Command {
    if privilege == Privilege::Sudo {
        let mut command = Command::new("sudo");
        command.args(["-n", program]);
        command
    } else {
        Command::new(program)
    }
}

/// Writes a file of the system.
///
/// # Errors
/// When the file cannot be written.
pub(crate) fn write_file(privilege: Privilege, path: &str, text: &str) -> anyhow::Result<()> {
    process::feed(privileged(privilege, "tee").arg(path), text)
}

#[cfg(test)]
mod tests {
    use super::*;

    const MIRRORED: &str = "Types: deb deb-src\n# a snapshot\nURIs: http://mirror.example/debian\n\
        Suites: bookworm bookworm-updates\nComponents: main contrib\nSigned-By:\n -----BEGIN KEY-----\n .\n abc\n\n\
        Types: deb\nURIs: http://mirror.example/security\nSuites: bookworm-security\nComponents: main\n\n\
        Enabled: no\nTypes: deb\nURIs: http://mirror.example/debian\nSuites: bookworm-backports\nComponents: main\n";

    fn read(stanzas: &str, lines: &str) -> Sources {
        let mut sources = Sources::default();
        sources.add_stanzas(stanzas);
        sources.add_lines(lines);
        sources
    }

    #[test]
    fn backports_come_from_the_same_mirror_with_the_same_key() {
        let sources = read(MIRRORED, "");
        assert!(!sources.has_suite("bookworm-backports"), "a disabled source does not count");
        let text = sources.derive("bookworm", "bookworm-backports").unwrap();
        let fields: String = text.lines().skip(1).map(|line| format!("{line}\n")).collect();
        assert_eq!(
            fields,
            "Types: deb\nURIs: http://mirror.example/debian\nSuites: bookworm-backports\nComponents: main\n\
             Signed-By:\n -----BEGIN KEY-----\n .\n abc\n"
        );
    }

    #[test]
    fn what_was_derived_is_found_again() {
        let text = read(MIRRORED, "").derive("bookworm", "bookworm-backports").unwrap();
        assert!(read(&text, "").has_suite("bookworm-backports"));
    }

    #[test]
    fn one_line_sources_are_understood() {
        let line = "deb [arch=amd64 signed-by=/key.gpg] http://mirror.example/debian bookworm main\n# deb x y z\n";
        let text = read("", line).derive("bookworm", "bookworm-backports").unwrap();
        assert!(text.contains("URIs: http://mirror.example/debian\n") && text.contains("Signed-By: /key.gpg\n"));
        assert!(read("", "deb http://mirror.example/debian bookworm-backports main").has_suite("bookworm-backports"));
        assert!(read("", "deb-src http://mirror.example/debian bookworm main").derive("bookworm", "x").is_none());
    }

    #[test]
    fn without_a_source_of_the_release_nothing_is_derived() {
        assert!(
            read("Types: deb\nURIs: http://mirror.example\nSuites: trixie\n", "").derive("bookworm", "x").is_none()
        );
    }
}
