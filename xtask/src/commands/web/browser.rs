//! Chromium without a window, on WebGPU's software adapter.

use std::{
    path::Path,
    process::{Child, Command, Stdio},
};

use anyhow::Context;

use crate::process;

/// Without these, headless Chromium has no WebGPU adapter on a machine without a GPU; the rest keeps it to itself.
const FLAGS: [&str; 10] = [
    "--headless=new",
    "--no-sandbox",
    "--enable-unsafe-webgpu",
    "--use-webgpu-adapter=swiftshader",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--disable-dev-shm-usage",
];

/// A browser that ends with this value.
pub(crate) struct Browser(Child);

impl Browser {
    /// The program, if there is one.
    pub(crate) fn program() -> Option<&'static str> {
        ["chromium", "chromium-browser", "google-chrome"]
            .into_iter()
            .find(|program| process::ask(program, &["--version"]).is_some())
    }

    /// # Errors
    /// When there is no Chromium.
    pub(crate) fn open(address: &str, profile: &Path) -> anyhow::Result<Self> {
        let program = Self::program().context("no Chromium here; on Debian: apt-get install chromium")?;
        let mut command = Command::new(program);
        command.args(FLAGS).arg(format!("--user-data-dir={}", profile.display())).arg(address);
        command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
        Ok(Self(command.spawn().with_context(|| format!("cannot start {program}"))?))
    }

    pub(crate) fn runs(&mut self) -> bool {
        matches!(self.0.try_wait(), Ok(None))
    }
}

impl Drop for Browser {
    fn drop(&mut self) {
        // It may have ended by itself.
        _ = self.0.kill();
        _ = self.0.wait();
    }
}
