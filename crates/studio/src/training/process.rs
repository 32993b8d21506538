//! `repartee train` as a process that outlives this one.

use std::{
    ffi::OsString,
    fs::File,
    path::Path,
    process::{Child, Command, Stdio},
};

use repartee_engine::RunFileRequest;
use repartee_wire::engine::{EngineError, TrainRequest};

use crate::fault::{self, invalid};

/// What a run's process says, in its folder.
const LOG: &str = "train.log";

/// The words of a command line for a request: run file, corpus and device.
pub(super) fn words(request: &TrainRequest, device: &str) -> Result<Vec<OsString>, EngineError> {
    let configuration = built_in(&request.configuration)?;
    let mut words = vec!["--config".into(), configuration.into(), "--corpus".into(), (&request.corpus).into()];
    if let Some(size) = &request.size {
        words.extend(["--preset".into(), built_in(size)?.into()]);
    }
    words.extend(request.settings.iter().map(|setting| OsString::from(format!("--set={setting}"))));
    words.extend(["--device".into(), device.into()]);
    Ok(words)
}

/// A run file as the request has it, so that what is wrong with it is told at once.
pub(super) fn run_file(request: &TrainRequest) -> Result<repartee_engine::RunFile, EngineError> {
    let path = Path::new(built_in(&request.configuration)?);
    let preset = request.size.as_deref().map(built_in).transpose()?.map(Path::new);
    let run = RunFileRequest { path, preset, settings: &request.settings }.resolve();
    // A value that a person typed is no damaged file.
    run.map_err(|error| invalid(fault::of(&error).message))
}

/// Only names of built-in run files: what else a path could lead to is not asked for.
fn built_in(name: &str) -> Result<&'static str, EngineError> {
    let found = repartee_engine::built_in_run_files().into_iter().find(|built_in| built_in.name == name);
    found.map(|built_in| built_in.name).ok_or_else(|| invalid(format!("there is no configuration `{name}`")))
}

/// Starts the program in a group of its own: what stops the engine, be it Ctrl-C or a closed window, does not reach it.
pub(super) fn spawn(program: &Path, folder: &Path, words: &[OsString]) -> Result<Child, EngineError> {
    let path = folder.join(LOG);
    let log = File::create(&path).and_then(|log| Ok((log.try_clone()?, log)));
    let (errors, log) = log.map_err(|error| fault::of_file(&path, &error))?;
    let mut command = Command::new(program);
    command.arg("train").arg("--run").arg(folder).args(words).arg("--quiet");
    command.stdin(Stdio::null()).stdout(log).stderr(errors);
    #[cfg(unix)]
    std::os::unix::process::CommandExt::process_group(&mut command, 0);
    #[cfg(windows)]
    {
        /// `DETACHED_PROCESS | CREATE_NEW_PROCESS_GROUP`: no console that could be closed.
        const ON_ITS_OWN: u32 = 0x8 | 0x200;
        std::os::windows::process::CommandExt::creation_flags(&mut command, ON_ITS_OWN);
    }
    command.spawn().map_err(|error| fault::of_file(program, &error))
}

/// The error in which the last process of a run ended, if it did, and when it was written.
pub(super) fn last_error(folder: &Path) -> Option<(String, std::time::SystemTime)> {
    let path = folder.join(LOG);
    let written = path.metadata().ok()?.modified().ok()?;
    let text = String::from_utf8_lossy(&std::fs::read(path).ok()?).into_owned();
    Some((error_of(&text)?, written))
}

/// What stands after `error: ` in what a process said.
pub(super) fn error_of(text: &str) -> Option<String> {
    text.lines().rev().find_map(|line| line.strip_prefix("error: ")).map(str::to_owned)
}
