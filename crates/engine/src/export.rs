//! A run to give away: the best model without what only training needs, in a format of weights.

use std::path::Path;

use repartee_train::{RunDirectory, WeightFormat, checkpoint::Checkpoint, run_directory::CheckpointKind};
use serde::Serialize;

use crate::EngineError;

/// What was written.
#[derive(Clone, Copy, Debug, Serialize)]
pub struct Exported {
    /// The format of the weights.
    pub weights: WeightFormat,
    /// Size of the model's file.
    pub bytes: u64,
    /// Size of the run's own.
    pub bytes_before: u64,
}

/// Writes the best model of the run in `run_dir` as a new run folder, ready to generate and to be evaluated.
///
/// # Errors
/// A run without a checkpoint, a folder that is a run already or cannot be written, weights that the format cannot hold.
pub fn export_run(run_dir: &Path, out: &Path, weights: WeightFormat) -> Result<Exported, EngineError> {
    let run = RunDirectory::open(run_dir)?;
    if out.join("run.toml").exists() {
        return Err(EngineError::ExportExists { path: out.to_owned() });
    }
    let path = run.checkpoint_path(CheckpointKind::Best);
    let checkpoint = Checkpoint::read(&path)?;
    let bytes_before = fs_err::metadata(&path).map_or(0, |file| file.len());
    let new = RunDirectory::create(out, &run.run_file()?, &run.manifest()?, &run.vocabulary()?)?;
    let bytes = checkpoint.export(&new.checkpoint_path(CheckpointKind::Best), weights)?;
    Ok(Exported { weights, bytes: bytes as u64, bytes_before })
}
