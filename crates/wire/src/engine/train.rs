//! Training, where the engine trains.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

/// The corpora that are there -> list of [`CorpusFolder`].
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Corpora {}

/// A corpus.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CorpusFolder {
    /// Its folder.
    pub path: String,
    /// Its name for people.
    pub name: String,
    /// `en` or `ja`.
    pub language: String,
    /// Pairs to train on.
    pub n_train: u64,
    /// Pairs to evaluate on.
    pub n_dev: u64,
}

/// The run files that are there -> list of [`Configuration`].
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Configurations {}

/// A run file by name.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Configuration {
    /// Its name, as for `repartee train --config`.
    pub name: String,
    /// What it is, in one line.
    pub summary: String,
    /// Whether it is a size (`tiny`, `small`, `base`), not a method.
    pub is_size: bool,
}

/// What to train.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TrainRequest {
    /// The run's name, and that of its folder.
    pub name: String,
    /// [`CorpusFolder::path`].
    pub corpus: String,
    /// [`Configuration::name`] of a method or a size.
    pub configuration: String,
    /// A size under a method.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub size: Option<String>,
    /// Single values, as `training.max_updates=500`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub settings: Vec<String>,
    /// [`super::Device::id`]; none takes the engine's first.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub device: Option<String>,
}

/// What a run would need -> [`RunPlan`].
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PlanRun {
    /// What to train.
    pub request: TrainRequest,
}

/// What a run will need.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct RunPlan {
    /// Parameters.
    pub n_parameters: u64,
    /// Training pairs.
    pub n_pairs: u64,
    /// Updates to make.
    pub max_updates: u64,
    /// Updates in a pass over the training pairs.
    pub updates_per_epoch: u64,
    /// Memory for parameters, gradients and moments, and for activations.
    pub memory_bytes: u64,
    /// Size of the model's file while it is trained.
    pub checkpoint_bytes: u64,
    /// Floating-point operations of an update.
    pub flops_per_update: f64,
    /// Time of all updates, evaluations left out.
    pub total_seconds: f64,
    /// Remarks, each one line.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub warnings: Vec<String>,
}

/// Starts a run -> [`RunStatus`].
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct StartRun {
    /// What to train.
    pub request: TrainRequest,
}

/// Continues a run that was stopped -> [`RunStatus`].
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ResumeRun {
    /// Which.
    pub run: String,
}

/// Stops a run after the present update, saved, so that it can be resumed -> [`RunStatus`]. A pause is the same.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct StopRun {
    /// Which.
    pub run: String,
}

/// The runs that are there -> list of [`RunStatus`].
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Runs {}

/// How a run stands.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RunStatus {
    /// Its name, unique.
    pub run: String,
    /// How it stands.
    pub state: RunState,
    /// The method, as in its run file.
    pub method: String,
    /// `en` or `ja`.
    pub language: String,
    /// Updates made.
    pub update: u64,
    /// Updates to make.
    pub max_updates: u64,
    /// Why it failed; one line.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
}

/// How a run stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum RunState {
    /// Reads pairs or opens the device.
    Starting,
    /// Makes updates.
    Running,
    /// Was told to stop and saves.
    Stopping,
    /// Can be resumed.
    Stopped,
    /// Made all its updates.
    Finished,
    /// Ended by an error.
    Failed,
}

/// Lines of a run's metrics -> [`MetricsPage`].
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Metrics {
    /// Which run.
    pub run: String,
    /// Lines before this one are left out, from 0.
    pub since_line: u64,
}

/// Some lines of a run's metrics.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct MetricsPage {
    /// The lines.
    pub lines: Vec<MetricsLine>,
    /// The number of the line that will be next.
    pub next_line: u64,
}

/// A line of `metrics.jsonl`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct MetricsLine {
    /// Of what.
    pub kind: MetricsKind,
    /// After this many updates.
    pub update: u64,
    /// Every number of the line by its name there, for instance `nll_nats_per_sentence`.
    pub values: BTreeMap<String, f64>,
    /// How often each of the K latents won.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub winners: Vec<u64>,
    /// Of an evaluation, whether it is the best so far.
    #[serde(default)]
    pub best: bool,
}

/// What a line of metrics is of.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum MetricsKind {
    /// Averages over updates.
    Update,
    /// An evaluation on dev.
    Evaluation,
}

/// Follows a run -> [`RunEvent`]s: the lines since one, then what comes. Ends with the run. Stopping it leaves the run as
/// it is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct WatchRun {
    /// Which.
    pub run: String,
    /// Lines before this one are left out, from 0.
    pub since_line: u64,
}

/// What is told of a run.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "event", rename_all = "kebab-case")]
pub enum RunEvent {
    /// Its state has changed, or an update was made (told a few times a second at most).
    State(RunStatus),
    /// Lines were logged.
    Lines(MetricsPage),
    /// Replies of the model as it is now, at an evaluation.
    Samples {
        /// After this many updates.
        update: u64,
        /// Some utterances with replies.
        samples: Vec<Sample>,
    },
}

/// An utterance with replies.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Sample {
    /// x.
    pub utterance: String,
    /// y, one a latent.
    pub replies: Vec<String>,
}
