//! The whole build: its stages one after the other, and the report of what became of every post.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Instant;

use repartee_corpus::{Corpus, Language, MANIFEST_FORMAT, Manifest, Source, SplitEntry, check_output};
use serde::{Deserialize, Serialize};

use crate::context::{BuildProgress, Context, Report};
use crate::filters::{self, Active};
use crate::input::{InputFile, discover};
use crate::stages::pair::Summary;
use crate::stages::{link, pair, read, split};
use crate::tally::Tally;
use crate::work::Work;
use crate::{ArchiveError, BuildOptions};

/// Name of the saved report.
const REPORT: &str = "report.json";

/// What a build did with every post.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct BuildReport {
    /// The corpus folder.
    pub out: PathBuf,
    /// Its language.
    pub language: Language,
    /// Files read.
    pub files: u64,
    /// Their bytes as they are on disk.
    pub bytes: u64,
    /// Posts read.
    pub posts: u64,
    /// Conversations: roots with replies.
    pub conversations: u64,
    /// Posts in them.
    pub posts_in_conversations: u64,
    /// Split name to its files.
    pub splits: BTreeMap<String, SplitEntry>,
    /// What was wrong with the input.
    pub faults: Tally,
    /// Posts whose text a cleaning step changed, by step.
    pub changed: Tally,
    /// Posts that are in no conversation, by reason.
    pub dropped: Tally,
    /// Replies in conversations that gave no pair, by reason.
    pub left_out: Tally,
    /// Links after the first of a post, which do not count.
    pub further_links: u64,
    /// Filters that were asked, in order.
    pub filters: Vec<String>,
    /// Seconds of each stage in this run.
    pub stage_seconds: BTreeMap<String, f64>,
    /// Posts of the archive by the seconds of this run.
    pub posts_per_second: f64,
    /// Largest resident memory of the program so far, where the system tells.
    pub peak_memory_bytes: Option<u64>,
    /// Threads used.
    pub threads: usize,
    /// Whether the work of a build that was stopped was taken up.
    pub resumed: bool,
}

/// Builds a corpus folder from an archive of posts.
///
/// Memory stays near [`BuildOptions::memory_bytes`] whatever the size of the input; the rest is in the work folder. A
/// build that was killed goes on when it is started again with the same options, and gives the same bytes. Neither the
/// threads nor the memory change the result.
///
/// # Errors
/// An [`ArchiveError`] that names what, where and the remedy. There is then no new corpus folder, and an old one is as
/// it was; the work folder stays, unless no pairs were left.
pub fn build(
    options: &BuildOptions,
    progress: &mut (dyn FnMut(BuildProgress) + Send),
) -> Result<BuildReport, ArchiveError> {
    options.check()?;
    let mut settings = options.settings.clone();
    settings.language = options.language;
    let filters = filters::active(options.preset, &options.with, &options.without, &Arc::new(settings))?;
    let files = discover(&options.inputs)?;
    let shaping = options.shaping(&filters.iter().map(|active| active.name).collect::<Vec<_>>());
    let work_folder = options.work_folder();
    let resumes = work_folder.join("build.json").exists() && !options.restart;
    if !resumes {
        check_output(&options.out, options.overwrite)?;
    }
    let fingerprint = fingerprint(options, &shaping, &files);
    // Before there is a work folder: a missing dictionary shows here.
    let context = Context::new(options, files, filters)?;
    let work = Work::open(&work_folder, fingerprint, options.restart)?;
    if let Some(report) = finished(options, &work) {
        work.remove()?;
        return Ok(report);
    }
    check_output(&options.out, options.overwrite)?;
    let report = run(&context, &work, shaping, progress);
    // Of a build that leaves nothing no other goes on: the same options leave nothing again.
    if matches!(&report, Ok(_) | Err(ArchiveError::NoPairs { .. })) {
        work.remove()?;
    }
    report
}

/// The report of a build that was killed when all was done but the work folder was not removed yet.
fn finished(options: &BuildOptions, work: &Work) -> Option<BuildReport> {
    let report: BuildReport = work.load(REPORT)?;
    let corpus = Corpus::open(&options.out).ok()?;
    (corpus.manifest().splits == report.splits).then_some(report)
}

