//! `cargo xtask licences`: may we ship what we depend on?
//!
//! Evaluates the SPDX expression of every package that the program is linked from against a list of licences that ask
//! for no more than notice, or for the source of the file itself (MPL-2.0).
//! This is in place of cargo-deny, whose compilation alone would cost every run of CI some minutes; its other checks
//! (advisories, sources) are not made here.

use crate::{
    metadata::{Metadata, Package},
    say,
    workspace::Workspace,
};

/// Checks the licences of everything that we ship
///
/// Follows the normal dependencies of all crates but `tests`, `xtask` and `ui/pack`, on all platforms. An expression passes if its
/// `OR` and `AND` can be met from the list of allowed licences. A package without a licence fails, as does one that is
/// under GPL, AGPL or LGPL only; the message shows the path that brings it in. Cargo's metadata also has optional
/// dependencies that only another choice of features would build; they must pass, too.
#[derive(Debug, clap::Args)]
pub(crate) struct Licences {
    /// Also print each licence expression with the number of packages under it
    #[arg(long)]
    list: bool,
}

/// Members that are not shipped.
const NOT_SHIPPED: [&str; 3] = ["xtask", "repartee-tests", "repartee-ui-pack"];

const ALLOWED: [&str; 19] = [
    "0BSD",
    "Apache-2.0",
    "Apache-2.0 WITH LLVM-exception",
    "BSD-1-Clause",
    "BSD-2-Clause",
    "BSD-3-Clause",
    "BSL-1.0",
    "CC0-1.0",
    // Data under it may be used and passed on; the text goes with it. Here: root certificates, which no build of ours has.
    "CDLA-Permissive-2.0",
    "ISC",
    "MIT",
    "MIT-0",
    "MPL-2.0",
    "NCSA",
    "Unicode-3.0",
    "Unicode-DFS-2016",
    "Unlicense",
    "Zlib",
    "bzip2-1.0.6",
];

/// Packages that have a licence, but do not name it in their manifest: name, version, what their licence file is.
const CLARIFIED: [(&str, &str, &str); 1] = [("cfg_block", "0.1.1", "Apache-2.0")];

impl Licences {
    /// # Errors
    /// When a package may not be shipped.
    pub(crate) fn run(self, workspace: &Workspace) -> anyhow::Result<()> {
        if self.list {
            list(&Metadata::read(workspace)?);
        }
        check(workspace)
    }
}

/// Fails if a package may not be shipped.
pub(crate) fn check(workspace: &Workspace) -> anyhow::Result<()> {
    let metadata = Metadata::read(workspace)?;
    let refusals = refusals(&metadata);
    for refusal in &refusals {
        say::line("licences", refusal);
    }
    let remedy = "choose another dependency, or allow the licence in xtask/src/commands/licences.rs after reading it";
    anyhow::ensure!(refusals.is_empty(), "packages refused: {}; {remedy}", refusals.len());
    say::line("licences", &format!("{} packages, all under licences that we allow", shipped(&metadata).len()));
    Ok(())
}

fn shipped(metadata: &Metadata) -> crate::metadata::Reached<'_> {
    metadata.reach(metadata.members().filter(|member| !NOT_SHIPPED.contains(&member.name.as_str())))
}

/// A sentence for every package that may not be shipped.
fn refusals(metadata: &Metadata) -> Vec<String> {
    let reached = shipped(metadata);
    let packages = reached.keys().filter_map(|id| metadata.package(id));
    let refuse = |package: &Package| {
        let reason = refusal(licence_of(package))?;
        let path = metadata.path_to(&reached, &package.id);
        Some(format!("{} {}: {reason}; brought in by {path}", package.name, package.version))
    };
    packages.filter_map(refuse).collect()
}

fn licence_of(package: &Package) -> Option<&str> {
    let clarified = || CLARIFIED.iter().find(|(name, version, _)| *name == package.name && *version == package.version);
    package.license.as_deref().or_else(|| clarified().map(|(_, _, licence)| *licence))
}

/// Why a licence expression is refused, or nothing if it is allowed.
fn refusal(expression: Option<&str>) -> Option<String> {
    let Some(text) = expression else { return Some("names no licence".to_owned()) };
    // Lax: crates from before 2018 write `MIT/Apache-2.0`.
    match spdx::Expression::parse_mode(text, spdx::ParseMode::LAX) {
        Err(error) => Some(format!("`{text}` is no licence expression ({})", error.reason)),
        Ok(parsed) => {
            let allowed = parsed.evaluate(|requirement| ALLOWED.contains(&requirement.to_string().as_str()));
            (!allowed).then(|| format!("`{text}` is not allowed"))
        }
    }
}

fn list(metadata: &Metadata) {
    let mut counts = std::collections::BTreeMap::new();
    for package in shipped(metadata).keys().filter_map(|id| metadata.package(id)) {
        *counts.entry(licence_of(package).unwrap_or("none")).or_insert(0_usize) += 1;
    }
    for (expression, count) in counts {
        println!("{count:>4}  {expression}");
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::metadata::sample;

    #[test]
    fn expressions_are_judged_as_a_whole() {
        for (expression, allowed) in [
            ("MIT", true),
            ("MIT OR Apache-2.0", true),
            ("MIT/Apache-2.0", true),
            ("GPL-3.0-only OR MIT", true),
            ("(MIT OR Apache-2.0) AND Unicode-3.0", true),
            ("Apache-2.0 WITH LLVM-exception", true),
            ("GPL-3.0-only", false),
            ("GPL-2.0", false),
            ("AGPL-3.0-or-later", false),
            ("LGPL-2.1-or-later", false),
            ("MIT AND GPL-3.0-only", false),
            ("GPL-2.0-only WITH Classpath-exception-2.0", false),
            ("LicenseRef-ours", false),
            ("as you like", false),
            ("", false),
        ] {
            assert_eq!(refusal(Some(expression)).is_none(), allowed, "{expression:?}");
        }
        assert!(refusal(None).is_some());
    }

    #[test]
    fn a_gpl_package_is_named_with_the_path_to_it() {
        let metadata = sample(
            &["repartee-cli", "nameless", "xtask"],
            &[
                ("repartee-cli", Some("MIT"), &["middle"], &["gpl-for-tests"]),
                ("middle", Some("MIT"), &["copyleft"], &[]),
                ("copyleft", Some("GPL-3.0-only"), &[], &[]),
                ("nameless", None, &[], &[]),
                ("gpl-for-tests", Some("GPL-3.0-only"), &[], &[]),
                ("xtask", Some("MIT"), &["gpl-for-tests"], &[]),
            ],
        );
        let refusals = refusals(&metadata);
        assert_eq!(refusals.len(), 2, "{refusals:?}");
        assert_eq!(
            refusals[0],
            "copyleft 1.0.0: `GPL-3.0-only` is not allowed; brought in by repartee-cli > middle > copyleft"
        );
        assert!(refusals[1].starts_with("nameless 1.0.0: names no licence"));
    }
}
