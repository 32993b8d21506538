//! `cargo xtask web`: the engine for browsers, and its check in a real one.

mod browser;
mod check;
mod serve;

use std::path::{Path, PathBuf};

use crate::{process, say, workspace::Workspace};

use super::ui;

/// Rust's flags for the engine: SIMD is in every browser that has WebGPU, and in all others since 2023. Version 0.3 of
/// getrandom takes the browser's randomness only where a flag says so.
const RUSTFLAGS: &str = "-C target-feature=+simd128 --cfg getrandom_backend=\"wasm_js\"";

/// Builds the engine for browsers
///
/// Compiles models, kernels and generation to wasm, generates the glue, shrinks the wasm with wasm-opt if npm can fetch
/// it, and writes `engine.js` and `engine_bg.wasm` to `target/web` of this clone. The first build compiles Burn for wasm.
#[derive(Debug, clap::Args)]
pub(crate) struct Web {
    /// Open a run in Chromium afterwards and compare its replies with the program's
    #[arg(long, value_name = "RUN")]
    check: Option<PathBuf>,
    /// Check on WebGPU, too
    #[arg(long, requires = "check")]
    webgpu: bool,
    /// Where the figures of the check go, as JSON
    #[arg(long, value_name = "FILE", requires = "check")]
    output: Option<PathBuf>,
}

impl Web {
    /// # Errors
    /// When the engine does not compile, or replies otherwise than the program.
    pub(crate) fn run(self, workspace: &Workspace) -> anyhow::Result<()> {
        workspace.say_target_dir("web");
        let out = build(workspace)?;
        match self.check {
            Some(run) => {
                let devices: &[&str] = if self.webgpu { &["cpu", "webgpu"] } else { &["cpu"] };
                check::check(workspace, &out, &run, devices, self.output.as_deref())
            }
            None => Ok(()),
        }
    }
}

/// Builds the engine; returns its folder.
pub(crate) fn build(workspace: &Workspace) -> anyhow::Result<PathBuf> {
    ui::add_target(workspace)?;
    let mut command = workspace.cargo();
    command.args(["build", "--package", "repartee-web", "--target", ui::TARGET, "--profile", "web"]);
    command.env("CARGO_TARGET_WASM32_UNKNOWN_UNKNOWN_RUSTFLAGS", RUSTFLAGS);
    process::run(&mut command, "the compiler's lines say what is wrong")?;
    let out = workspace.root.join("target").join("web");
    let wasm = workspace.target_dir.join(ui::TARGET).join("web").join("repartee_web.wasm");
    let mut command = workspace.cargo();
    command.args(["run", "--quiet", "--package", "repartee-ui-pack", "--", "engine"]).arg(wasm).arg(&out);
    ui::add_wasm_opt(&mut command);
    process::run(&mut command, "the lines above say why")?;
    say::line("web", &format!("the engine is in {}", out.display()));
    Ok(out)
}

/// A file's size, and its size as a server would send it.
pub(crate) fn sizes(file: &Path) -> anyhow::Result<(u64, Option<u64>)> {
    let bytes = fs_err::metadata(file)?.len();
    let packed = process::ask("sh", &["-c", "gzip -9 -c \"$0\" | wc -c", &file.display().to_string()]);
    Ok((bytes, packed.and_then(|text| text.trim().parse().ok())))
}
