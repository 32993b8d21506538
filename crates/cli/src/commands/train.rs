//! `repartee train`.

use std::{
    path::{Path, PathBuf},
    process::ExitCode,
    time::Duration,
};

use repartee_engine::{
    Communicator, Compression, ComputeDevice, Network, Plan, RanksPlan, RunDirectory, RunFile, RunFileRequest,
    TrainJob, TrainOutcome, plan, train,
};

use super::{print_json, print_line, shown};
use crate::{
    context::{BUILD, Global, INTERRUPTED, stop_on_ctrl_c},
    progress::{TrainingProgress, nll_and_kl},
    ranks::Ranks,
};

/// Train a model into a run folder. Ctrl-C saves and stops; --resume continues to the same losses.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  repartee train --config small --corpus corpus --run runs/first
  repartee train --config bow --preset small --corpus corpus --run runs/bow
  repartee train --config speculative --set method.k=20 --corpus corpus --run runs/paper-20 --device wgpu:0
  repartee train --run runs/first --resume --max-steps 80000
  repartee train --config base --corpus corpus --plan --ranks 16 --bandwidth 25
  mpirun -n 4 repartee train --config speculative --corpus corpus --run runs/paper-5   (docs/mpi.md)")]
pub(crate) struct Train {
    /// A run file, or the name of a built-in one: a size (tiny, small, base) or, at the paper's size, a method (vanilla,
    /// cyclical, spacefusion, bow, monte-carlo, speculative)
    /// [with --resume: the run's own]
    #[arg(long, value_name = "FILE", required_unless_present = "resume")]
    config: Option<PathBuf>,
    /// Lay the run file over this one instead of what it extends: a method at another size
    #[arg(long, value_name = "FILE")]
    preset: Option<PathBuf>,
    /// Change one value of the run file; can be given several times
    #[arg(long, value_name = "KEY=VALUE")]
    set: Vec<String>,
    /// The corpus folder, with its vocabulary [with --resume: the run's own]
    #[arg(long, value_name = "DIR", required_unless_present = "resume")]
    corpus: Option<PathBuf>,
    /// The run folder
    #[arg(long, value_name = "DIR", required_unless_present = "plan")]
    run: Option<PathBuf>,
    /// Updates to make, instead of the run file's
    #[arg(long, value_name = "N")]
    max_steps: Option<u64>,
    /// Continue the run in the folder
    #[arg(long)]
    resume: bool,
    /// Between ranks, send gradients in half precision: half the bytes, for slow networks; sums are no longer exact
    #[arg(long, value_name = "FORMAT")]
    compress: Option<Format>,
    /// Under mpirun, end the job when a rank lets another wait for longer than this
    #[arg(long, value_name = "SECONDS", default_value_t = 300, value_parser = clap::value_parser!(u64).range(1..))]
    rank_timeout: u64,
    /// Only say what the run would need: parameters, memory, arithmetic, and the time by a short measurement
    #[arg(long, conflicts_with_all = ["run", "resume"])]
    plan: bool,
    /// With --plan: also what so many ranks like this machine would need
    #[arg(long, value_name = "N", requires = "plan", value_parser = clap::value_parser!(u64).range(1..))]
    ranks: Option<u64>,
    /// With --ranks: the network's speed from one rank to the next, one way; `repartee bench sum` measures it
    #[arg(long, value_name = "GBIT/S", default_value_t = 10.0, requires = "ranks")]
    bandwidth: f64,
    /// With --ranks: the delay of a small message, one way
    #[arg(long, value_name = "MICROSECONDS", default_value_t = 50.0, requires = "ranks")]
    latency: f64,
}

/// How gradients travel.
#[derive(Clone, Copy, Debug, clap::ValueEnum)]
enum Format {
    F16,
}

impl Train {
    pub(crate) fn run(self, global: &Global) -> anyhow::Result<ExitCode> {
        let ranks = Ranks::meet(Duration::from_secs(self.rank_timeout))?;
        let result = self.run_on(&ranks, &ranks.global(global));
        ranks.end(result)
    }

