//! The paper's automatic evaluation in one go: every row of its Tables 1 and 2 trained or reused, decoded under several
//! seeds, scored with intervals, and set beside the paper's figures.
//!
//! Owns the order of work and what is kept of it: a folder with the runs, the replies of each row and seed (`cells`), and
//! the results. Everything that is there already is used again, so the work can be stopped and continued. `rows` are the
//! systems, `results` what comes out, `claims` what the paper says of it, `documents` how it is written.

mod claims;
mod documents;
mod results;
mod rows;

use std::{
    collections::BTreeMap,
    path::Path,
    sync::atomic::{AtomicBool, Ordering},
};

use repartee_corpus::{Corpus, Source, Split, planted};
use repartee_generate::{Controls, GenerateOptions, Strategy};
use repartee_metrics::{
    KnownModes, MODE_CHRF, Resampling, Row, Sample, Text, metrics::distinct, mode_coverage, report,
};
use repartee_train::{Alone, Compression, run_directory::BuildInfo, trainer::Event};
use serde::{Deserialize, Serialize};

pub use claims::{Claim, Verdict, claims};
pub use results::{Example, Reproduction, RowResult};
pub use rows::{PaperFigures, ROWS, RowSpec, row_named};

use crate::{
    ComputeDevice, EngineError, LoadedRun, RunFileRequest, TrainJob,
    evaluation::{default_segmentation, utterances_of},
    text_scores::{Cut, Cutter},
    train,
};

/// Utterances decoded together.
const UTTERANCES_PER_BATCH: usize = 32;

/// What to reproduce, from what, where to.
#[derive(Debug)]
pub struct ReproduceJob<'a> {
    /// The corpus folder, with its vocabulary.
    pub corpus: &'a Path,
    /// Where runs, replies and results go.
    pub out: &'a Path,
    /// The rows.
    pub rows: &'a [&'static RowSpec],
    /// The size: a run file that takes the place of `base` below each row's.
    pub preset: &'a Path,
    /// Single values, as `key.key=value`, laid over every row's run file.
    pub settings: &'a [String],
    /// Updates of each row, instead of the preset's.
    pub max_updates: Option<u64>,
    /// Seed of training, of the first decoding and of the resamples.
    pub seed: u64,
    /// Decodings of each row, each with its own latents.
    pub n_seeds: u64,
    /// Replies to each utterance for mode coverage, on planted corpora; 0 for none.
    pub n_samples: usize,
    /// Test utterances, the first so many.
    pub limit: Option<usize>,
    /// How tokens are chosen.
    pub strategy: Strategy,
    /// Replies are ended after this many tokens.
    pub max_length: usize,
    /// How text is cut for scoring; none is the language's default.
    pub cut: Option<Cut>,
    /// Resamples of intervals and tests.
    pub n_trials: u32,
    /// Where to compute.
    pub device: &'a ComputeDevice,
    /// The program.
    pub build: BuildInfo,
    /// Set from outside to stop; what was done is kept.
    pub stop: &'a AtomicBool,
}

/// What a watcher hears.
#[derive(Debug)]
pub enum ReproduceEvent {
    /// A row begins: its place, the number of rows.
    Row(&'static RowSpec, usize, usize),
    /// It is trained.
    Training(Event),
    /// It replies: utterances done, of so many.
    Decoding(usize, usize),
    /// All rows have replied and are scored.
    Scoring,
}

/// Replies of a row to the test utterances, as kept in `cells`.
#[derive(Debug, Serialize, Deserialize)]
struct Cell {
    key: CellKey,
    n_unfinished: usize,
    /// `[utterance][latent]`
    replies: Vec<Vec<String>>,
}

/// What decides a cell.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct CellKey {
    checkpoint_blake3: String,
    test_blake3: String,
    options: GenerateOptions,
    n_utterances: usize,
}

/// What a row has before scoring.
struct Replied {
    spec: &'static RowSpec,
    result: RowResult,
    /// `[seed][utterance]`
    draws: Vec<Vec<String>>,
}

/// Trains or reuses every row, decodes, scores and writes the results into the folder. `None` if it was stopped.
///
/// # Errors
/// Whatever training, decoding and scoring refuse; a folder that cannot be written.
pub fn reproduce(
    job: &ReproduceJob<'_>,
    on_event: &mut dyn FnMut(ReproduceEvent),
) -> Result<Option<Reproduction>, EngineError> {
    let corpus = Corpus::open(job.corpus)?;
    let (utterances, references) = utterances_of(&corpus, Split::Test, job.limit)?;
    let cut = job.cut.clone().unwrap_or_else(|| Cut::Rules(default_segmentation(corpus.manifest().language)));
    // Before hours of training: a missing dictionary shows here.
    let cutter = cut.open()?;
    let known = known_modes(&corpus, &utterances, job.n_samples);
    let mut replied = Vec::new();
    for (idx, &spec) in job.rows.iter().enumerate() {
        on_event(ReproduceEvent::Row(spec, idx, job.rows.len()));
        match reply(job, &corpus, spec, &utterances, known.as_deref(), on_event)? {
            Some(row) => replied.push(row),
            None => return Ok(None),
        }
    }
    on_event(ReproduceEvent::Scoring);
    let reproduction = score(job, &corpus, (&cut, &cutter), &utterances, &references, replied)?;
    documents::write(&reproduction, job.out)?;
    Ok(Some(reproduction))
}

