//! Packs what browsers get: the glue of wasm-bindgen, a smaller wasm, and names that change with the contents.
//!
//! Owns the names and the folders. Called by `cargo xtask ui`, `cargo xtask web` and `cargo xtask desktop`, which have compiled what is packed; a
//! package of its own because the generator of the glue is large and nothing else needs it.

mod glue;
mod models;
mod names;
mod site;

use std::path::{Path, PathBuf};

use anyhow::{Context as _, bail};

fn main() -> anyhow::Result<()> {
    let arguments: Vec<PathBuf> = std::env::args_os().skip(1).map(PathBuf::from).collect();
    // What follows `--` calls wasm-opt.
    let mut parts = arguments.splitn(2, |word| word == Path::new("--"));
    let words = parts.next().unwrap_or_default();
    let optimizer = parts.next().unwrap_or_default();
    match words {
        [what, wasm, page, out] if what == Path::new("pages") => site::pack_pages(wasm, page, out, optimizer),
        [what, wasm, page, sets, out] if what == Path::new("desktop") => {
            site::pack_desktop(wasm, page, sets, out, optimizer)
        }
        [what, wasm, out] if what == Path::new("engine") => glue::pack_engine(wasm, out),
        [what, wasm, out] if what == Path::new("studies") => glue::pack_studies(wasm, out, optimizer),
        [what, wasm, page, engine, sets, out, base, models @ ..] if what == Path::new("site") => {
            let base = base.to_str().context("the path on the domain is no text")?;
            site::pack_site(&site::Parts { wasm, page, engine, sets, models, base }, out, optimizer)
        }
        _ => bail!(
            "usage: repartee-ui-pack pages PAGES.wasm PAGE-FOLDER OUT [-- WASM-OPT...], desktop PAGES.wasm PAGE-FOLDER \
             EVAL-SETS OUT [-- WASM-OPT...], engine ENGINE.wasm OUT, studies STUDIES.wasm OUT [-- \
             WASM-OPT...], or site PAGES.wasm PAGE-FOLDER ENGINE-FOLDER EVAL-SETS OUT BASE MODEL... [-- WASM-OPT...]; \
             `cargo xtask ui`, `cargo xtask web` and `cargo xtask desktop` call it"
        ),
    }
}
