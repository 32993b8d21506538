//! Training: run files, token-budget batches, the update loop, evaluation on dev, checkpoints and the run directory.
//! Owns the order in which things happen to a model; the mathematics is in `model`, the command line in `cli`.

pub mod adam;
pub mod checkpoint;
pub mod communicator;
pub mod config;
pub mod control;
pub mod data;
pub mod diagnostics;
mod error;
pub mod evaluation;
mod initial;
mod learner;
pub mod metrics_log;
pub mod plan;
pub mod ranks_plan;
pub mod run_directory;
pub mod samples;
pub mod sums;
mod together;
pub mod trainer;
mod weights;

pub use communicator::{Alone, Communicator, Compression};
pub use config::RunFile;
pub use error::TrainError;
pub use evaluation::Evaluation;
pub use run_directory::{RunDirectory, RunManifest};
pub use trainer::{Event, TrainOptions, TrainOutcome, train};
pub use weights::WeightFormat;
