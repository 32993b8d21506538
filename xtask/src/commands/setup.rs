//! `cargo xtask setup`: what the machine needs beside a Rust toolchain.
//!
//! Owns the order of the checks and what is done about each; what a check looks at is in `machine`, `vulkan` and `apt`.
//! Nothing here stops the command that called it: without a Vulkan driver only the wgpu tests are skipped.

use std::{path::Path, process::Command};

use super::{desktop, web};
use crate::{
    apt::{self, Sources},
    machine::{Distribution, Privilege, System},
    process,
    say::line,
    vulkan::{Facts, TRUSTED_MESA_MAJOR, Verdict},
    workspace::Workspace,
};

/// Where Debian has the sources of IPADIC.
const IPADIC: &str = "/usr/share/mecab/dic/ipadic/matrix.def";

/// Checks what the machine needs and installs what is missing
///
/// Looks for rustfmt and clippy, a linker, a Vulkan driver, MeCab and Chromium, prints one line about each, and takes milliseconds
/// when nothing is missing. On Debian and Ubuntu it installs Mesa's software adapter where there is no driver, as root or by
/// `sudo -n`; on Debian 12 from backports, because the release's own Mesa cuts long shader loops short without an
/// error. Where it may not or cannot install, it prints the commands and goes on.
#[derive(Debug, clap::Args)]
pub(crate) struct Setup {
    /// Only report; change nothing
    #[arg(long)]
    check: bool,

    /// Also clang and llvm-ar, which compile SQLite for browsers
    #[arg(long)]
    web: bool,

    /// Also Open MPI and libclang, for training on several machines
    #[arg(long)]
    mpi: bool,

    /// Also WebKitGTK with its driver, for the desktop app, and a screen that nobody sees, for its test
    #[arg(long)]
    desktop: bool,
}

impl Setup {
    /// # Errors
    /// Never; what is missing is said and left.
    pub(crate) fn run(self, workspace: &Workspace) -> anyhow::Result<()> {
        all_checks(workspace, !self.check);
        mecab(&System::read(), !self.check);
        browser(&System::read(), !self.check);
        if self.web {
            web::needs::install_missing(!self.check);
        }
        if self.mpi {
            mpi(!self.check);
        }
        if self.desktop {
            desktop::needs::install_missing(!self.check);
        }
        Ok(())
    }
}

/// What every command needs, for commands that begin with it.
pub(crate) fn run(workspace: &Workspace) {
    all_checks(workspace, true);
}

/// What the tests need, too.
pub(crate) fn run_for_tests(workspace: &Workspace) {
    all_checks(workspace, true);
    mecab(&System::read(), true);
    browser(&System::read(), true);
}

fn all_checks(workspace: &Workspace, may_change: bool) {
    let system = System::read();
    rust_components(workspace, may_change);
    linker(&system, may_change);
    vulkan_driver(&system, may_change);
}

fn rust_components(workspace: &Workspace, may_change: bool) {
    let answers = |program: &str| process::ask(program, &["--version"]).is_some();
    let missing: Vec<_> =
        [("rustfmt", "rustfmt"), ("cargo-clippy", "clippy")].iter().filter(|(program, _)| !answers(program)).collect();
    if missing.is_empty() {
        return line("setup", "rustfmt and clippy: found");
    }
    let names: Vec<_> = missing.iter().map(|(_, component)| *component).collect();
    let names = names.join(" ");
    if !answers("rustup") {
        return line(
            "setup",
            &format!("{names}: missing, and there is no rustup to add it; install it with your Rust"),
        );
    }
    if !may_change {
        return line("setup", &format!("{names}: missing; `rustup component add {names}` adds it"));
    }
    line("setup", &format!("{names}: missing; adding it with rustup"));
    let mut command = Command::new("rustup");
    workspace.prepare(&mut command);
    command.args(["component", "add"]).args(names.split(' '));
    if let Err(error) = process::run(&mut command, "the checks that need it will fail") {
        line("setup", &format!("{error:#}"));
    }
}

