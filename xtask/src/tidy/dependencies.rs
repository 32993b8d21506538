//! Who may name which crate: the tensor library stays behind its walls.

use crate::{
    metadata::{Metadata, Package},
    tree::Tree,
};

use super::{Problem, numbered};

/// Members that no tensor crate may reach, not even through others.
const FREE_OF_TENSORS: [&str; 10] = [
    "repartee-archive",
    "repartee-corpus",
    "repartee-desktop",
    "repartee-metrics",
    "repartee-projection",
    "repartee-service",
    "repartee-studies",
    "repartee-study",
    "repartee-ui",
    "repartee-wire",
];

/// Families of crates, with the members whose manifests may name them.
const FAMILIES: [(&str, &[&str]); 4] = [
    (
        "burn",
        &[
            "repartee-kernels",
            "repartee-model",
            "repartee-train",
            "repartee-generate",
            "repartee-engine",
            "repartee-tests",
            "repartee-web",
        ],
    ),
    ("cubecl", &["repartee-kernels"]),
    ("wgpu", &["repartee-kernels"]),
    ("naga", &["repartee-kernels", "repartee-tests"]),
];

/// Checks all members.
pub(crate) fn problems(metadata: &Metadata, tree: &Tree) -> Vec<Problem> {
    let named = metadata.members().flat_map(|member| forbidden_names(member));
    let reached = metadata.members().filter_map(|member| reaches_tensors(metadata, member));
    let located =
        named.chain(reached).map(|(package, dependency, message)| locate(package, &dependency, message, tree));
    located.collect()
}

/// A member, the dependency in its manifest that is at fault, and what is wrong.
type Fault<'a> = (&'a Package, String, String);

fn forbidden_names(member: &Package) -> Vec<Fault<'_>> {
    let fault = |name: &str| {
        let (family, allowed) = FAMILIES.iter().find(|(family, _)| belongs(name, family))?;
        let message = format!("only {} may name {family}; go through one of them", allowed.join(", "));
        (!allowed.contains(&member.name.as_str())).then(|| (member, name.to_owned(), message))
    };
    member.dependencies.iter().filter_map(|dependency| fault(&dependency.name)).collect()
}

fn reaches_tensors<'a>(metadata: &'a Metadata, member: &'a Package) -> Option<Fault<'a>> {
    if !FREE_OF_TENSORS.contains(&member.name.as_str()) {
        return None;
    }
    let reached = metadata.reach([member]);
    let is_tensor = |name: &str| FAMILIES.iter().any(|(family, _)| belongs(name, family));
    let tensors = reached.keys().filter(|id| metadata.package(id).is_some_and(|package| is_tensor(&package.name)));
    let path = tensors.map(|id| metadata.path_to(&reached, id)).min_by_key(|path| path.matches(" > ").count())?;
    let first = path.split(" > ").nth(1).unwrap_or_default().to_owned();
    Some((member, first, format!("{} must not depend on tensors: {path}", member.name)))
}

/// `burn` itself and `burn-flex`, but not `burnish`.
fn belongs(name: &str, family: &str) -> bool {
    name.strip_prefix(family).is_some_and(|rest| rest.is_empty() || rest.starts_with('-'))
}

fn locate(package: &Package, dependency: &str, message: String, tree: &Tree) -> Problem {
    let manifest = package.manifest_path.replace('\\', "/");
    let file = tree.files.iter().filter(|file| manifest.ends_with(&format!("/{file}"))).max_by_key(|file| file.len());
    let file = file.map_or(manifest.as_str(), String::as_str);
    let text = tree.text(file).unwrap_or_default();
    let names_it = |line: &str| line.split(['.', ' ', '=', '"', ']']).any(|word| word == dependency);
    let line = numbered(&text).find(|(_, line)| names_it(line)).map_or(1, |(number, _)| number);
    Problem::new(file, line, message)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::metadata::{SamplePackage, sample};

    #[test]
    fn only_some_manifests_may_name_tensor_crates() {
        let metadata = sample(
            &["repartee-cli", "repartee-model"],
            &[
                ("repartee-cli", None, &["burn-flex", "burnish"], &["cubecl"]),
                ("repartee-model", None, &["burn"], &["cubecl"]),
            ],
        );
        let faults: Vec<_> = metadata.members().flat_map(forbidden_names).collect();
        let shown: Vec<_> = faults.iter().map(|(member, name, _)| (member.name.as_str(), name.as_str())).collect();
        assert_eq!(shown, [("repartee-cli", "burn-flex"), ("repartee-cli", "cubecl"), ("repartee-model", "cubecl")]);
    }

    #[test]
    fn metrics_must_not_reach_burn_through_others() {
        let packages: &[SamplePackage<'_>] = &[
            ("repartee-metrics", None, &["carrier"], &[]),
            ("repartee-model", None, &["carrier"], &[]),
            ("carrier", None, &["burn-tensor"], &[]),
            ("burn-tensor", None, &[], &[]),
        ];
        let metadata = sample(&["repartee-metrics", "repartee-model"], packages);
        let faults: Vec<_> = metadata.members().filter_map(|member| reaches_tensors(&metadata, member)).collect();
        assert_eq!(faults.len(), 1);
        assert_eq!(faults[0].1, "carrier");
        assert!(faults[0].2.ends_with("repartee-metrics > carrier > burn-tensor"), "{}", faults[0].2);
    }
}
