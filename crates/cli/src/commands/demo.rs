//! `repartee demo`: the main job.

use std::{
    path::{Path, PathBuf},
    process::ExitCode,
};

use repartee_engine::{
    Alone, Communicator, Compression, Controls, EvaluateOptions, GenerateOptions, Greedy, LoadedRun, Strategy,
    corpus::{Corpus, Language, Split},
    run_file, unwatched,
};

use super::{evaluate::evaluate_with_progress, print_json, print_line, shown, train::train_with_progress, vocab};
use crate::{
    context::{Global, INTERRUPTED},
    progress::Progress,
    scores,
};

/// Utterances to reply to, and replies to each.
const N_UTTERANCES: usize = 3;
const N_REPLIES: usize = 6;

/// Fast, and with a latent each replies differ without drawing tokens.
const GREEDY: Strategy = Strategy::Greedy(Greedy {});

/// Write the embedded corpus, train a vocabulary and the `tiny` model, score it on held-out utterances and let it reply
/// to three of them six times each. Run again, it continues where it was stopped.
#[derive(Debug, clap::Args)]
pub(crate) struct Demo {
    /// Where corpus and run go [default: runs/demo-LANGUAGE]
    #[arg(long, value_name = "DIR")]
    dir: Option<PathBuf>,
    /// en or ja
    #[arg(long, default_value = "en")]
    language: Language,
    /// Updates to make, instead of the preset's
    #[arg(long, value_name = "N")]
    max_steps: Option<u64>,
}

impl Demo {
    pub(crate) fn run(self, global: &Global) -> anyhow::Result<ExitCode> {
        let dir = self.dir.unwrap_or_else(|| PathBuf::from(format!("runs/demo-{}", self.language)));
        let (corpus_dir, run_dir) = (dir.join("corpus"), dir.join("run"));
        let corpus = embedded_corpus(global, self.language, &corpus_dir)?;
        let mut run = run_file("tiny".as_ref())?;
        run.seed = global.seed();
        if let Some(max_steps) = self.max_steps {
            run.training.max_updates = max_steps;
        }
        let resume = run_dir.join("run.toml").is_file();
        let device = global.open_device()?;
        let alone: (&dyn Communicator, Compression) = (&Alone, Compression::None);
        if train_with_progress(global, run, &corpus_dir, &run_dir, resume, &device, alone)?.stopped {
            global.note("run the same command again to continue");
            return Ok(ExitCode::from(INTERRUPTED));
        }
        let run = LoadedRun::open(&run_dir, &device)?;
        let options = EvaluateOptions {
            split: Split::Test,
            seed: global.seed(),
            max_length: 64,
            limit: None,
            strategy: GREEDY,
            controls: Controls::default(),
        };
        let scores = evaluate_with_progress(global, &run, &corpus_dir, &options)?;
        let replies = replies(global, &run, &corpus)?;
        if global.json {
            return print_json(&serde_json::json!({ "scores": scores, "replies": replies }))
                .map(|()| ExitCode::SUCCESS);
        }
        print_line(&scores::table(&scores))?;
        for (utterance, replies) in replies {
            print_line(&format!("\n{utterance}"))?;
            for reply in replies {
                print_line(&format!("  – {reply}"))?;
            }
        }
        print_line(&format!("\nTalk to it: repartee chat --run {}", shown(&run_dir)))?;
        Ok(ExitCode::SUCCESS)
    }
}

/// The embedded corpus with its vocabulary in a folder, written unless it is there.
pub(super) fn embedded_corpus(global: &Global, language: Language, folder: &Path) -> anyhow::Result<Corpus> {
    let mut on_writing = |n_pairs| global.note(&format!("writing {n_pairs} planted pairs to {}", shown(folder)));
    let mut progress = None;
    let mut on_vocabulary = |at| vocab::show(progress.get_or_insert_with(|| vocab::progress(global)), at);
    let corpus =
        repartee_engine::embedded_corpus(language, global.seed(), folder, &mut on_writing, &mut on_vocabulary)?;
    progress.iter().for_each(Progress::finish);
    Ok(corpus)
}

/// Utterances of different topics from the test split with distinct replies, one latent each.
fn replies(global: &Global, run: &LoadedRun, corpus: &Corpus) -> anyhow::Result<Vec<(String, Vec<String>)>> {
    let options = GenerateOptions {
        strategy: GREEDY,
        controls: Controls::default(),
        n_samples: N_REPLIES,
        max_length: 64,
        seed: global.seed(),
    };
    let mut topics = Vec::new();
    let mut shown = Vec::new();
    for pair in corpus.pairs(Split::Test)? {
        let pair = pair?;
        if topics.contains(&pair.topic) {
            continue;
        }
        topics.push(pair.topic);
        let replies = run.distinct_replies(&pair.context, &options, &mut unwatched)?;
        shown.push((pair.context, replies.into_iter().map(|reply| reply.text).collect()));
        if shown.len() == N_UTTERANCES {
            break;
        }
    }
    Ok(shown)
}
