//! Embeds the pages: every file of the folder that `REPARTEE_UI` names, or of `target/ui`, where `cargo xtask ui` puts
//! them. Without files the program says that it was built without its pages.

use std::{
    env, fs, io,
    path::{Path, PathBuf},
};

fn main() -> io::Result<()> {
    println!("cargo:rerun-if-env-changed=REPARTEE_UI");
    println!("cargo:rerun-if-changed=build.rs");
    let root = PathBuf::from(env::var_os("CARGO_MANIFEST_DIR").expect("cargo sets it")).join("../..");
    let named = env::var_os("REPARTEE_UI").map(PathBuf::from);
    let folder = named.clone().unwrap_or_else(|| root.join("target/ui"));
    if named.is_none() {
        // Cargo watches only a folder that is there; an empty one costs nothing. If it cannot be made, there are no pages.
        let _ = fs::create_dir_all(&folder);
    }
    println!("cargo:rerun-if-changed={}", folder.display());
    let mut files = Vec::new();
    if folder.is_dir() || named.is_some() {
        collect(&folder, &mut files)?;
    }
    files.sort();
    let mut code = String::from("Vec::from([\n");
    for file in &files {
        let path = file.strip_prefix(&folder).expect("it was found there");
        let path = path.to_str().expect("names of pages are UTF-8").replace('\\', "/");
        let whole = fs::canonicalize(file)?;
        code += &format!(
            "    Asset {{ path: {path:?}, content_type: {kind:?}, bytes: include_bytes!({whole:?}), tag: OnceLock::new() }},\n",
            kind = content_type(&path),
            whole = whole.to_str().expect("paths of pages are UTF-8"),
        );
    }
    code += "])\n";
    let out = PathBuf::from(env::var_os("OUT_DIR").expect("cargo sets it"));
    fs::write(out.join("assets.rs"), code)
}

fn collect(folder: &Path, files: &mut Vec<PathBuf>) -> io::Result<()> {
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        if path.is_dir() {
            collect(&path, files)?;
        } else if !path.file_name().is_some_and(|name| name.to_string_lossy().starts_with('.')) {
            files.push(path);
        }
    }
    Ok(())
}

fn content_type(path: &str) -> &'static str {
    match path.rsplit('.').next().unwrap_or_default() {
        "html" => "text/html; charset=utf-8",
        "css" => "text/css; charset=utf-8",
        "js" | "mjs" => "text/javascript; charset=utf-8",
        "json" | "webmanifest" => "application/json",
        "wasm" => "application/wasm",
        "svg" => "image/svg+xml",
        "png" => "image/png",
        "ico" => "image/x-icon",
        "woff2" => "font/woff2",
        "txt" => "text/plain; charset=utf-8",
        _ => "application/octet-stream",
    }
}
