//! Answers all utterances of a file or a pipe, a window at a time: memory does not grow with the file.

use std::{ops::ControlFlow, path::PathBuf, process::ExitCode, sync::atomic::Ordering, time::Instant};

use anyhow::Context as _;
use repartee_engine::{EngineError, GenerateError, LoadedRun, MAX_UTTERANCE_TOKENS, ReplyRequest};

use super::{
    super::{print_line, shown},
    input::Utterances,
    partial::Partial,
    record::{Record, Settings},
};
use crate::{
    context::{Global, INTERRUPTED, stop_on_ctrl_c},
    progress::Progress,
};

/// Utterances in memory at once; sorted by length they are cut into batches. Fewer if each has many latents.
const WINDOW: usize = 256;
const WINDOW_LATENTS: usize = 4096;

/// What to do.
pub(super) struct Job<'a> {
    pub(super) global: &'a Global,
    pub(super) run: &'a LoadedRun,
    pub(super) request: &'a ReplyRequest,
    pub(super) output: Option<PathBuf>,
}

/// Answers all utterances. A file appears whole or not at all, and JSON lines that are there already are not made again.
pub(super) fn answer(job: Job<'_>, mut utterances: Utterances) -> anyhow::Result<ExitCode> {
    let Job { global, run, request, output } = job;
    let is_jsonl = output.as_ref().is_some_and(|path| path.extension().is_some_and(|extension| extension == "jsonl"));
    let json = global.json || is_jsonl;
    let mut partial = match &output {
        None => None,
        Some(path) if json => Some(Partial::open(path, &Settings::new(run, request), &mut utterances)?),
        Some(path) => Some(Partial::fresh(path)?),
    };
    let begun = utterances.line;
    if begun > 0 {
        global.note(&format!("continuing after {begun} utterances"));
    }
    let stop = stop_on_ctrl_c("stopping")?;
    let mut progress = Progress::new(global, "generating", utterances.total);
    progress.start_at(begun);
    let (started, mut n_replies, mut n_cut) = (Instant::now(), 0, 0);
    loop {
        let first_line = utterances.line + 1;
        let window = utterances.window((WINDOW_LATENTS / request.options.n_samples).clamp(1, WINDOW))?;
        if window.is_empty() {
            break;
        }
        let mut watch = |_: &dyn Fn() -> _| match stop.load(Ordering::Relaxed) {
            true => ControlFlow::Break(()),
            false => ControlFlow::Continue(()),
        };
        let replies = match run.reply(&window, request, &mut watch) {
            Err(EngineError::Generate(GenerateError::Stopped)) => {
                progress.finish();
                note_stop(global, output.as_ref().filter(|_| json), first_line - 1);
                return Ok(ExitCode::from(INTERRUPTED));
            }
            Err(EngineError::Generate(GenerateError::EmptyUtterance { number })) => {
                let line = first_line + number as u64 - 1;
                return Err(anyhow::anyhow!(
                    "`{}` line {line} has no token left after normalisation; give it some text",
                    utterances.name
                ));
            }
            replies => replies?,
        };
        let mut lines = Vec::with_capacity(window.len());
        for (context, replies) in window.into_iter().zip(replies) {
            n_replies += replies.len();
            let record = Record::new(context, replies, run, request)?;
            n_cut += usize::from(record.cut_after_tokens.is_some());
            lines.push(if json { serde_json::to_string(&record).context("cannot write JSON")? } else { record.text() });
        }
        match &mut partial {
            Some(partial) => partial.write(&lines)?,
            None => lines.iter().try_for_each(|line| print_line(line))?,
        }
        let rate = n_replies as f64 / started.elapsed().as_secs_f64();
        progress.set(utterances.line, &format!("utterances, {rate:.1} replies/s"));
    }
    progress.finish();
    if n_cut > 0 {
        global
            .note(&format!("{n_cut} utterances had more than {MAX_UTTERANCE_TOKENS} tokens and were read up to there"));
    }
    if let (Some(partial), Some(path)) = (partial, output) {
        partial.finish()?;
        global.note(&format!("replies to {} utterances in {}", utterances.line, shown(&path)));
    }
    Ok(ExitCode::SUCCESS)
}

fn note_stop(global: &Global, resumable: Option<&PathBuf>, n_done: u64) {
    if let Some(path) = resumable {
        let path = shown(path);
        global.note(&format!("{n_done} utterances are in {path}.partial; the same command goes on from there"));
    }
}