    fn run_on(self, ranks: &Ranks, global: &Global) -> anyhow::Result<ExitCode> {
        let begun = self.resume.then_some(self.run.as_deref()).flatten();
        let (config, corpus) = begun_or_given(begun, self.config, self.corpus)?;
        let request = RunFileRequest { path: &config, preset: self.preset.as_deref(), settings: &self.set };
        let mut run = request.resolve()?;
        if let Some(max_steps) = self.max_steps {
            run.training.max_updates = max_steps;
        }
        if let Some(seed) = global.seed {
            run.seed = seed;
        }
        run.validate(&config)?;
        if let Some(described) = ranks.described() {
            global.note(&described);
        }
        let device = global.open_device()?;
        let compression = match self.compress {
            Some(Format::F16) => Compression::F16,
            None => Compression::None,
        };
        let Some(directory) = self.run else {
            let network = self.ranks.map(|n_ranks| Network {
                n_ranks: n_ranks as usize,
                bytes_per_second: self.bandwidth * 1e9 / 8.0,
                latency_seconds: self.latency * 1e-6,
                compression,
            });
            return show_plan(global, &run, &corpus, &device, network);
        };
        let team = (ranks.communicator(), compression);
        let outcome = train_with_progress(global, run, &corpus, &directory, self.resume, &device, team)?;
        if ranks.communicator().rank() > 0 {
        } else if global.json {
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

/// The run file and the corpus: those given, else those of the run that is continued.
fn begun_or_given(
    begun: Option<&Path>,
    config: Option<PathBuf>,
    corpus: Option<PathBuf>,
) -> anyhow::Result<(PathBuf, PathBuf)> {
    match (begun, config, corpus) {
        (_, Some(config), Some(corpus)) => Ok((config, corpus)),
        (Some(run), config, corpus) => {
            let manifest = RunDirectory::open(run)?.manifest()?;
            Ok((config.unwrap_or_else(|| run.join("run.toml")), corpus.unwrap_or(manifest.corpus)))
        }
        (None, ..) => anyhow::bail!("--resume continues the run of a folder; name it with --run"),
    }
}

fn show_plan(
    global: &Global,
    run: &RunFile,
    corpus: &Path,
    device: &ComputeDevice,
    network: Option<Network>,
) -> anyhow::Result<ExitCode> {
    global.note("measuring a few updates");
    let plan = plan(run, corpus, device)?;
    let on_ranks = network.map(|network| plan.on_ranks(run.batch.micro_batches, network)).transpose()?;
    if global.json {
        print_json(&PlanReport { plan: &plan, on_ranks: on_ranks.as_ref() })?;
    } else {
        print_line(&crate::plan::table(&plan))?;
        on_ranks.iter().try_for_each(|on_ranks| print_line(&crate::plan::ranks_table(on_ranks)))?;
    }
    Ok(ExitCode::SUCCESS)
}

#[derive(serde::Serialize)]
struct PlanReport<'a> {
    #[serde(flatten)]
    plan: &'a Plan,
    #[serde(skip_serializing_if = "Option::is_none")]
    on_ranks: Option<&'a RanksPlan>,
}

/// Trains with progress on stderr.
pub(super) fn train_with_progress(
    global: &Global,
    run: RunFile,
    corpus: &Path,
    directory: &Path,
    resume: bool,
    device: &ComputeDevice,
    (communicator, compression): (&dyn Communicator, Compression),
) -> anyhow::Result<TrainOutcome> {
    let stop = stop_on_ctrl_c(if communicator.rank() == 0 { "stopping after this update" } else { "" })?;
    let mut progress = TrainingProgress::new(global);
    let job = TrainJob {
        run,
        corpus,
        directory,
        resume,
        device,
        build: BUILD,
        with_samples: true,
        stop,
        communicator,
        compression,
    };
    let outcome = train(job, &mut |event| progress.show(&event));
    progress.finish();
    Ok(outcome?)
}
