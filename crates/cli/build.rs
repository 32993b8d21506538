//! Tells the program which commit it was built from; runs record it.

use std::process::Command;

fn main() {
    // Without a repository, as in a source archive, the commit is unknown.
    println!("cargo::rerun-if-changed=../../.git/HEAD");
    println!("cargo::rerun-if-changed=../../.git/logs/HEAD");
    let git = |arguments: &[&str]| {
        let output = Command::new("git").args(arguments).output().ok().filter(|output| output.status.success());
        output.map(|output| String::from_utf8_lossy(&output.stdout).trim().to_owned())
    };
    let commit = git(&["rev-parse", "HEAD"]).unwrap_or_else(|| "unknown".to_owned());
    let dirty = git(&["status", "--porcelain"]).is_some_and(|status| !status.is_empty());
    println!("cargo::rustc-env=REPARTEE_COMMIT={commit}{}", if dirty { "-dirty" } else { "" });
}