/// The known replies to the test utterances of a planted corpus.
fn known_modes(corpus: &Corpus, utterances: &[String], n_samples: usize) -> Option<Vec<KnownModes>> {
    let language = corpus.manifest().language;
    if n_samples == 0 || !matches!(corpus.manifest().source, Source::Planted { .. }) {
        return None;
    }
    let known = |utterance: &String| {
        let known = planted::known_replies(language, utterance)?;
        Some(KnownModes::new(known.into_iter().map(|reply| (reply.text, reply.mode))))
    };
    utterances.iter().map(known).collect()
}

fn reply(
    job: &ReproduceJob<'_>,
    corpus: &Corpus,
    spec: &'static RowSpec,
    utterances: &[String],
    known: Option<&[KnownModes]>,
    on_event: &mut dyn FnMut(ReproduceEvent),
) -> Result<Option<Replied>, EngineError> {
    let directory = job.out.join("runs").join(spec.name);
    if !train_row(job, spec, &directory, on_event)? {
        return Ok(None);
    }
    let run = LoadedRun::open(&directory, job.device)?;
    let options = |seed: u64, n_samples: usize| GenerateOptions {
        strategy: job.strategy,
        controls: Controls::default(),
        n_samples,
        max_length: job.max_length,
        seed,
    };
    let key = |options| CellKey {
        checkpoint_blake3: run.checkpoint_blake3.clone(),
        test_blake3: corpus.manifest().splits[Split::Test.name()].blake3.clone(),
        options,
        n_utterances: utterances.len(),
    };
    let mut cell = |name: String, options| decode(job, &run, &name, key(options), utterances, on_event);
    let (mut draws, mut n_unfinished) = (Vec::new(), 0);
    for seed in job.seed..job.seed + job.n_seeds {
        let Some(found) = cell(format!("{}.seed-{seed}", spec.name), options(seed, 1))? else { return Ok(None) };
        n_unfinished += found.n_unfinished;
        draws.push(found.replies.into_iter().map(|mut replies| replies.swap_remove(0)).collect());
    }
    let mut modes = None;
    if let Some(known) = known {
        let name = format!("{}.samples", spec.name);
        let Some(found) = cell(name, options(job.seed, job.n_samples))? else { return Ok(None) };
        let labelled: Vec<Vec<Option<usize>>> = known
            .iter()
            .zip(&found.replies)
            .map(|(known, replies)| replies.iter().map(|reply| known.mode(reply, MODE_CHRF)).collect())
            .collect();
        modes = mode_coverage(&labelled, planted::modes().len(), resampling(job));
    }
    let dev = &run.best.evaluation;
    let result = RowResult {
        name: spec.name,
        title: spec.title,
        k: spec.k,
        run: directory,
        checkpoint_blake3: run.checkpoint_blake3.clone(),
        update: run.update,
        dev_nll_nats_per_sentence: dev.nll_nats_per_sentence,
        dev_nll_prior_nats_per_sentence: dev.nll_prior_nats_per_sentence,
        dev_kl_nats_per_sentence: dev.kl_nats_per_sentence,
        n_unfinished,
        metrics: Vec::new(),
        against_speculative_5: Vec::new(),
        modes,
        paper: spec.paper(corpus.manifest().language),
    };
    Ok(Some(Replied { spec, result, draws }))
}

/// Whether the row is trained to its end.
fn train_row(
    job: &ReproduceJob<'_>,
    spec: &RowSpec,
    directory: &Path,
    on_event: &mut dyn FnMut(ReproduceEvent),
) -> Result<bool, EngineError> {
    let settings: Vec<String> = spec.setting().into_iter().chain(job.settings.iter().cloned()).collect();
    let request = RunFileRequest { path: Path::new(spec.config), preset: Some(job.preset), settings: &settings };
    let mut run = request.resolve()?;
    run.seed = job.seed;
    run.training.max_updates = job.max_updates.unwrap_or(run.training.max_updates);
    let train_job = TrainJob {
        run,
        corpus: job.corpus,
        directory,
        resume: directory.join("run.toml").is_file(),
        device: job.device,
        build: job.build,
        with_samples: false,
        stop: job.stop,
        communicator: &Alone,
        compression: Compression::None,
    };
    Ok(!train(train_job, &mut |event| on_event(ReproduceEvent::Training(event)))?.stopped)
}

