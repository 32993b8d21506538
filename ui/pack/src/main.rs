//! Packs the pages for browsers: the glue of wasm-bindgen, a smaller wasm, and names that change with the contents.
//!
//! Owns the names and the folder. Called by `cargo xtask ui`, which has compiled the pages; a package of its own because
//! the generator of the glue is large and nothing else needs it.

use std::{
    path::{Path, PathBuf},
    process::Command,
};

use anyhow::{Context, bail, ensure};
use fs_err as fs;
use wasm_bindgen_cli_support::Bindgen;

/// Features that every browser of the last years has. `--all-features` would let wasm-opt write what none reads yet.
const WASM_OPT: [&str; 7] = [
    "-Oz",
    "--enable-bulk-memory",
    "--enable-nontrapping-float-to-int",
    "--enable-reference-types",
    "--enable-multivalue",
    "--enable-mutable-globals",
    "--enable-sign-ext",
];

fn main() -> anyhow::Result<()> {
    let arguments: Vec<PathBuf> = std::env::args_os().skip(1).map(PathBuf::from).collect();
    let [wasm, page, out, optimizer @ ..] = arguments.as_slice() else {
        bail!(
            "usage: repartee-ui-pack PAGES.wasm PAGE-FOLDER OUT-FOLDER [WASM-OPT WORDS...]; `cargo xtask ui` calls it"
        );
    };
    let work = out.with_extension("tmp");
    if work.exists() {
        fs::remove_dir_all(&work)?;
    }
    fs::create_dir_all(&work)?;
    glue(wasm, &work)?;
    if let [program, words @ ..] = optimizer {
        shrink(program, words, &work.join("repartee_bg.wasm"))?;
    }
    name_and_link(page, &work)?;
    if out.exists() {
        fs::remove_dir_all(out)?;
    }
    fs::rename(&work, out)?;
    for file in fs::read_dir(out)? {
        let file = file?;
        println!("{:>9} {}", file.metadata()?.len(), file.file_name().display());
    }
    Ok(())
}

/// Writes `repartee.js` and `repartee_bg.wasm`.
fn glue(wasm: &Path, work: &Path) -> anyhow::Result<()> {
    let mut bindgen = Bindgen::new();
    bindgen.input_path(wasm).out_name("repartee").typescript(false).omit_default_module_path(true);
    bindgen.remove_name_section(true).remove_producers_section(true).web(true)?;
    bindgen.generate(work).with_context(|| format!("no glue for `{}`", wasm.display()))?;
    ensure!(!work.join("snippets").exists(), "a dependency brings JavaScript of its own, which is not packed");
    Ok(())
}

fn shrink(program: &Path, words: &[PathBuf], wasm: &Path) -> anyhow::Result<()> {
    let mut command = Command::new(program);
    command.args(words).args(WASM_OPT).arg(wasm).arg("-o").arg(wasm);
    let status = command.status().with_context(|| format!("cannot start `{}`", program.display()))?;
    ensure!(status.success(), "wasm-opt ended with {status}");
    Ok(())
}

/// Gives files names with a hash, so that browsers may keep them for ever, and puts these names where they are used.
fn name_and_link(page: &Path, work: &Path) -> anyhow::Result<()> {
    let mut named = Vec::new();
    let mut add = |placeholder: &str, stem: &str, extension: &str, contents: &[u8]| -> anyhow::Result<()> {
        let hash = blake3::hash(contents).to_hex();
        let name = format!("{stem}-{}.{extension}", &hash[..16]);
        fs::write(work.join(&name), contents)?;
        named.push((placeholder.to_owned(), name));
        Ok(())
    };
    let wasm = work.join("repartee_bg.wasm");
    add("{{wasm}}", "repartee", "wasm", &fs::read(&wasm)?)?;
    let script = work.join("repartee.js");
    add("{{glue}}", "repartee", "js", &fs::read(&script)?)?;
    add("{{style}}", "style", "css", &fs::read(page.join("style.css"))?)?;
    add("{{icon}}", "icon", "svg", &fs::read(page.join("icon.svg"))?)?;
    fs::remove_file(wasm)?;
    fs::remove_file(script)?;
    let start = linked(&page.join("start.js"), &named)?;
    let hash = blake3::hash(start.as_bytes()).to_hex();
    let start_name = format!("start-{}.js", &hash[..16]);
    fs::write(work.join(&start_name), start)?;
    named.push(("{{start}}".to_owned(), start_name));

    let files: Vec<String> = named.iter().map(|(_, name)| format!("\"/{name}\"")).collect();
    named.push(("{{files}}".to_owned(), files.join(", ")));
    let index = linked(&page.join("index.html"), &named)?;
    named.push(("{{version}}".to_owned(), blake3::hash(index.as_bytes()).to_hex()[..16].to_owned()));
    fs::write(work.join("index.html"), index)?;
    fs::write(work.join("sw.js"), linked(&page.join("sw.js"), &named)?)?;
    Ok(())
}

fn linked(file: &Path, named: &[(String, String)]) -> anyhow::Result<String> {
    let mut text = fs::read_to_string(file)?;
    for (placeholder, name) in named {
        text = text.replace(placeholder, name);
    }
    ensure!(!text.contains("{{"), "`{}` has a placeholder that is not known", file.display());
    Ok(text)
}
