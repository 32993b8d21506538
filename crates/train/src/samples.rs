//! `samples.jsonl`: at each evaluation, what the model says to some utterances. Who makes them is not training's business:
//! a [`Sampler`] does.

use std::{
    fmt::Debug,
    fs::OpenOptions,
    io::Write as _,
    path::{Path, PathBuf},
};

use repartee_model::Tcvae;
use serde::{Deserialize, Serialize};

use crate::{error::TrainError, run_directory::write_atomically};

/// An utterance with replies, one a latent.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Sample {
    /// x.
    pub utterance: String,
    /// y, one a latent.
    pub replies: Vec<String>,
}

/// A line of the file.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Samples {
    /// After this many updates.
    pub update: u64,
    /// What was said.
    pub samples: Vec<Sample>,
}

/// Makes replies with a model in training.
pub trait Sampler: Debug {
    /// Replies of the model, which has no autodiff; none where it cannot make any.
    fn samples(&self, model: &Tcvae) -> Option<Vec<Sample>>;
}

/// The open file.
#[derive(Debug)]
pub(crate) struct SamplesLog {
    path: PathBuf,
}

impl SamplesLog {
    /// Opens the file and drops lines after `update`, which a resumed run makes again.
    pub(crate) fn open(path: PathBuf, update: u64) -> Result<Self, TrainError> {
        if path.exists() {
            let kept = read(&path)?.into_iter().filter(|samples| samples.update <= update);
            let kept: String = kept.map(|samples| line(&samples)).collect();
            write_atomically(&path, kept.as_bytes())?;
        }
        Ok(Self { path })
    }

    /// Appends a line.
    pub(crate) fn append(&self, samples: &Samples) -> Result<(), TrainError> {
        let file = OpenOptions::new().create(true).append(true).open(&self.path);
        let written = file.and_then(|mut file| file.write_all(line(samples).as_bytes()));
        written.map_err(|source| TrainError::Write { path: self.path.clone(), source })
    }
}

fn line(samples: &Samples) -> String {
    serde_json::to_string(samples).expect("samples are plain texts") + "\n"
}

/// Reads the file; a last line cut short by a kill is left out, and a run without samples has none.
///
/// # Errors
/// When the file cannot be read.
pub fn read(path: &Path) -> Result<Vec<Samples>, TrainError> {
    if !path.exists() {
        return Ok(Vec::new());
    }
    let text = std::fs::read_to_string(path).map_err(|source| TrainError::Read { path: path.to_owned(), source })?;
    Ok(text.lines().filter_map(|line| serde_json::from_str(line).ok()).collect())
}
