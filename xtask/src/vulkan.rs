//! Which Vulkan driver the machine has, and whether it is one that we can trust.

use std::{env, path::Path};

use crate::process;

/// The first Mesa whose software adapter runs long loops to their end.
///
/// 22.3.6 stops a shader's loops after about 65,535 rounds without an error; 25.0.7 was right at all sizes.
pub(crate) const TRUSTED_MESA_MAJOR: u32 = 25;

/// Makers of graphics cards, with the name that their Vulkan drivers' files carry.
const MAKERS: [(&str, &str, &[&str]); 3] =
    [("NVIDIA", "0x10de", &["nvidia"]), ("AMD", "0x1002", &["radeon", "amd"]), ("Intel", "0x8086", &["intel"])];

/// Where the Vulkan loader looks for drivers.
const DRIVER_FOLDERS: [&str; 4] =
    ["/etc/vulkan/icd.d", "/usr/share/vulkan/icd.d", "/usr/local/share/vulkan/icd.d", "/usr/local/etc/vulkan/icd.d"];

/// Where the Vulkan loader's library lies; one level of folders below each is looked at, too.
const LIBRARY_FOLDERS: [&str; 4] = ["/usr/lib", "/usr/lib64", "/lib64", "/usr/local/lib"];

/// What was found.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Facts {
    /// The user names the drivers in the environment, which settles the matter.
    pub(crate) chosen_by_user: bool,
    /// `libvulkan.so.1` is there.
    pub(crate) has_loader: bool,
    /// The file names of the installed drivers.
    pub(crate) drivers: Vec<String>,
    /// The makers of the graphics cards that this process could open.
    pub(crate) cards: Vec<&'static str>,
    /// The version of Debian's or Ubuntu's package of Mesa's drivers.
    pub(crate) mesa_package: Option<String>,
}

/// What is to be done about Vulkan.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Verdict {
    /// A graphics card and its driver: nothing.
    Card(&'static str),
    /// The user's own choice of drivers: nothing.
    Chosen,
    /// Mesa's software adapter, good enough: nothing.
    Software,
    /// There is a driver, but not the library that finds it.
    NoLoader,
    /// Mesa's software adapter is too old to be trusted.
    TooOld(u32),
    /// No driver.
    Nothing,
}

impl Facts {
    /// Looks at the machine; some milliseconds.
    pub(crate) fn read() -> Self {
        let chosen = |name: &str| env::var_os(name).is_some_and(|value| !value.is_empty());
        let package = process::ask("dpkg-query", &["-W", "-f=${db:Status-Status} ${Version}", "mesa-vulkan-drivers"]);
        Self {
            chosen_by_user: chosen("VK_DRIVER_FILES") || chosen("VK_ICD_FILENAMES"),
            has_loader: LIBRARY_FOLDERS.iter().any(|folder| holds_loader(Path::new(folder))),
            drivers: DRIVER_FOLDERS.iter().flat_map(|folder| names_in(folder)).collect(),
            cards: cards(),
            mesa_package: package.and_then(|text| text.strip_prefix("installed ").map(str::to_owned)),
        }
    }

    /// What follows from the facts.
    pub(crate) fn verdict(&self) -> Verdict {
        if self.chosen_by_user {
            return Verdict::Chosen;
        }
        let card = self.card_with_driver();
        let software = self.drivers.iter().any(|file| file.starts_with("lvp"));
        match (card, software) {
            (None, false) => Verdict::Nothing,
            _ if !self.has_loader => Verdict::NoLoader,
            (Some(card), _) => Verdict::Card(card),
            (None, true) => match self.mesa_major() {
                Some(major) if major < TRUSTED_MESA_MAJOR => Verdict::TooOld(major),
                _ => Verdict::Software,
            },
        }
    }

    /// Whether shaders run on the processor.
    pub(crate) fn is_software(&self) -> bool {
        matches!(self.verdict(), Verdict::Software | Verdict::TooOld(_))
    }

