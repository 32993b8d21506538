//! `metrics.jsonl`: one line per logged update and per evaluation.

use std::{
    collections::BTreeMap,
    fs::{File, OpenOptions},
    io::{BufRead as _, BufReader, Write as _},
    path::{Path, PathBuf},
};

use serde::{Deserialize, Deserializer, Serialize};

use crate::{error::TrainError, evaluation::Evaluation, run_directory::write_atomically};

/// One line of the log.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "kebab-case")]
pub enum Record {
    /// Averages over the updates since the last such line.
    Update(UpdateRecord),
    /// An evaluation on dev.
    Evaluation {
        /// After this many updates.
        update: u64,
        /// Its result.
        #[serde(flatten)]
        evaluation: Evaluation,
        /// Whether it is the best so far.
        best: bool,
    },
}

/// Averages over some updates.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct UpdateRecord {
    /// After this many updates.
    pub update: u64,
    /// The pass over the training pairs, from 0.
    pub epoch: u64,
    /// What is minimised, nats per sentence.
    #[serde(deserialize_with = "number")]
    pub objective_nats_per_sentence: f64,
    /// Unsmoothed NLL of the latent trained on, nats per sentence.
    #[serde(deserialize_with = "number")]
    pub nll_nats_per_sentence: f64,
    /// KL(q‖p), nats per sentence, with dropout on, for methods that have one. Dropout in the pooling adds to it;
    /// methods are compared by the KL on dev.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub kl_nats_per_sentence: Option<f64>,
    /// β of the last update.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub kl_weight: Option<f64>,
    /// Learning rate of the last update.
    #[serde(deserialize_with = "number")]
    pub learning_rate: f64,
    /// Global norm of the last gradient, before clipping.
    #[serde(deserialize_with = "number")]
    pub gradient_norm: f64,
    /// Updates skipped so far because a gradient was not finite.
    pub n_skipped: u64,
    /// How often each of the K latents won, for methods that choose.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub winners: Vec<u64>,
    /// Target tokens trained on per second.
    #[serde(deserialize_with = "number")]
    pub tokens_per_second: f64,
    /// The method's further loss parts, and for methods that choose among K latents `score_gain_nats_per_sentence`, how
    /// much lower the winner's NLL is than the average of the K, and `score_deviation_nats_per_sentence`, their spread.
    #[serde(flatten, deserialize_with = "numbers")]
    pub extra: BTreeMap<String, f64>,
}

/// The open log.
#[derive(Debug)]
pub struct MetricsLog {
    path: PathBuf,
    file: File,
}

impl MetricsLog {
    /// Opens the log and drops lines of updates after `update`, which a resumed run makes again.
    ///
    /// # Errors
    /// When it cannot be read or written.
    pub fn open(path: &Path, update: u64) -> Result<Self, TrainError> {
        if path.exists() {
            // The lines as they are: written anew, a number could lose its last digit.
            let is_before = |record: &Record| match record {
                Record::Update(record) => record.update <= update,
                Record::Evaluation { update: at, .. } => *at <= update,
            };
            let kept = lines(path)?.into_iter().filter(|line| parse(line).as_ref().is_some_and(is_before));
            let kept: String = kept.map(|line| line + "\n").collect();
            write_atomically(path, kept.as_bytes())?;
        }
        let file = OpenOptions::new().create(true).append(true).open(path);
        let file = file.map_err(|source| TrainError::Write { path: path.to_owned(), source })?;
        Ok(Self { path: path.to_owned(), file })
    }

    /// Appends a line.
    ///
    /// # Errors
    /// When it cannot be written.
    pub fn append(&mut self, record: &Record) -> Result<(), TrainError> {
        let written = self.file.write_all(line(record).as_bytes());
        written.map_err(|source| TrainError::Write { path: self.path.clone(), source })
    }
}

/// A number; JSON writes one that is not finite as `null`.
pub(crate) fn number<'de, D: Deserializer<'de>>(deserializer: D) -> Result<f64, D::Error> {
    Ok(Option::deserialize(deserializer)?.unwrap_or(f64::NAN))
}

fn numbers<'de, D: Deserializer<'de>>(deserializer: D) -> Result<BTreeMap<String, f64>, D::Error> {
    let numbers = BTreeMap::<String, Option<f64>>::deserialize(deserializer)?;
    Ok(numbers.into_iter().map(|(name, number)| (name, number.unwrap_or(f64::NAN))).collect())
}

/// Reads a log; a last line cut short by a kill is left out.
///
/// # Errors
/// When the file cannot be read.
pub fn read(path: &Path) -> Result<Vec<Record>, TrainError> {
    Ok(lines(path)?.iter().filter_map(|line| parse(line)).collect())
}

fn lines(path: &Path) -> Result<Vec<String>, TrainError> {
    let failed = |source| TrainError::Read { path: path.to_owned(), source };
    BufReader::new(File::open(path).map_err(failed)?).lines().collect::<Result<_, _>>().map_err(failed)
}

fn parse(line: &str) -> Option<Record> {
    serde_json::from_str(line).ok()
}

fn line(record: &Record) -> String {
    serde_json::to_string(record).expect("a record has only plain values") + "\n"
}
