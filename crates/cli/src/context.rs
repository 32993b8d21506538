//! What every command knows: the global options, the program's identity and the wish to stop.

use std::sync::atomic::{AtomicBool, Ordering};

use anyhow::Context as _;
use repartee_engine::{BuildInfo, ComputeDevice, DeviceChoice};

/// Options that mean the same everywhere.
#[derive(Clone, Copy, Debug, clap::Args)]
pub(crate) struct Global {
    /// Where to compute: auto (a GPU if there is one, else cpu), cpu, wgpu or wgpu:INDEX
    #[arg(long, global = true, default_value = "auto", value_name = "DEVICE")]
    pub(crate) device: DeviceChoice,
    /// Seed of everything random in this command [default: 0, or the run file's]
    #[arg(long, global = true)]
    pub(crate) seed: Option<u64>,
    /// Write machine-readable JSON to stdout
    #[arg(long, global = true)]
    pub(crate) json: bool,
    /// No progress on stderr
    #[arg(long, short, global = true)]
    pub(crate) quiet: bool,
}

impl Global {
    /// Opens the chosen device and says which it is.
    pub(crate) fn open_device(&self) -> anyhow::Result<ComputeDevice> {
        let device = ComputeDevice::open(self.device)?;
        self.note(&format!("device: {}", device.name));
        Ok(device)
    }

    /// A line for the person, not for a program that reads stdout.
    pub(crate) fn note(&self, line: &str) {
        if !self.quiet {
            eprintln!("{line}");
        }
    }

    /// The seed, 0 by default.
    pub(crate) fn seed(&self) -> u64 {
        self.seed.unwrap_or(0)
    }
}

/// This program.
pub(crate) const BUILD: BuildInfo = BuildInfo { version: env!("CARGO_PKG_VERSION"), commit: env!("REPARTEE_COMMIT") };

/// Set by the first Ctrl-C.
static STOP: AtomicBool = AtomicBool::new(false);

/// Exit status of a command that Ctrl-C ended, as shells have it.
pub(crate) const INTERRUPTED: u8 = 130;

/// From now on the first Ctrl-C asks for an orderly stop, and says so with `note` if it is not empty, and the second
/// ends the program at once.
pub(crate) fn stop_on_ctrl_c(note: &'static str) -> anyhow::Result<&'static AtomicBool> {
    ctrlc::set_handler(move || {
        if STOP.swap(true, Ordering::Relaxed) {
            std::process::exit(i32::from(INTERRUPTED));
        }
        if !note.is_empty() {
            eprintln!("\n{note}; press Ctrl-C again to end at once");
        }
    })
    .context("cannot listen for Ctrl-C")?;
    Ok(&STOP)
}