fn linker(system: &System, may_change: bool) {
    if *system == System::Windows {
        return line("setup", "linker: the Visual Studio build tools', which compiled this program");
    }
    if let Some(version) = process::ask("cc", &["--version"]) {
        let version = version.lines().next().unwrap_or_default();
        return line("setup", &format!("linker: found cc ({version})"));
    }
    let advice = match system {
        System::DebianFamily(_) => {
            line("setup", "linker: no cc; Rust needs one to link, gcc has it");
            return install(&Plan::packages(&["gcc", "libc6-dev"]), may_change);
        }
        System::OtherLinux(distribution) if distribution.is_like("arch") => "`pacman -S gcc` installs it",
        System::OtherLinux(_) => "install gcc, e.g. `dnf install gcc`",
        System::MacOs => "`xcode-select --install` installs it",
        System::Windows | System::Unknown => "install a C compiler",
    };
    line("setup", &format!("linker: no cc, which Rust needs to link; {advice}"));
}

fn vulkan_driver(system: &System, may_change: bool) {
    match system {
        System::MacOs => return line("setup", "graphics: Metal is part of macOS"),
        System::Windows => return line("setup", "graphics: Direct3D 12 is part of Windows"),
        _ => {}
    }
    let facts = Facts::read();
    let verdict = facts.verdict();
    let Some((found, software)) = describe(&verdict, &facts, system) else { return };
    line("setup", &format!("Vulkan: {found}"));
    if !software {
        return;
    }
    let System::DebianFamily(distribution) = system else {
        return line("setup", &format!("Vulkan: {}", advice(system)));
    };
    install(&Plan::vulkan(distribution, &verdict, &Sources::read()), may_change);
    if may_change {
        line("setup", &format!("Vulkan: {}", outcome(&Facts::read())));
    }
}

/// MeCab with its dictionary IPADIC: Japanese archives are segmented with the dictionary, and a test compares our words
/// with the program's.
fn mecab(system: &System, may_change: bool) {
    let has_program = process::ask("mecab", &["--version"]).is_some();
    let has_dictionary = Path::new(IPADIC).is_file();
    if has_program && has_dictionary {
        return line("setup", "MeCab and IPADIC: found");
    }
    let use_of_it = "corpus build --language ja needs the dictionary, and a test compares words with MeCab's";
    line("setup", &format!("MeCab or its dictionary IPADIC: missing; {use_of_it}"));
    match system {
        System::DebianFamily(_) => install(&Plan::packages(&["mecab", "mecab-ipadic-utf8"]), may_change),
        _ => line("setup", "MeCab: get the sources of IPADIC (*.csv, *.def) and name them with --mecab-dictionary"),
    }
}

/// Chromium with its driver: a test drives the studio's pages in it.
fn browser(system: &System, may_change: bool) {
    let answers = |program| process::ask(program, &["--version"]).is_some();
    if ["chromium", "chromedriver"].into_iter().all(answers) {
        return line("setup", "Chromium and its driver: found");
    }
    line("setup", "Chromium or its driver: missing; the test of the studio's pages needs both and is skipped without");
    match system {
        System::DebianFamily(_) => install(&Plan::packages(&["chromium", "chromium-driver"]), may_change),
        _ => line("setup", "Chromium: install chromium and chromedriver, and have both in PATH"),
    }
}

/// Open MPI with its headers, and libclang, which reads them when the feature `mpi` is built.
pub(crate) fn mpi(may_change: bool) {
    let system = System::read();
    let has_mpi = ["mpicc", "mpirun"].into_iter().all(|program| process::ask(program, &["--version"]).is_some());
    let has_clang = ["clang", "clang-19"].into_iter().any(|program| process::ask(program, &["--version"]).is_some());
    if has_mpi && has_clang {
        return line("setup", "MPI and libclang: found");
    }
    line("setup", "MPI or libclang: missing; training on several ranks needs both");
    match system {
        System::DebianFamily(_) => {
            install(&Plan::packages(&["openmpi-bin", "libopenmpi-dev", "libclang-19-dev", "clang-19"]), may_change);
        }
        _ => line("setup", "MPI: install Open MPI with its headers, and libclang"),
    }
}

