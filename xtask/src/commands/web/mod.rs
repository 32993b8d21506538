//! `cargo xtask web`: the static site, with pages, engine and models; and the checks in a real browser.

mod browser;
mod check;
mod site;
mod studies;

use std::path::{Path, PathBuf};

pub(crate) use studies::add_clang;

use crate::{process, say, workspace::Workspace};

use super::{setup, ui};

/// Rust's flags for the engine: SIMD is in every browser that has WebGPU, and in all others since 2023. Version 0.3 of
/// getrandom takes the browser's randomness only where a flag says so.
const RUSTFLAGS: &str = "-C target-feature=+simd128 --cfg getrandom_backend=\"wasm_js\"";

/// Builds the static site: pages, engine and models for any server of files
///
/// Compiles pages and engine to wasm, generates the glue, shrinks the pages with wasm-opt if npm can fetch it, and writes all
/// files to `target/site` of this clone. The first build compiles Burn for wasm, which takes a quarter of an hour.
#[derive(Debug, clap::Args)]
pub(crate) struct Web {
    /// Folders of models that `repartee export` wrote; all of `ui/models` by default
    #[arg(long, value_name = "DIR", num_args = 1..)]
    models: Vec<PathBuf>,
    /// Below which path of its domain the site will lie, such as `/repartee/`
    #[arg(long, value_name = "PATH", default_value = "/", value_parser = base)]
    base: String,
    /// Serve the site on this machine afterwards, at this port
    #[arg(long, value_name = "PORT", num_args = 0..=1, default_missing_value = "8080")]
    serve: Option<u16>,
    /// Drive the site in Chromium afterwards
    #[arg(long)]
    test: bool,
    /// Open a run in Chromium instead and compare its replies with the program's
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
    /// When something does not compile, there is no model, or a check fails.
    pub(crate) fn run(self, workspace: &Workspace) -> anyhow::Result<()> {
        workspace.say_target_dir("web");
        setup::web(true);
        let engine = build(workspace)?;
        if let Some(run) = self.check {
            let devices: &[&str] = if self.webgpu { &["cpu", "wgpu"] } else { &["cpu"] };
            return check::check(workspace, &engine, &run, devices, self.output.as_deref());
        }
        studies::build(workspace, &engine)?;
        let site = site::build(workspace, &engine, &self.models, &self.base)?;
        if self.test {
            site::test(workspace, &site)?;
        }
        match self.serve {
            Some(port) => site::serve(&site, port, &self.base),
            None => Ok(()),
        }
    }
}

/// A path on a domain, with its `/` at both ends.
fn base(text: &str) -> Result<String, String> {
    let is_plain = text.chars().all(|c| c.is_ascii_alphanumeric() || "/._-~".contains(c));
    if !is_plain || text.contains("//") || text.split('/').any(|part| part == "..") {
        return Err("a path of letters, digits, `.`, `_`, `-`, `~` and `/`, such as `/repartee/`".to_owned());
    }
    let inner = text.trim_matches('/');
    Ok(if inner.is_empty() { "/".to_owned() } else { format!("/{inner}/") })
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
    let mut command = ui::pack(workspace, "engine");
    command.arg(wasm).arg(&out);
    process::run(&mut command, "the lines above say why")?;
    say::line("web", &format!("the engine is in {}", out.display()));
    Ok(out)
}

fn is_newer(file: &Path, than: &Path) -> bool {
    let time = |path: &Path| fs_err::metadata(path).and_then(|data| data.modified()).ok();
    time(file).zip(time(than)).is_some_and(|(file, than)| file > than)
}

/// A file's size, and its size as a server would send it.
pub(crate) fn sizes(file: &Path) -> anyhow::Result<(u64, Option<u64>)> {
    let bytes = fs_err::metadata(file)?.len();
    let packed = process::ask("sh", &["-c", "gzip -9 -c \"$0\" | wc -c", &file.display().to_string()]);
    Ok((bytes, packed.and_then(|text| text.trim().parse().ok())))
}
