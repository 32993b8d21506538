//! Tauri's build script; and a page in place of the pages where `cargo xtask desktop` did not build any.

use std::{env, fs, io, path::PathBuf};

fn main() -> io::Result<()> {
    let root = PathBuf::from(env::var_os("CARGO_MANIFEST_DIR").expect("cargo sets it")).join("..");
    let pages = root.join("target/desktop");
    println!("cargo:rerun-if-changed={}", pages.display());
    if !pages.join("index.html").is_file() {
        fs::create_dir_all(&pages)?;
        fs::write(
            pages.join("index.html"),
            "<!doctype html><title>Repartee</title>Built without pages: cargo xtask desktop\n",
        )?;
    }
    println!("cargo:rerun-if-changed=permissions");
    tauri_build::build();
    Ok(())
}