/// What was found, and whether packages are wanted; nothing where there is nothing to look for.
fn describe(verdict: &Verdict, facts: &Facts, system: &System) -> Option<(String, bool)> {
    let version = facts.mesa_package.as_deref().unwrap_or("of unknown version");
    Some(match verdict {
        Verdict::Chosen => ("the drivers that the environment names".to_owned(), false),
        Verdict::Card(maker) => (format!("found the driver of the {maker} card"), false),
        Verdict::Software => (format!("no graphics card; found Mesa's software adapter {version}"), false),
        Verdict::NoLoader => ("a driver is here, but libvulkan.so.1, which finds it, is not".to_owned(), true),
        Verdict::TooOld(_) => {
            let danger = "cuts long shader loops short without an error";
            let is_bookworm = matches!(system, System::DebianFamily(distribution) if distribution.is_bookworm());
            let remedy =
                if is_bookworm { "backports have a newer one" } else { "if wgpu tests fail, install a newer one" };
            (
                format!("Mesa's software adapter {version} is before {TRUSTED_MESA_MAJOR} and {danger}; {remedy}"),
                is_bookworm,
            )
        }
        Verdict::Nothing => {
            let cards =
                if facts.cards.is_empty() { "no graphics card".to_owned() } else { facts.cards.join(", ") + " card" };
            (format!("{cards} and no driver; the wgpu tests need one and are skipped without"), true)
        }
    })
}

fn outcome(facts: &Facts) -> String {
    match facts.verdict() {
        Verdict::Card(maker) => format!("the {maker} card is ready"),
        Verdict::Software | Verdict::Chosen => {
            format!("Mesa's software adapter {} is ready", facts.mesa_package.as_deref().unwrap_or_default())
        }
        Verdict::TooOld(major) => format!("Mesa's software adapter is still {major}; its results may be wrong"),
        Verdict::NoLoader | Verdict::Nothing => "still no driver; going on, the wgpu tests will be skipped".to_owned(),
    }
}

fn advice(system: &System) -> &'static str {
    match system {
        System::OtherLinux(distribution) if distribution.is_like("fedora") => {
            "`dnf install vulkan-loader mesa-vulkan-drivers` installs one, for AMD, Intel and the processor"
        }
        System::OtherLinux(distribution) if distribution.is_like("arch") => {
            "`pacman -S vulkan-icd-loader vulkan-swrast` installs one for the processor"
        }
        _ => "install the Vulkan loader and Mesa's Vulkan drivers",
    }
}

/// Packages to be installed, and the source to be added first.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
struct Plan {
    /// The suite that `packages` are preferred from.
    suite: Option<String>,
    /// The text of a new sources file.
    new_source: Option<String>,
    packages: Vec<&'static str>,
    /// Why the plan cannot be carried out.
    obstacle: Option<String>,
}

