//! What the desktop app needs of the machine.

use crate::{commands::setup::install_packages, machine::System, process, say::line};

/// Packages with which the desktop app is built and tested on Debian.
const PACKAGES: [&str; 7] =
    ["libwebkit2gtk-4.1-dev", "librsvg2-dev", "webkit2gtk-driver", "xvfb", "xauth", "dbus-x11", "at-spi2-core"];

/// WebKitGTK, and what its test needs. Windows and macOS have their own webviews.
pub(crate) fn install_missing(may_change: bool) {
    let system = System::read();
    if matches!(system, System::Windows | System::MacOs) {
        return line("setup", "webview: part of the system");
    }
    let has_library = process::ask("pkg-config", &["--exists", "webkit2gtk-4.1"]).is_some();
    let has_program = |program: &str| process::ask("which", &[program]).is_some();
    if has_library && ["WebKitWebDriver", "Xvfb", "dbus-daemon"].into_iter().all(has_program) {
        return line("setup", "WebKitGTK and its driver, Xvfb: found");
    }
    line("setup", "WebKitGTK, its driver or Xvfb: missing; the desktop app and its test need them");
    match system {
        System::DebianFamily(_) => install_packages(&PACKAGES, may_change),
        _ => line("setup", "WebKitGTK: install version 4.1 of its library with headers, WebKitWebDriver and Xvfb"),
    }
}
