//! The dependency graph, as `cargo metadata` tells it.

use std::collections::{BTreeMap, VecDeque};

use anyhow::Context;
use serde::Deserialize;

use crate::{process, workspace::Workspace};

/// All packages of all platforms, and who depends on whom.
#[derive(Debug, Deserialize)]
pub(crate) struct Metadata {
    pub(crate) packages: Vec<Package>,
    workspace_members: Vec<String>,
    resolve: Resolve,
}

/// One version of one crate.
#[derive(Debug, Deserialize)]
pub(crate) struct Package {
    pub(crate) id: String,
    pub(crate) name: String,
    pub(crate) version: String,
    /// An SPDX expression.
    pub(crate) license: Option<String>,
    pub(crate) manifest_path: String,
    /// What the manifest names, of every kind.
    pub(crate) dependencies: Vec<Named>,
}

/// A dependency as the manifest names it.
#[derive(Debug, Deserialize)]
pub(crate) struct Named {
    pub(crate) name: String,
}

#[derive(Debug, Deserialize)]
struct Resolve {
    nodes: Vec<Node>,
}

#[derive(Debug, Deserialize)]
struct Node {
    id: String,
    deps: Vec<Edge>,
}

#[derive(Debug, Deserialize)]
struct Edge {
    pkg: String,
    dep_kinds: Vec<EdgeKind>,
}

#[derive(Debug, Deserialize)]
struct EdgeKind {
    /// Nothing for a normal dependency, else `build` or `dev`.
    kind: Option<String>,
}

/// Every package that can be reached, with the one that brought it in; roots have none.
pub(crate) type Reached<'a> = BTreeMap<&'a str, Option<&'a str>>;

impl Metadata {
    /// Asks cargo.
    ///
    /// # Errors
    /// When cargo fails: a broken manifest, or a dependency that cannot be fetched.
    pub(crate) fn read(workspace: &Workspace) -> anyhow::Result<Self> {
        let mut command = workspace.cargo();
        command.args(["metadata", "--format-version", "1", "--quiet"]).stderr(std::process::Stdio::inherit());
        let output = command.output().context(process::shown(&command))?;
        anyhow::ensure!(output.status.success(), "`cargo metadata` failed; is the network reachable?");
        serde_json::from_slice(&output.stdout).context("cannot understand what `cargo metadata` prints")
    }

    /// The workspace's own packages.
    pub(crate) fn members(&self) -> impl Iterator<Item = &Package> {
        self.packages.iter().filter(|package| self.workspace_members.contains(&package.id))
    }

    /// The package with this identity.
    pub(crate) fn package(&self, id: &str) -> Option<&Package> {
        self.packages.iter().find(|package| package.id == id)
    }

    /// Follows normal dependencies on all platforms, shortest paths first.
    pub(crate) fn reach<'a>(&'a self, roots: impl IntoIterator<Item = &'a Package>) -> Reached<'a> {
        let nodes: BTreeMap<&str, &Node> = self.resolve.nodes.iter().map(|node| (node.id.as_str(), node)).collect();
        let mut reached: Reached<'a> = roots.into_iter().map(|root| (root.id.as_str(), None)).collect();
        let mut waiting: VecDeque<&str> = reached.keys().copied().collect();
        while let Some(id) = waiting.pop_front() {
            let edges = nodes.get(id).map_or(&[][..], |node| &node.deps);
            for edge in edges.iter().filter(|edge| edge.dep_kinds.iter().any(|kind| kind.kind.is_none())) {
                if !reached.contains_key(edge.pkg.as_str()) {
                    reached.insert(&edge.pkg, Some(id));
                    waiting.push_back(&edge.pkg);
                }
            }
        }
        reached
    }

    /// `repartee-cli > clap > strsim`: how a reached package comes in.
    pub(crate) fn path_to(&self, reached: &Reached<'_>, id: &str) -> String {
        let mut names = Vec::new();
        let mut next = Some(id);
        while let Some(id) = next {
            names.push(self.package(id).map_or(id, |package| &package.name));
            next = reached.get(id).copied().flatten();
        }
        names.reverse();
        names.join(" > ")
    }
}

/// A package of a small graph for tests: name, licence, normal dependencies, dev-dependencies.
#[cfg(test)]
pub(crate) type SamplePackage<'a> = (&'a str, Option<&'a str>, &'a [&'a str], &'a [&'a str]);

/// A small graph for tests.
#[cfg(test)]
pub(crate) fn sample(members: &[&str], packages: &[SamplePackage<'_>]) -> Metadata {
    let edge = |name: &&str, kind: Option<&str>| Edge {
        pkg: (*name).to_owned(),
        dep_kinds: vec![EdgeKind { kind: kind.map(str::to_owned) }],
    };
    Metadata {
        workspace_members: members.iter().map(|&name| name.to_owned()).collect(),
        packages: packages
            .iter()
            .map(|(name, license, normal, dev)| Package {
                id: (*name).to_owned(),
                name: (*name).to_owned(),
                version: "1.0.0".to_owned(),
                license: license.map(str::to_owned),
                manifest_path: format!("/repository/crates/{name}/Cargo.toml"),
                dependencies: normal.iter().chain(*dev).map(|name| Named { name: (*name).to_owned() }).collect(),
            })
            .collect(),
        resolve: Resolve {
            nodes: packages
                .iter()
                .map(|(name, _, normal, dev)| Node {
                    id: (*name).to_owned(),
                    deps: normal
                        .iter()
                        .map(|name| edge(name, None))
                        .chain(dev.iter().map(|name| edge(name, Some("dev"))))
                        .collect(),
                })
                .collect(),
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_path_is_the_shortest_and_skips_dev_dependencies() {
        let metadata = sample(
            &["app"],
            &[
                ("app", None, &["long", "short"], &["only-dev"]),
                ("long", None, &["short"], &[]),
                ("short", None, &["leaf"], &[]),
                ("leaf", None, &[], &[]),
                ("only-dev", None, &[], &[]),
            ],
        );
        let reached = metadata.reach(metadata.package("app"));
        assert_eq!(metadata.path_to(&reached, "leaf"), "app > short > leaf");
        assert!(!reached.contains_key("only-dev"));
    }
}