impl Plan {
    fn packages(packages: &[&'static str]) -> Self {
        Self { packages: packages.to_vec(), ..Self::default() }
    }

    fn vulkan(distribution: &Distribution, verdict: &Verdict, sources: &Sources) -> Self {
        if *verdict == Verdict::NoLoader {
            return Self::packages(&["libvulkan1"]);
        }
        let mut plan = Self::packages(&["libvulkan1", "mesa-vulkan-drivers"]);
        if distribution.is_bookworm() {
            let backports = format!("{}-backports", distribution.codename);
            if !sources.has_suite(&backports) {
                plan.new_source = sources.derive(&distribution.codename, &backports);
                if plan.new_source.is_none() {
                    plan.obstacle = Some(format!("no source of {} to derive {backports} from", distribution.codename));
                }
            }
            plan.suite = Some(backports);
        }
        plan
    }

    fn install_arguments(&self) -> Vec<&str> {
        let suite = self.suite.as_deref().map(|suite| ["-t", suite]);
        let options = ["install", "--no-install-recommends"].into_iter().chain(suite.into_iter().flatten());
        options.chain(self.packages.iter().copied()).collect()
    }

    /// What a reader would type as root.
    fn as_commands(&self) -> String {
        let mut commands = String::new();
        if let Some(source) = &self.new_source {
            commands.push_str(&format!("  tee {} <<'END'\n{source}END\n", apt::BACKPORTS_FILE));
        }
        commands.push_str(&format!("  apt-get update\n  apt-get {}", self.install_arguments().join(" ")));
        commands
    }
}

/// Installs packages of Debian's, or says what to run.
pub(super) fn install_packages(packages: &[&'static str], may_change: bool) {
    install(&Plan::packages(packages), may_change);
}

fn install(plan: &Plan, may_change: bool) {
    if let Some(obstacle) = &plan.obstacle {
        return line("setup", &format!("cannot install {}: {obstacle}", plan.packages.join(" ")));
    }
    if process::ask("apt-get", &["--version"]).is_none() {
        return line("setup", &format!("cannot install {}: there is no apt-get", plan.packages.join(" ")));
    }
    if !may_change {
        return line("setup", &format!("would run, as root:\n{}", plan.as_commands()));
    }
    let privilege = Privilege::read();
    if privilege == Privilege::No {
        let reason = "this needs root, which `sudo -n` does not give";
        return line("setup", &format!("{reason}; going on without. As root, run:\n{}", plan.as_commands()));
    }
    line("setup", &format!("running, as root:\n{}", plan.as_commands()));
    if let Err(error) = carry_out(plan, privilege) {
        let remedy = "is the network reachable? Going on without; `cargo xtask setup` tries again";
        line("setup", &format!("{error:#}; {remedy}"));
        if plan.new_source.is_some() {
            // A source that does not answer would break the machine's next update.
            line("setup", &format!("removing {} again", apt::BACKPORTS_FILE));
            let _gone_or_never_there = apt::privileged(privilege, "rm").args(["-f", apt::BACKPORTS_FILE]).status();
        }
    }
}

fn carry_out(plan: &Plan, privilege: Privilege) -> anyhow::Result<()> {
    if let Some(source) = &plan.new_source {
        apt::write_file(privilege, apt::BACKPORTS_FILE, source)?;
    }
    apt::run(privilege, &["update"])?;
    apt::run(privilege, &plan.install_arguments())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn bookworm() -> Distribution {
        Distribution::parse("ID=debian\nVERSION_CODENAME=bookworm\n")
    }

    fn sources(lines: &str) -> Sources {
        let mut sources = Sources::default();
        sources.add_lines(lines);
        sources
    }

    #[test]
    fn bookworm_takes_mesa_from_backports() {
        let main_only = sources("deb http://mirror.example/debian bookworm main\n");
        let plan = Plan::vulkan(&bookworm(), &Verdict::Nothing, &main_only);
        assert!(plan.new_source.as_ref().unwrap().contains("Suites: bookworm-backports\n"));
        let expected = "apt-get install --no-install-recommends -t bookworm-backports libvulkan1 mesa-vulkan-drivers";
        assert!(plan.as_commands().ends_with(expected), "{}", plan.as_commands());

        let with_backports = sources("deb http://mirror.example/debian bookworm-backports main\n");
        assert_eq!(Plan::vulkan(&bookworm(), &Verdict::TooOld(22), &with_backports).new_source, None);
    }

    #[test]
    fn a_machine_without_sources_is_an_obstacle() {
        assert!(Plan::vulkan(&bookworm(), &Verdict::Nothing, &Sources::default()).obstacle.is_some());
    }

    #[test]
    fn other_releases_take_their_own_mesa() {
        let ubuntu = Distribution::parse("ID=ubuntu\nID_LIKE=debian\nVERSION_CODENAME=noble\n");
        let plan = Plan::vulkan(&ubuntu, &Verdict::Nothing, &Sources::default());
        assert_eq!(plan, Plan::packages(&["libvulkan1", "mesa-vulkan-drivers"]));
        assert_eq!(Plan::vulkan(&ubuntu, &Verdict::NoLoader, &Sources::default()).packages, ["libvulkan1"]);
    }

    #[test]
    fn only_bookworm_can_do_something_about_an_old_adapter() {
        let facts = Facts { mesa_package: Some("23.2.1".to_owned()), ..Facts::default() };
        for (os_release, wants_packages) in [("ID=debian\nVERSION_CODENAME=bookworm", true), ("ID=ubuntu", false)] {
            let system = System::DebianFamily(Distribution::parse(os_release));
            let (text, wanted) = describe(&Verdict::TooOld(23), &facts, &system).unwrap();
            assert!(wanted == wants_packages && text.contains("23.2.1"), "{os_release}: {text}");
        }
    }
}
