//! `repartee train`.

use std::{
    path::{Path, PathBuf},
    process::ExitCode,
};

use repartee_engine::{ComputeDevice, RunFile, RunFileRequest, TrainJob, TrainOutcome, plan, train};

use super::{print_json, print_line, shown};
use crate::{
    context::{BUILD, Global, INTERRUPTED, stop_on_ctrl_c},
    progress::{TrainingProgress, nll_and_kl},
};

/// Train a model into a run folder. Ctrl-C saves and stops; --resume continues to the same losses.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  repartee train --config small --corpus corpus --run runs/first
  repartee train --config bow --preset small --corpus corpus --run runs/bow
  repartee train --config speculative --set method.k=20 --corpus corpus --run runs/paper-20 --device wgpu:0
  repartee train --config small --corpus corpus --run runs/first --resume --max-steps 80000
  repartee train --config base --corpus corpus --plan")]
pub(crate) struct Train {
    /// A run file, or the name of a built-in one: a size (tiny, small, base) or, at the paper's size, a method (vanilla,
    /// cyclical, spacefusion, bow, monte-carlo, speculative)
    #[arg(long, value_name = "FILE")]
    config: PathBuf,
    /// Lay the run file over this one instead of what it extends: a method at another size
    #[arg(long, value_name = "FILE")]
    preset: Option<PathBuf>,
    /// Change one value of the run file; can be given several times
    #[arg(long, value_name = "KEY=VALUE")]
    set: Vec<String>,
    /// The corpus folder, with its vocabulary
    #[arg(long, value_name = "DIR")]
    corpus: PathBuf,
    /// The run folder
    #[arg(long, value_name = "DIR", required_unless_present = "plan")]
    run: Option<PathBuf>,
    /// Updates to make, instead of the run file's
    #[arg(long, value_name = "N")]
    max_steps: Option<u64>,
    /// Continue the run in the folder
    #[arg(long)]
    resume: bool,
    /// Only say what the run would need: parameters, memory, arithmetic, and the time by a short measurement
    #[arg(long, conflicts_with_all = ["run", "resume"])]
    plan: bool,
}

impl Train {
    pub(crate) fn run(self, global: &Global) -> anyhow::Result<ExitCode> {
        let request = RunFileRequest { path: &self.config, preset: self.preset.as_deref(), settings: &self.set };
        let mut run = request.resolve()?;
        if let Some(max_steps) = self.max_steps {
            run.training.max_updates = max_steps;
        }
        if let Some(seed) = global.seed {
            run.seed = seed;
        }
        run.validate(&self.config)?;
        let device = global.open_device()?;
        let Some(directory) = self.run else { return show_plan(global, &run, &self.corpus, &device) };
        let outcome = train_with_progress(global, run, &self.corpus, &directory, self.resume, &device)?;
        if global.json {
            print_json(&serde_json::json!({
                "run": directory,
                "update": outcome.update,
                "stopped": outcome.stopped,
                "best": outcome.best,
            }))?;
        } else {
            let best = outcome.best.map_or_else(String::new, |best| {
                let evaluation = &best.evaluation;
                let parts = nll_and_kl(evaluation.nll_nats_per_sentence, evaluation.kl_nats_per_sentence);
                format!("; best after {}: dev {parts} nats per sentence", best.update)
            });
            let how = if outcome.stopped { "stopped and saved" } else { "done" };
            print_line(&format!("{how} after {} updates in {}{best}", outcome.update, shown(&directory)))?;
        }
        Ok(if outcome.stopped { ExitCode::from(INTERRUPTED) } else { ExitCode::SUCCESS })
    }
}

fn show_plan(global: &Global, run: &RunFile, corpus: &Path, device: &ComputeDevice) -> anyhow::Result<ExitCode> {
    global.note("measuring a few updates");
    let plan = plan(run, corpus, device)?;
    if global.json {
        print_json(&plan)?;
    } else {
        print_line(&crate::plan::table(&plan))?;
    }
    Ok(ExitCode::SUCCESS)
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
    let stop = stop_on_ctrl_c("stopping after this update")?;
    let mut progress = TrainingProgress::new(global);
    let job = TrainJob { run, corpus, directory, resume, device, build: BUILD, stop };
    let outcome = train(job, &mut |event| progress.show(&event));
    progress.finish();
    Ok(outcome?)
}
