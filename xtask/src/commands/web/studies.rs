//! The studies of a browser's tab: a small wasm of its own, which has SQLite in it. SQLite is C, so that clang is needed.

use std::path::Path;

use anyhow::ensure;

use super::{is_newer, needs, sizes};
use crate::{commands::ui, process, say, workspace::Workspace};

/// Sets what compiles C for browsers.
///
/// # Errors
/// When there is nothing that does.
pub(crate) fn add_clang(command: &mut std::process::Command) -> anyhow::Result<()> {
    let found = needs::clang();
    ensure!(
        found.is_some(),
        "no clang and llvm-ar, which compile SQLite for browsers; `cargo xtask setup --web` installs them, on Debian: \
         apt-get install clang-19 llvm-19"
    );
    if let Some((clang, ar)) = found {
        command.env("CC_wasm32_unknown_unknown", clang).env("AR_wasm32_unknown_unknown", ar);
    }
    Ok(())
}

/// Builds it beside the engine.
pub(super) fn build(workspace: &Workspace, out: &Path) -> anyhow::Result<()> {
    let mut command = workspace.cargo();
    command.args(["build", "--package", "repartee-studies", "--target", ui::TARGET, "--profile", "pages"]);
    add_clang(&mut command)?;
    process::run(&mut command, "the compiler's lines say what is wrong")?;
    let wasm = workspace.target_dir.join(ui::TARGET).join("pages").join("repartee_studies.wasm");
    let packed = out.join("studies_bg.wasm");
    if !is_newer(&packed, &wasm) {
        let mut command = ui::pack(workspace, "studies");
        command.arg(wasm).arg(out);
        ui::add_wasm_opt(&mut command);
        process::run(&mut command, "the lines above say why")?;
    }
    let (bytes, gzip) = sizes(&packed)?;
    say::line("web", &format!("studies: {bytes} bytes, {} with gzip", gzip.map_or("?".to_owned(), |n| n.to_string())));
    Ok(())
}
