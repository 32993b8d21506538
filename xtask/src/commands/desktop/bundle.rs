//! Packages of the app: a Debian package, made with Debian's own tool, and on other systems whatever Tauri's program makes.
//!
//! Tauri's program is not needed on Linux: compiling it takes longer than compiling the app.

use std::{
    path::{Path, PathBuf},
    process::Command,
};

use anyhow::{Context, bail};
use fs_err as fs;

use crate::{process, say, workspace::Workspace};

const SUMMARY: &str = "trains, runs and evaluates generators of diverse replies";

/// Sizes of the icon, in pixels, with its file.
const ICONS: [(u32, &str); 4] = [(32, "32.png"), (128, "128.png"), (256, "256.png"), (512, "icon.png")];

/// Of the menu of programs.
const ENTRY: &str = "[Desktop Entry]\nType=Application\nName=Repartee\nComment=Trains, runs and evaluates generators of \
    diverse replies\nComment[ja]=多様な応答を生成するモデルの学習・実行・評価\nExec=repartee-desktop\nIcon=repartee-desktop\n\
    Terminal=false\nCategories=Science;Education;\nStartupWMClass=repartee-desktop\n";

/// Libraries that the app is linked to; those of Ubuntu 24.04 and Debian 13 have other names.
const DEPENDS: &str = "libc6, libwebkit2gtk-4.1-0, libgtk-3-0 | libgtk-3-0t64";

/// Packs the app with the program.
pub(super) fn pack(workspace: &Workspace, app: &Path, repartee: &Path) -> anyhow::Result<()> {
    let out = workspace.root.join("target").join("bundle");
    fs::create_dir_all(&out)?;
    match std::env::consts::OS {
        "linux" => {
            let package = debian(workspace, app, repartee, &out)?;
            let bytes = fs::metadata(&package)?.len();
            say::line("desktop", &format!("{} ({:.1} MB)", package.display(), bytes as f64 / 1e6));
            Ok(())
        }
        _ => with_tauri(workspace, repartee),
    }
}

fn debian(workspace: &Workspace, app: &Path, repartee: &Path, out: &Path) -> anyhow::Result<PathBuf> {
    let architecture = process::ask("dpkg", &["--print-architecture"]).context("no Debian package without dpkg")?;
    let version = env!("CARGO_PKG_VERSION");
    let root = out.join("debian");
    if root.exists() {
        fs::remove_dir_all(&root)?;
    }
    let source = workspace.root.join("src-tauri");
    for (from, name) in [(app, "repartee-desktop"), (repartee, "repartee")] {
        copy(from, &root.join("usr/bin").join(name))?;
        strip(&root.join("usr/bin").join(name));
    }
    for (size, file) in ICONS {
        let folder = root.join(format!("usr/share/icons/hicolor/{size}x{size}/apps"));
        copy(&source.join("icons").join(file), &folder.join("repartee-desktop.png"))?;
    }
    for licence in ["LICENSE-APACHE", "LICENSE-MIT"] {
        copy(&workspace.root.join(licence), &root.join("usr/share/doc/repartee").join(licence))?;
    }
    write(&root.join("usr/share/applications/repartee-desktop.desktop"), ENTRY)?;
    let kilobytes = kilobytes(&root)?;
    let control = format!(
        "Package: repartee\nVersion: {version}\nArchitecture: {architecture}\nMaintainer: The authors of Repartee \
         <repartee@localhost>\nInstalled-Size: {kilobytes}\nDepends: {DEPENDS}\nRecommends: libvulkan1, \
         mesa-vulkan-drivers\nSection: science\nPriority: optional\nDescription: {SUMMARY}\n The desktop app and the \
         command line `repartee`.\n"
    );
    write(&root.join("DEBIAN/control"), &control)?;
    let package = out.join(format!("repartee_{version}_{architecture}.deb"));
    let mut command = Command::new("dpkg-deb");
    command.args(["--root-owner-group", "--build"]).arg(&root).arg(&package);
    process::run(&mut command, "no Debian package without dpkg-deb")?;
    fs::remove_dir_all(&root)?;
    Ok(package)
}

/// Tauri's program packs for the system that it runs on, as `tauri.conf.json` says; the program goes along beside the app.
fn with_tauri(workspace: &Workspace, repartee: &Path) -> anyhow::Result<()> {
    if process::ask("cargo", &["tauri", "--version"]).is_none() {
        bail!("packages of this system are made by Tauri's program: cargo install tauri-cli --version ^2");
    }
    let host = process::ask("rustc", &["--print", "host-tuple"]).context("rustc does not name this system")?;
    let source = workspace.root.join("src-tauri");
    let name = format!("repartee-{host}{}", std::env::consts::EXE_SUFFIX);
    copy(repartee, &source.join("binaries").join(name))?;
    let mut command = workspace.cargo();
    command.current_dir(&source).args(["tauri", "build", "--config", "bundle.conf.json"]);
    process::run(&mut command, "its own lines say what is wrong")
}

fn copy(from: &Path, to: &Path) -> anyhow::Result<()> {
    fs::create_dir_all(to.parent().context("a file lies in a folder")?)?;
    fs::copy(from, to)?;
    Ok(())
}

fn write(file: &Path, text: &str) -> anyhow::Result<()> {
    fs::create_dir_all(file.parent().context("a file lies in a folder")?)?;
    Ok(fs::write(file, text)?)
}

/// Names of functions are half of a program's size; without the tool it is larger.
fn strip(program: &Path) {
    _ = process::ask("strip", &["--strip-unneeded", &program.display().to_string()]);
}

fn kilobytes(folder: &Path) -> anyhow::Result<u64> {
    let mut bytes = 0;
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        bytes += if path.is_dir() { kilobytes(&path)? * 1024 } else { fs::metadata(&path)?.len() };
    }
    Ok(bytes.div_ceil(1024))
}
