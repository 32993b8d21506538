//! The static site.

use std::path::{Path, PathBuf};

use anyhow::{Context, ensure};

use repartee_browser::FileServer;

use super::sizes;
use crate::{commands::ui, process, say, workspace::Workspace};

/// Builds pages and site around the engine; returns the site's folder.
pub(super) fn build(workspace: &Workspace, engine: &Path, models: &[PathBuf], base: &str) -> anyhow::Result<PathBuf> {
    let models = if models.is_empty() { found(workspace)? } else { models.to_vec() };
    ui::compile(workspace)?;
    let (root, out) = (&workspace.root, workspace.root.join("target").join("site"));
    let mut command = ui::pack(workspace, "site");
    command.arg(ui::compiled(workspace)).arg(root.join("ui/page")).arg(engine).arg(root.join("eval-sets"));
    command.arg(&out).arg(base);
    for model in &models {
        command.arg(std::path::absolute(model)?);
    }
    ui::add_wasm_opt(&mut command);
    process::run(&mut command, "the lines above say why")?;
    let (bytes, gzip) = sizes(&engine.join("engine_bg.wasm"))?;
    say::line("web", &format!("engine: {bytes} bytes, {} with gzip", gzip.map_or("?".to_owned(), |n| n.to_string())));
    say::line("web", &format!("the site is in {}, for any server of files", out.display()));
    Ok(out)
}

/// The exported models in `ui/models`.
fn found(workspace: &Workspace) -> anyhow::Result<Vec<PathBuf>> {
    let folder = workspace.root.join("ui").join("models");
    let entries = fs_err::read_dir(&folder).context("name models with --models, or export some to `ui/models`")?;
    let folders = entries.filter_map(Result::ok).map(|entry| entry.path());
    let mut models: Vec<PathBuf> = folders.filter(|path| path.join("run.toml").is_file()).collect();
    models.sort();
    ensure!(!models.is_empty(), "there is no model in `{}`; export one to it", folder.display());
    Ok(models)
}

/// Serves the site until it is stopped.
pub(super) fn serve(site: &Path, port: u16, base: &str) -> anyhow::Result<()> {
    let server =
        FileServer::bind(site, port).with_context(|| format!("port {port} is taken; name another"))?.below(base);
    say::line("web", &format!("http://{}{base} (Ctrl-C ends it)", server.address()?));
    server.run();
    Ok(())
}

/// Drives the site in Chromium.
pub(super) fn test(workspace: &Workspace, site: &Path) -> anyhow::Result<()> {
    let mut command = workspace.cargo();
    command.args(["test", "--package", "repartee-browser", "--test", "site", "--test", "studies", "--", "--nocapture"]);
    command.env("REPARTEE_SITE", site);
    process::run(&mut command, "the test's own lines say what is wrong")
}