fn run(
    context: &Context,
    work: &Work,
    shaping: BTreeMap<String, String>,
    progress: &mut Report<'_>,
) -> Result<BuildReport, ArchiveError> {
    let mut clock = Clock::default();
    let posts = read::read(context, work, progress)?;
    clock.lap("reading");
    // From here on the stages themselves run on the pool, so that they sort on its threads.
    let verdicts = context.pool.install(|| link::link(context, work, &posts, progress))?;
    clock.lap("linking");
    let (summary, pairs) = context.pool.install(|| pair::pair(context, work, &posts, &verdicts, progress))?;
    clock.lap("pairing");
    let mut report = describe(context, work, posts.sum, &summary);
    let mut saved = Ok(());
    let mut describe = |splits: BTreeMap<String, SplitEntry>, left_out: &Tally| {
        report.left_out.merge(left_out.clone());
        report.splits = splits;
        clock.lap("writing");
        report.stage_seconds = clock.laps.clone();
        report.posts_per_second = report.posts as f64 / clock.total();
        report.peak_memory_bytes = peak_memory_bytes();
        saved = work.save(REPORT, &report);
        manifest(&report, shaping.clone())
    };
    context.pool.install(|| split::split(context, work, &summary, &pairs, progress, &mut describe))?;
    saved?;
    Ok(report)
}

fn describe(context: &Context, work: &Work, read: read::Part, summary: &Summary) -> BuildReport {
    let mut faults = read.faults;
    faults.merge(summary.faults.clone());
    let mut dropped = read.dropped;
    dropped.merge(summary.dropped.clone());
    BuildReport {
        out: context.options.out.clone(),
        language: context.options.language,
        files: context.files.len() as u64,
        bytes: context.files.iter().map(|file| file.bytes).sum(),
        posts: read.posts,
        conversations: summary.conversations,
        posts_in_conversations: summary.posts_in_conversations,
        splits: BTreeMap::new(),
        faults,
        changed: read.changed,
        dropped,
        left_out: summary.left_out.clone(),
        further_links: read.further_links,
        filters: context.filters.iter().map(|Active { name, .. }| (*name).to_owned()).collect(),
        stage_seconds: BTreeMap::new(),
        posts_per_second: 0.0,
        peak_memory_bytes: None,
        threads: context.threads,
        resumed: work.resumed,
    }
}

/// The manifest says nothing of times and places, so that the same input gives the same bytes.
fn manifest(report: &BuildReport, options: BTreeMap<String, String>) -> Manifest {
    let mut all = report.faults.clone();
    all.merge(report.dropped.clone());
    all.merge(report.left_out.clone());
    let first = |examples: &[String]| examples.first().cloned();
    Manifest {
        format: MANIFEST_FORMAT,
        language: report.language,
        splits: report.splits.clone(),
        source: Source::Archive { options, files: report.files, bytes: report.bytes, posts: report.posts },
        dropped: all.0.iter().map(|(name, count)| (name.clone(), count.count)).collect(),
        dropped_examples: all
            .0
            .iter()
            .filter_map(|(name, count)| Some((name.clone(), first(&count.examples)?)))
            .collect(),
    }
}

/// Recognises the same build: what shapes its result, and the input as it is on disk.
fn fingerprint(options: &BuildOptions, shaping: &BTreeMap<String, String>, files: &[InputFile]) -> String {
    let mut hasher = blake3::Hasher::new();
    hasher.update(format!("{}\n{}\n{shaping:?}\n", env!("CARGO_PKG_VERSION"), options.language).as_bytes());
    hasher.update(format!("{:?}\n{}\n", options.out, options.pairs_per_file).as_bytes());
    for file in files {
        hasher.update(format!("{:?} {} {}\n", file.path, file.bytes, file.modified).as_bytes());
    }
    hasher.finalize().to_hex().to_string()
}

/// Takes the time of the stages.
struct Clock {
    start: Instant,
    last: Instant,
    laps: BTreeMap<String, f64>,
}

impl Default for Clock {
    fn default() -> Self {
        let now = Instant::now();
        Self { start: now, last: now, laps: BTreeMap::new() }
    }
}

impl Clock {
    fn lap(&mut self, stage: &str) {
        self.laps.insert(stage.to_owned(), self.last.elapsed().as_secs_f64());
        self.last = Instant::now();
    }

    fn total(&self) -> f64 {
        self.start.elapsed().as_secs_f64().max(1e-9)
    }
}

/// The high-water mark of resident memory, on Linux.
fn peak_memory_bytes() -> Option<u64> {
    let status = fs_err::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
    line.trim().strip_suffix("kB")?.trim().parse::<u64>().ok().map(|kibibytes| kibibytes * 1024)
}
