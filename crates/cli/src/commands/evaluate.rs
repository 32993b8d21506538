//! `repartee evaluate`.

use std::{
    path::{Path, PathBuf},
    process::ExitCode,
};

use repartee_engine::{EvaluateOptions, LoadedRun, Scores, corpus::Split};

use super::{print_json, print_line};
use crate::{
    context::Global,
    decoding::{Decoding, Resolved},
    progress::Progress,
    scores,
};

/// Score a run on a split: one reply from one latent to each distinct utterance against its references (BLEU-4,
/// dist-n, length), and KL and NLL over all pairs.
#[derive(Debug, clap::Args)]
#[command(after_help = "Example:\n  repartee evaluate --run runs/first --split test --json")]
pub(crate) struct Evaluate {
    /// The run folder
    #[arg(long, value_name = "DIR")]
    run: PathBuf,
    /// The corpus folder [default: the one that the run was trained on]
    #[arg(long, value_name = "DIR")]
    corpus: Option<PathBuf>,
    /// train, dev or test
    #[arg(long, default_value = "test")]
    split: Split,
    /// Score the first so many utterances only
    #[arg(long, value_name = "N")]
    limit: Option<usize>,
    #[command(flatten)]
    decoding: Decoding,
}

impl Evaluate {
    pub(crate) fn run(self, global: &Global) -> anyhow::Result<ExitCode> {
        let device = global.open_device()?;
        let run = LoadedRun::open(&self.run, &device)?;
        let corpus = self.corpus.unwrap_or_else(|| run.manifest().corpus.clone());
        let Resolved { strategy, controls, max_length } = self.decoding.resolve(run.decoding())?;
        let (split, limit, seed) = (self.split, self.limit, global.seed());
        let options = EvaluateOptions { split, seed, max_length, limit, strategy, controls };
        let scores = evaluate_with_progress(global, &run, &corpus, &options)?;
        if global.json {
            print_json(&scores)?;
        } else {
            print_line(&scores::table(&scores))?;
        }
        Ok(ExitCode::SUCCESS)
    }
}

/// Evaluates with progress on stderr.
pub(super) fn evaluate_with_progress(
    global: &Global,
    run: &LoadedRun,
    corpus: &Path,
    options: &EvaluateOptions,
) -> anyhow::Result<Scores> {
    let mut progress = Progress::new(global, "evaluating", None);
    let scores = run.evaluate(corpus, options, &mut |done, total| {
        progress.set_total(Some(total as u64));
        progress.set(done as u64, "utterances");
    });
    progress.finish();
    Ok(scores?)
}
