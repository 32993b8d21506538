//! What the machine is: its operating system, its distribution, and whether we may change it.

use crate::process;

/// The operating system, as far as setup treats it differently.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum System {
    /// Packages come from apt.
    DebianFamily(Distribution),
    /// Linux with another package manager.
    OtherLinux(Distribution),
    /// Metal and the linker of the Xcode command line tools.
    MacOs,
    /// Direct3D 12 and the linker of the Visual Studio build tools.
    Windows,
    /// Anything else.
    Unknown,
}

/// The part of os-release that setup reads.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Distribution {
    /// `debian`, `ubuntu`, `fedora`.
    pub(crate) id: String,
    /// The families it belongs to, separated by spaces.
    pub(crate) id_like: String,
    /// `bookworm`, `noble`.
    pub(crate) codename: String,
    /// The name for people.
    pub(crate) pretty_name: String,
}

impl Distribution {
    /// Reads os-release(5): `NAME=value` lines, values perhaps in quotes, `#` comments.
    pub(crate) fn parse(os_release: &str) -> Self {
        let mut distribution = Self::default();
        for line in os_release.lines() {
            let Some((name, value)) = line.trim().split_once('=') else { continue };
            let value = value.trim_matches(['"', '\'']).to_owned();
            match name {
                "ID" => distribution.id = value,
                "ID_LIKE" => distribution.id_like = value,
                "VERSION_CODENAME" => distribution.codename = value,
                "PRETTY_NAME" => distribution.pretty_name = value,
                _ => {}
            }
        }
        distribution
    }

    /// Whether `family` is the distribution itself or one that it descends from.
    pub(crate) fn is_like(&self, family: &str) -> bool {
        self.id == family || self.id_like.split_whitespace().any(|parent| parent == family)
    }

    /// Debian 12, whose own Mesa is too old for us.
    pub(crate) fn is_bookworm(&self) -> bool {
        self.id == "debian" && self.codename == "bookworm"
    }
}

impl System {
    /// Looks at the machine.
    pub(crate) fn read() -> Self {
        match std::env::consts::OS {
            "macos" => Self::MacOs,
            "windows" => Self::Windows,
            "linux" => {
                let files = ["/etc/os-release", "/usr/lib/os-release"];
                let text = files.iter().find_map(|path| fs_err::read_to_string(path).ok()).unwrap_or_default();
                Self::from_distribution(Distribution::parse(&text))
            }
            _ => Self::Unknown,
        }
    }

    fn from_distribution(distribution: Distribution) -> Self {
        if distribution.is_like("debian") || distribution.is_like("ubuntu") {
            Self::DebianFamily(distribution)
        } else {
            Self::OtherLinux(distribution)
        }
    }
}

/// How commands that change the system may be run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Privilege {
    /// We are root.
    Root,
    /// `sudo` works without a password.
    Sudo,
    /// Only the reader can do it.
    No,
}

impl Privilege {
    /// Tries what works; asks for no password.
    pub(crate) fn read() -> Self {
        if process::ask("id", &["-u"]).as_deref() == Some("0") {
            Self::Root
        } else if process::ask("sudo", &["-n", "true"]).is_some() {
            Self::Sudo
        } else {
            Self::No
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const BOOKWORM: &str = "PRETTY_NAME=\"Debian GNU/Linux 12 (bookworm)\"\nVERSION_ID=\"12\"\n\
                            VERSION_CODENAME=bookworm\nID=debian\n";

    #[test]
    fn os_release_is_read_with_and_without_quotes() {
        let debian = Distribution::parse(BOOKWORM);
        assert!(debian.is_bookworm());
        assert_eq!(debian.pretty_name, "Debian GNU/Linux 12 (bookworm)");

        let mint = Distribution::parse("# a comment\nID=linuxmint\nID_LIKE='ubuntu debian'\nVERSION_CODENAME=wilma\n");
        assert!(mint.is_like("ubuntu") && !mint.is_bookworm());
        assert!(matches!(System::from_distribution(mint), System::DebianFamily(_)));
    }

    #[test]
    fn fedora_and_nonsense_are_other_linux() {
        for text in ["ID=fedora\nVERSION_ID=43\n", "", "no equals sign"] {
            let system = System::from_distribution(Distribution::parse(text));
            assert!(matches!(system, System::OtherLinux(_)), "{text:?}");
        }
    }
}
