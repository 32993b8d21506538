//! The folders that are served: the pages of a server, and the static site with engine and models.

use std::path::{Path, PathBuf};

use anyhow::Context;
use fs_err as fs;

use crate::{
    glue::{glue, shrink},
    models,
    names::Names,
};

/// The pages of a server are nobody's business; the site is for everybody.
const SERVER_HEAD: &str = "<meta name=\"robots\" content=\"noindex\">";

/// The site is served by whatever serves files, so that its policy stands in the page.
const SITE_HEAD: &str = "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; script-src 'self' \
    'wasm-unsafe-eval'; worker-src 'self'; style-src 'self'; connect-src 'self'; img-src 'self' data:; manifest-src \
    'self'; base-uri 'none'; form-action 'self'\">\n<meta name=\"description\" content=\"One utterance, many sensible \
    replies: a generator of diverse replies that runs in your browser.\">\n<link rel=\"manifest\" \
    href=\"{{base}}manifest.webmanifest\">\n<link rel=\"apple-touch-icon\" href=\"{{base}}{{icon-png}}\">";

/// Addresses that a server of files must know; each is the index again.
const ROUTES: [&str; 9] =
    ["generate", "compare", "latent-space", "train", "studies", "studies/new", "rate", "models", "settings"];

/// Utterances of each language that the site proposes.
const N_EXAMPLES: usize = 40;

/// What the site is made of.
pub(crate) struct Parts<'a> {
    pub(crate) wasm: &'a Path,
    pub(crate) page: &'a Path,
    /// Where [`crate::glue::pack_engine`] and [`crate::glue::pack_studies`] wrote.
    pub(crate) engine: &'a Path,
    /// The folder of challenge sets.
    pub(crate) sets: &'a Path,
    pub(crate) models: &'a [PathBuf],
    /// Below which path of its domain it lies: `/`, or `/repartee/`.
    pub(crate) base: &'a str,
}

pub(crate) fn pack_pages(wasm: &Path, page: &Path, out: &Path, optimizer: &[PathBuf]) -> anyhow::Result<()> {
    let work = fresh(out)?;
    let mut names = page_files(wasm, page, &work, "/", optimizer)?;
    names.set("engine", "http");
    names.set("studies", "http");
    names.set("head", SERVER_HEAD);
    finish(&mut names, page, &work, out)
}

/// The pages of the desktop app, which embeds them; their policy is in its configuration.
pub(crate) fn pack_desktop(
    wasm: &Path,
    page: &Path,
    sets: &Path,
    out: &Path,
    optimizer: &[PathBuf],
) -> anyhow::Result<()> {
    let work = fresh(out)?;
    let mut names = page_files(wasm, page, &work, "/", optimizer)?;
    names.write("examples.json", examples(sets)?.as_bytes())?;
    names.set("engine", "tauri");
    names.set("studies", "http");
    names.set("head", "");
    finish(&mut names, page, &work, out)?;
    // Files of an app are there already, and those of another version must not stay.
    Ok(fs::remove_file(out.join("sw.js"))?)
}

pub(crate) fn pack_site(parts: &Parts<'_>, out: &Path, optimizer: &[PathBuf]) -> anyhow::Result<()> {
    let page = parts.page;
    let work = fresh(out)?;
    let mut names = page_files(parts.wasm, page, &work, parts.base, optimizer)?;
    names.add("engine-wasm", "engine", "wasm", &fs::read(parts.engine.join("engine_bg.wasm"))?)?;
    names.add("engine-glue", "engine", "js", &fs::read(parts.engine.join("engine.js"))?)?;
    names.add_linked("models-script", &page.join("models.js"))?;
    names.add_linked("worker", &page.join("worker.js"))?;
    let worker = names.linked_word("{{worker}}");
    names.set("engine", &format!("{}{worker}", parts.base));
    names.add("studies-wasm", "studies", "wasm", &fs::read(parts.engine.join("studies_bg.wasm"))?)?;
    names.add("studies-glue", "studies", "js", &fs::read(parts.engine.join("studies.js"))?)?;
    names.add_linked("studies-worker", &page.join("studies.js"))?;
    let worker = names.linked_word("{{studies-worker}}");
    names.set("studies", &format!("{}{worker}", parts.base));
    names.add("icon-png", "icon", "png", &fs::read(page.join("icon.png"))?)?;
    names.add("icon-maskable", "icon-maskable", "png", &fs::read(page.join("icon-maskable.png"))?)?;
    names.write("models.json", models::pack(parts.models, &work)?.as_bytes())?;
    names.write("examples.json", examples(parts.sets)?.as_bytes())?;
    let manifest = names.linked(&page.join("manifest.webmanifest"))?;
    names.write("manifest.webmanifest", manifest.as_bytes())?;
    let head = names.linked_word(SITE_HEAD);
    names.set("head", &head);
    finish(&mut names, page, &work, out)?;
    let index = fs::read(out.join("index.html"))?;
    for route in ROUTES {
        fs::create_dir_all(out.join(route))?;
        fs::write(out.join(route).join("index.html"), &index)?;
    }
    fs::write(out.join("404.html"), &index)?;
    Ok(())
}

