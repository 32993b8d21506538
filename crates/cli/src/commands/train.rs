//! `repartee train`.

use std::{
    path::{Path, PathBuf},
    process::ExitCode,
};

use repartee_engine::{ComputeDevice, RunFile, TrainJob, TrainOutcome, run_file, train};

use super::{print_json, print_line, shown};
use crate::{
    context::{BUILD, Global, INTERRUPTED, stop_on_ctrl_c},
    progress::TrainingProgress,
};

/// Train a model into a run folder. Ctrl-C saves and stops; --resume continues to the same losses.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  repartee train --config small --corpus corpus --run runs/first
  repartee train --config configs/base.toml --corpus corpus --run runs/paper --device wgpu:0
  repartee train --config small --corpus corpus --run runs/first --resume --max-steps 80000")]
pub(crate) struct Train {
    /// A run file, or the name of a preset: tiny, small, base
    #[arg(long, value_name = "FILE")]
    config: PathBuf,
    /// The corpus folder, with its vocabulary
    #[arg(long, value_name = "DIR")]
    corpus: PathBuf,
    /// The run folder
    #[arg(long, value_name = "DIR")]
    run: PathBuf,
    /// Updates to make, instead of the run file's
    #[arg(long, value_name = "N")]
    max_steps: Option<u64>,
    /// Continue the run in the folder
    #[arg(long)]
    resume: bool,
}

impl Train {
    pub(crate) fn run(self, global: &Global) -> anyhow::Result<ExitCode> {
        let mut run = run_file(&self.config)?;
        if let Some(max_steps) = self.max_steps {
            run.training.max_updates = max_steps;
        }
        if let Some(seed) = global.seed {
            run.seed = seed;
        }
        run.validate(&self.config)?;
        let device = global.open_device()?;
        let outcome = train_with_progress(global, run, &self.corpus, &self.run, self.resume, &device)?;
        if global.json {
            print_json(&serde_json::json!({
                "run": self.run,
                "update": outcome.update,
                "stopped": outcome.stopped,
                "best": outcome.best,
            }))?;
        } else {
            let best = outcome.best.map_or_else(String::new, |best| {
                let (nll, kl) = (best.evaluation.nll_nats_per_sentence, best.evaluation.kl_nats_per_sentence);
                format!("; best after {}: dev NLL {nll:.3}, KL {kl:.3} nats per sentence", best.update)
            });
            let how = if outcome.stopped { "stopped and saved" } else { "done" };
            print_line(&format!("{how} after {} updates in {}{best}", outcome.update, shown(&self.run)))?;
        }
        Ok(if outcome.stopped { ExitCode::from(INTERRUPTED) } else { ExitCode::SUCCESS })
    }
}

/// Trains with progress on stderr.
pub(super) fn train_with_progress(
    global: &Global,
    run: RunFile,
    corpus: &Path,
    directory: &Path,
    resume: bool,
    device: &ComputeDevice,
) -> anyhow::Result<TrainOutcome> {
    let stop = stop_on_ctrl_c()?;
    let mut progress = TrainingProgress::new(global);
    let job = TrainJob { run, corpus, directory, resume, device, build: BUILD, stop };
    let outcome = train(job, &mut |event| progress.show(&event));
    progress.finish();
    Ok(outcome?)
}