/// The replies of a cell: read if they are there for the same key, else made and kept. `None` if it was stopped.
fn decode(
    job: &ReproduceJob<'_>,
    run: &LoadedRun,
    name: &str,
    key: CellKey,
    utterances: &[String],
    on_event: &mut dyn FnMut(ReproduceEvent),
) -> Result<Option<Cell>, EngineError> {
    let path = job.out.join("cells").join(format!("{name}.json"));
    let kept = fs_err::read(&path).ok().and_then(|bytes| serde_json::from_slice::<Cell>(&bytes).ok());
    if let Some(cell) = kept.filter(|cell| cell.key == key) {
        return Ok(Some(cell));
    }
    let (mut replies, mut n_unfinished) = (Vec::new(), 0);
    for batch in utterances.chunks(UTTERANCES_PER_BATCH) {
        if job.stop.load(Ordering::Relaxed) {
            return Ok(None);
        }
        for of_utterance in run.replies(batch, &key.options)? {
            n_unfinished += of_utterance.iter().filter(|reply| !reply.finished).count();
            replies.push(of_utterance.into_iter().map(|reply| reply.text).collect());
        }
        on_event(ReproduceEvent::Decoding(replies.len(), utterances.len()));
    }
    let cell = Cell { key, n_unfinished, replies };
    documents::replace(&path, &serde_json::to_vec(&cell).expect("texts and numbers are JSON"))?;
    Ok(Some(cell))
}

fn resampling(job: &ReproduceJob<'_>) -> Resampling {
    Resampling { n_trials: job.n_trials, seed: job.seed }
}

fn score(
    job: &ReproduceJob<'_>,
    corpus: &Corpus,
    (cut, cutter): (&Cut, &Cutter),
    utterances: &[String],
    references: &[Vec<String>],
    replied: Vec<Replied>,
) -> Result<Reproduction, EngineError> {
    let language = corpus.manifest().language;
    let mut text = cutter.texts();
    let first: Vec<Vec<Text>> = references.iter().map(|texts| vec![text(&texts[0])]).collect();
    let mut draws: BTreeMap<&str, Vec<Vec<Text>>> = BTreeMap::new();
    for row in &replied {
        draws.insert(row.spec.name, row.draws.iter().map(|draw| draw.iter().map(&mut text).collect()).collect());
    }
    let sample = |name: &str| draws.get(name).map(|draws| Sample::new(draws, &first)).transpose();
    let (vanilla, speculative_5) = (sample("vanilla")?, sample("speculative-5")?);
    let of_references = [first.concat()];
    let of_references = Sample::new(&of_references, &first)?;
    let value = |metric: &dyn repartee_metrics::Metric| metric.value(&of_references).unwrap_or(0.0);
    let reference_distinct = [value(&distinct::DISTINCT_1), value(&distinct::DISTINCT_2)];
    let examples = examples(utterances, references, &replied);
    let mut rows = Vec::new();
    for Replied { spec, mut result, .. } in replied {
        let system = Sample::new(&draws[spec.name], &first)?;
        let baseline = vanilla.as_ref().filter(|_| spec.name != "vanilla");
        result.metrics = report(&system, baseline, resampling(job))?;
        if let Some(other) = speculative_5.as_ref().filter(|_| matches!(spec.name, "bow" | "monte-carlo")) {
            let of_paper = |row: &Row| matches!(row.name, "bleu" | "distinct-1" | "distinct-2");
            result.against_speculative_5 =
                report(&system, Some(other), resampling(job))?.into_iter().filter(of_paper).collect();
        }
        rows.push(result);
    }
    Ok(Reproduction {
        language,
        corpus: job.corpus.to_owned(),
        preset: job.preset.to_owned(),
        settings: job.settings.to_vec(),
        n_utterances: utterances.len(),
        n_seeds: job.n_seeds,
        seed: job.seed,
        strategy: job.strategy,
        segmentation: cut.name(),
        device: job.device.name.clone(),
        version: job.build.version.to_owned(),
        commit: job.build.commit.to_owned(),
        reference_distinct,
        paper_reference_distinct: rows::paper_references(language),
        claims: claims(&rows),
        rows,
        examples,
    })
}

/// Eight utterances, evenly spread.
fn examples(utterances: &[String], references: &[Vec<String>], replied: &[Replied]) -> Vec<Example> {
    const N_EXAMPLES: usize = 8;
    let step = (utterances.len() / N_EXAMPLES).max(1);
    let example = |idx: usize| Example {
        utterance: utterances[idx].clone(),
        reference: references[idx][0].clone(),
        replies: replied.iter().map(|row| (row.spec.title, row.draws[0][idx].clone())).collect(),
    };
    (0..utterances.len()).step_by(step).take(N_EXAMPLES).map(example).collect()
}