/// An empty folder to work in, so that the served one is whole at any time.
fn fresh(out: &Path) -> anyhow::Result<PathBuf> {
    let work = out.with_extension("tmp");
    if work.exists() {
        fs::remove_dir_all(&work)?;
    }
    fs::create_dir_all(&work)?;
    Ok(work)
}

fn page_files(wasm: &Path, page: &Path, work: &Path, base: &str, optimizer: &[PathBuf]) -> anyhow::Result<Names> {
    glue(wasm, "repartee", work)?;
    let (wasm, script) = (work.join("repartee_bg.wasm"), work.join("repartee.js"));
    shrink(optimizer, &["-Oz"], &wasm)?;
    let mut names = Names::new(work);
    names.set("base", base);
    names.add("wasm", "repartee", "wasm", &fs::read(&wasm)?)?;
    names.add("glue", "repartee", "js", &fs::read(&script)?)?;
    fs::remove_file(wasm)?;
    fs::remove_file(script)?;
    let style = [fs::read(page.join("style.css"))?, fs::read(page.join("studio.css"))?].concat();
    names.add("style", "style", "css", &style)?;
    names.add("icon", "icon", "svg", &fs::read(page.join("icon.svg"))?)?;
    names.add_linked("start", &page.join("start.js"))?;
    Ok(names)
}

/// The index and the service worker; then the folder takes its place.
fn finish(names: &mut Names, page: &Path, work: &Path, out: &Path) -> anyhow::Result<()> {
    names.set("files", &names.kept());
    let index = names.linked(&page.join("index.html"))?;
    fs::write(work.join("index.html"), &index)?;
    // Of everything that is kept: whatever changes is fetched anew.
    let mut hash = blake3::Hasher::new();
    hash.update(index.as_bytes());
    for name in ["models.json", "examples.json", "manifest.webmanifest"] {
        if let Ok(contents) = fs::read(work.join(name)) {
            hash.update(&contents);
        }
    }
    names.set("version", &hash.finalize().to_hex()[..16]);
    fs::write(work.join("sw.js"), names.linked(&page.join("sw.js"))?)?;
    if out.exists() {
        fs::remove_dir_all(out)?;
    }
    fs::rename(work, out)?;
    for file in fs::read_dir(out)? {
        let file = file?;
        println!("{:>9} {}", file.metadata()?.len(), file.file_name().display());
    }
    Ok(())
}

/// Utterances of the challenge sets by language, each with one of its replies.
fn examples(sets: &Path) -> anyhow::Result<String> {
    let of = |language: &str| -> anyhow::Result<Vec<serde_json::Value>> {
        let file = sets.join(format!("challenge-{language}/v1/items.jsonl"));
        let text = fs::read_to_string(&file)?;
        let item = |line: &str| -> anyhow::Result<serde_json::Value> {
            let item: serde_json::Value = serde_json::from_str(line)?;
            Ok(serde_json::json!({ "utterance": item["utterance"], "reply": item["replies"][0]["text"] }))
        };
        // Spread over the set, whose items are grouped by topic.
        let lines: Vec<&str> = text.lines().collect();
        let step = (lines.len() / N_EXAMPLES).max(1);
        lines
            .iter()
            .step_by(step)
            .take(N_EXAMPLES)
            .map(|line| item(line))
            .collect::<Result<_, _>>()
            .with_context(|| format!("`{}` is no challenge set", file.display()))
    };
    Ok(serde_json::json!({ "en": of("en")?, "ja": of("ja")? }).to_string())
}