    fn card_with_driver(&self) -> Option<&'static str> {
        let has_driver = |names: &[&str]| self.drivers.iter().any(|file| names.iter().any(|name| file.contains(name)));
        let maker = |card: &&'static str| MAKERS.iter().any(|(maker, _, names)| maker == card && has_driver(names));
        self.cards.iter().copied().find(|card| maker(card))
    }

    fn mesa_major(&self) -> Option<u32> {
        let version = self.mesa_package.as_deref()?;
        let without_epoch = version.split_once(':').map_or(version, |(_, rest)| rest);
        without_epoch.split('.').next()?.parse().ok()
    }
}

fn names_in(folder: &str) -> Vec<String> {
    let Ok(entries) = fs_err::read_dir(folder) else { return Vec::new() };
    let mut names: Vec<_> = entries.flatten().filter_map(|entry| entry.file_name().into_string().ok()).collect();
    names.sort();
    names
}

fn holds_loader(folder: &Path) -> bool {
    let below = fs_err::read_dir(folder).into_iter().flatten().flatten().map(|entry| entry.path());
    std::iter::once(folder.to_path_buf()).chain(below).any(|folder| folder.join("libvulkan.so.1").exists())
}

/// A card counts if its device file is here: a container sees the host's cards in `/sys`, but cannot open them.
fn cards() -> Vec<&'static str> {
    let mut cards = Vec::new();
    if Path::new("/dev/nvidia0").exists() {
        cards.push("NVIDIA");
    }
    for node in names_in("/dev/dri").iter().filter(|name| name.starts_with("renderD")) {
        let vendor = fs_err::read_to_string(format!("/sys/class/drm/{node}/device/vendor")).unwrap_or_default();
        cards.extend(MAKERS.iter().filter(|(_, number, _)| *number == vendor.trim()).map(|(maker, _, _)| *maker));
    }
    cards
}

#[cfg(test)]
mod tests {
    use super::*;

    fn facts(drivers: &[&str], cards: &[&'static str], mesa: Option<&str>) -> Facts {
        Facts {
            has_loader: true,
            drivers: drivers.iter().map(|&name| name.to_owned()).collect(),
            cards: cards.to_vec(),
            mesa_package: mesa.map(str::to_owned),
            ..Facts::default()
        }
    }

    #[test]
    fn verdicts_follow_from_drivers_cards_and_versions() {
        let (lvp, nvidia) = ("lvp_icd.x86_64.json", "nvidia_icd.json");
        for (name, facts, expected) in [
            ("an empty machine", facts(&[], &[], None), Verdict::Nothing),
            ("old software adapter", facts(&[lvp], &[], Some("22.3.6-1+deb12u1")), Verdict::TooOld(22)),
            ("backported software adapter", facts(&[lvp], &[], Some("25.0.7-2~bpo12+1")), Verdict::Software),
            ("an epoch is no version", facts(&[lvp], &[], Some("1:25.0.7-2")), Verdict::Software),
            ("no dpkg to ask", facts(&[lvp], &[], None), Verdict::Software),
            ("card with driver", facts(&[lvp, nvidia], &["NVIDIA"], Some("22.3.6")), Verdict::Card("NVIDIA")),
            ("card without driver", facts(&[], &["NVIDIA"], None), Verdict::Nothing),
            ("driver without card", facts(&[nvidia], &[], None), Verdict::Nothing),
            ("another maker's driver", facts(&["radeon_icd.json"], &["Intel"], None), Verdict::Nothing),
        ] {
            assert_eq!(facts.verdict(), expected, "{name}");
        }
    }

    #[test]
    fn a_driver_needs_the_loader_and_the_user_comes_first() {
        let mut facts = facts(&["radeon_icd.x86_64.json"], &["AMD"], None);
        facts.has_loader = false;
        assert_eq!(facts.verdict(), Verdict::NoLoader);
        facts.chosen_by_user = true;
        assert_eq!(facts.verdict(), Verdict::Chosen);
    }
}
