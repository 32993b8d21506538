//! From what Rust compiled to a wasm with its glue.

use std::{
    path::{Path, PathBuf},
    process::Command,
};

use anyhow::{Context, ensure};
use fs_err as fs;
use wasm_bindgen_cli_support::Bindgen;

/// Features that every browser of the last years has. `--all-features` would let wasm-opt write what none reads yet.
const WASM_OPT: [&str; 6] = [
    "--enable-bulk-memory",
    "--enable-nontrapping-float-to-int",
    "--enable-reference-types",
    "--enable-multivalue",
    "--enable-mutable-globals",
    "--enable-sign-ext",
];

/// Writes `engine.js` and `engine_bg.wasm`. The compiler has made it small; wasm-opt would take minutes for 3 % of what is
/// sent.
pub(crate) fn pack_engine(wasm: &Path, out: &Path) -> anyhow::Result<()> {
    fs::create_dir_all(out)?;
    glue(wasm, "engine", out)
}

/// Writes `studies.js` and `studies_bg.wasm`, which are to be small.
pub(crate) fn pack_studies(wasm: &Path, out: &Path, optimizer: &[PathBuf]) -> anyhow::Result<()> {
    fs::create_dir_all(out)?;
    glue(wasm, "studies", out)?;
    shrink(optimizer, &["-Oz"], &out.join("studies_bg.wasm"))
}

/// Writes `NAME.js` and `NAME_bg.wasm`.
pub(crate) fn glue(wasm: &Path, name: &str, work: &Path) -> anyhow::Result<()> {
    let mut bindgen = Bindgen::new();
    bindgen.input_path(wasm).out_name(name).typescript(false).omit_default_module_path(true);
    bindgen.remove_name_section(true).remove_producers_section(true).web(true)?;
    bindgen.generate(work).with_context(|| format!("no glue for `{}`", wasm.display()))?;
    ensure!(!work.join("snippets").exists(), "a dependency brings JavaScript of its own, which is not packed");
    Ok(())
}

/// Runs wasm-opt, if there is one.
pub(crate) fn shrink(optimizer: &[PathBuf], how: &[&str], wasm: &Path) -> anyhow::Result<()> {
    let [program, words @ ..] = optimizer else { return Ok(()) };
    let mut command = Command::new(program);
    command.args(words).args(how).args(WASM_OPT).arg(wasm).arg("-o").arg(wasm);
    let status = command.status().with_context(|| format!("cannot start `{}`", program.display()))?;
    ensure!(status.success(), "wasm-opt ended with {status}");
    Ok(())
}
