//! What a run would need, measured by a process of its own: what it takes is given back, and if it takes too much, the engine
//! is still there.

use std::process::{Command, Stdio};

use repartee_engine::control;
use repartee_wire::engine::{EngineError, EngineErrorCode, RunPlan, TrainRequest};
use serde::Deserialize;

use super::{Training, corpora, process};
use crate::{
    about::Devices,
    fault,
    project::{Project, folders},
};

/// What `repartee train --plan --json` says, as far as it is wanted.
#[derive(Deserialize)]
struct Measured {
    n_parameters: u64,
    n_pairs: u64,
    updates_per_epoch: u64,
    max_updates: u64,
    state_memory_bytes: u64,
    activation_memory_bytes: u64,
    checkpoint_bytes: u64,
    flops_per_update: f64,
    total_seconds: f64,
}

/// A run of more than so many seconds on a slow device is worth a word.
const LONG_SECONDS: f64 = 12.0 * 3600.0;

/// More passes over the pairs than this learn them by heart.
const MANY_EPOCHS: f64 = 100.0;

impl Training {
    /// Plans a run.
    pub(crate) fn plan(
        &self,
        project: &Project,
        devices: &Devices,
        request: &TrainRequest,
    ) -> Result<RunPlan, EngineError> {
        corpora::checked(&request.corpus)?;
        process::run_file(request)?;
        let (device, _) = devices.choose(request.device.as_deref())?;
        let mut command = Command::new(&self.program);
        command.arg("train").args(process::words(request, &device)?).args(["--plan", "--json", "--quiet"]);
        let output = command.stdin(Stdio::null()).output();
        let output = output.map_err(|error| fault::of_file(&self.program, &error))?;
        let said = String::from_utf8_lossy(&output.stderr);
        let measured: Option<Measured> = serde_json::from_slice(&output.stdout).ok();
        let Some(measured) = measured.filter(|_| output.status.success()) else {
            return Err(match process::error_of(&said) {
                Some(error) => fault::invalid(error),
                None => {
                    let message = format!("measuring broke off ({}); choose a smaller size", output.status);
                    EngineError::new(EngineErrorCode::OutOfMemory, message)
                }
            });
        };
        let warnings = warnings(project, devices, &device, &measured);
        Ok(RunPlan {
            n_parameters: measured.n_parameters,
            n_pairs: measured.n_pairs,
            max_updates: measured.max_updates,
            updates_per_epoch: measured.updates_per_epoch,
            memory_bytes: measured.state_memory_bytes + measured.activation_memory_bytes,
            checkpoint_bytes: measured.checkpoint_bytes,
            flops_per_update: measured.flops_per_update,
            total_seconds: measured.total_seconds,
            warnings,
        })
    }
}

fn warnings(project: &Project, devices: &Devices, device: &str, plan: &Measured) -> Vec<String> {
    let memory = plan.state_memory_bytes + plan.activation_memory_bytes;
    let free = free_memory_bytes().filter(|_| devices.is_slow(device));
    let running = folders(project.runs()).into_iter().filter(|(_, folder)| control::is_held(folder)).count();
    let epochs = plan.max_updates as f64 / plan.updates_per_epoch.max(1) as f64;
    let warnings = [
        free.filter(|&free| memory > free).map(|free| {
            format!(
                "it needs about {} MB of memory and {} MB are free; choose a smaller size, or fewer `batch.tokens`",
                memory / 1_000_000,
                free / 1_000_000
            )
        }),
        (plan.total_seconds > LONG_SECONDS && devices.is_slow(device))
            .then(|| "on this device it takes more than half a day; a graphics card is much faster".to_owned()),
        (epochs > MANY_EPOCHS).then(|| {
            format!("it reads every pair {epochs:.0} times and will know them by heart; lower `training.max_updates`")
        }),
        (running > 0).then(|| format!("{running} other training runs now; the time was measured beside it")),
    ];
    warnings.into_iter().flatten().collect()
}

/// Memory that can be had, where the system says so.
fn free_memory_bytes() -> Option<u64> {
    let text = std::fs::read_to_string("/proc/meminfo").ok()?;
    let line = text.lines().find_map(|line| line.strip_prefix("MemAvailable:"))?;
    line.trim().strip_suffix("kB")?.trim().parse::<u64>().ok().map(|kibibytes| kibibytes * 1024)
}
