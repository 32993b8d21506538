//! The windows: one with the pages of the app, and one with those of the studies, which the engine serves to this machine.

use std::path::{Path, PathBuf};

use tauri::{
    AppHandle, Manager as _, Url, WebviewUrl, WebviewWindow, WebviewWindowBuilder,
    webview::{DownloadEvent, PageLoadEvent},
};

/// The window with the app's own pages; the only one that may ask the app for anything (`capabilities/main.json`).
pub(crate) const MAIN: &str = "main";
const STUDIES: &str = "studies";

/// Where studies are on the engine's pages.
const STUDIES_PATH: &str = "/admin";

/// Opens the main window.
///
/// # Errors
/// When the system has no window to give.
pub(crate) fn open_main(app: &AppHandle) -> tauri::Result<()> {
    let window = WebviewWindowBuilder::new(app, MAIN, WebviewUrl::App("index.html".into()));
    let window = window.title("Repartee").inner_size(1240.0, 860.0).min_inner_size(360.0, 480.0);
    // Nothing but the app's own files is ever shown here.
    let window = window.on_navigation(|url| url.scheme() == "tauri" || url.host_str() == Some("tauri.localhost"));
    window.on_download(keep_download).build().map(|_| ())
}

/// Shows the studies in a window of their own, or brings it to the front. `pages` is their address with the key.
///
/// # Errors
/// When the system has no window to give.
pub(crate) fn open_studies(app: &AppHandle, pages: &Url) -> tauri::Result<()> {
    if let Some(window) = app.get_webview_window(STUDIES) {
        window.unminimize()?;
        return window.set_focus();
    }
    let home = pages.origin();
    let studies = pages.join(STUDIES_PATH).ok();
    let window = WebviewWindowBuilder::new(app, STUDIES, WebviewUrl::External(pages.clone()));
    let window = window.title("Repartee – studies").inner_size(1100.0, 820.0).min_inner_size(360.0, 480.0);
    // Only the engine's own pages.
    let window = window.on_navigation(move |url| url.origin() == home);
    let window = window.on_page_load(move |window: WebviewWindow, page| {
        // The key opens the first page; the studies are another one.
        let is_first = page.event() == PageLoadEvent::Finished && page.url().path() == "/";
        if let (true, Some(studies)) = (is_first, &studies) {
            _ = window.navigate(studies.clone());
        }
    });
    window.on_download(keep_download).build().map(|_| ())
}

/// Closes the window of studies; an engine that starts anew has other pages.
pub(crate) fn close_studies(app: &AppHandle) {
    if let Some(window) = app.get_webview_window(STUDIES) {
        _ = window.destroy();
    }
}

/// Shows the project in the main window's title.
pub(crate) fn entitle(app: &AppHandle, project: &Path) {
    if let (Some(window), Some(name)) = (app.get_webview_window(MAIN), project.file_name()) {
        _ = window.set_title(&format!("{} – Repartee", name.display()));
    }
}

/// Brings the main window to the front.
pub(crate) fn show(app: &AppHandle) {
    if let Some(window) = app.get_webview_window(MAIN) {
        _ = window.unminimize();
        _ = window.show();
        _ = window.set_focus();
    }
}

/// Files that a page gives away go to the folder of downloads, beside what is there.
fn keep_download(webview: tauri::Webview, event: DownloadEvent<'_>) -> bool {
    let DownloadEvent::Requested { destination, .. } = event else { return true };
    let Ok(folder) = webview.path().download_dir().or_else(|_| webview.path().home_dir()) else { return false };
    if std::fs::create_dir_all(&folder).is_err() {
        return false;
    }
    let name = destination.file_name().map_or_else(|| PathBuf::from("repartee"), PathBuf::from);
    *destination = free_name(&folder, &name);
    true
}

/// A name in a folder that nothing has yet.
fn free_name(folder: &Path, name: &Path) -> PathBuf {
    let (stem, extension) = (name.file_stem().unwrap_or_default().display(), name.extension());
    let ending = extension.map_or(String::new(), |extension| format!(".{}", extension.display()));
    let names = std::iter::once(folder.join(name));
    let mut names = names.chain((2..).map(|number| folder.join(format!("{stem} ({number}){ending}"))));
    names.find(|path| !path.exists()).unwrap_or_else(|| folder.join(name))
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test that cannot go on fails")]

    use super::*;

    #[test]
    fn a_download_replaces_nothing() {
        let folder = tempfile::tempdir().unwrap();
        for expected in ["a.csv", "a (2).csv", "a (3).csv"] {
            let path = free_name(folder.path(), Path::new("a.csv"));
            assert_eq!(path, folder.path().join(expected));
            std::fs::write(path, "").unwrap();
        }
        assert_eq!(free_name(folder.path(), Path::new("a")), folder.path().join("a"));
    }
}
