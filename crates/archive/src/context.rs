//! What all stages know, and how they say how far they are.

use std::sync::atomic::{AtomicU64, Ordering};

use rayon::{ThreadPool, ThreadPoolBuilder};
use repartee_corpus::segmentation::Segmenter;

use crate::clean::Cleaner;
use crate::filters::Active;
use crate::input::InputFile;
use crate::memory::Memory;
use crate::tally::Tally;
use crate::{ArchiveError, BuildOptions, Fault};

/// How far a build is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BuildProgress {
    /// What is being done: `reading`, `linking`, `pairing` or `writing`.
    pub stage: &'static str,
    /// Done so far: bytes on disk while reading, posts or pairs later.
    pub done: u64,
    /// All there is to do in this stage, in the same unit.
    pub total: u64,
    /// Posts read so far.
    pub posts: u64,
}

/// Takes reports of progress, on the thread that called the build.
pub(crate) type Report<'r> = dyn FnMut(BuildProgress) + Send + 'r;

/// Shared by all stages.
pub(crate) struct Context {
    pub(crate) options: BuildOptions,
    pub(crate) files: Vec<InputFile>,
    pub(crate) filters: Vec<Active>,
    pub(crate) cleaner: Cleaner,
    pub(crate) segmenter: Option<Segmenter>,
    pub(crate) pool: ThreadPool,
    pub(crate) threads: usize,
    /// For blocks of input.
    pub(crate) blocks: Memory,
    /// For encoded posts.
    pub(crate) records: Memory,
    pub(crate) read_bytes: AtomicU64,
    pub(crate) read_posts: AtomicU64,
}

impl Context {
    pub(crate) fn new(
        options: &BuildOptions,
        files: Vec<InputFile>,
        filters: Vec<Active>,
    ) -> Result<Self, ArchiveError> {
        let cores = || std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
        let threads = if options.threads == 0 { cores() } else { options.threads };
        let pool = ThreadPoolBuilder::new().num_threads(threads).build();
        let segmenter =
            if options.segments() { Some(Segmenter::open(options.mecab_dictionary.as_deref())?) } else { None };
        Ok(Self {
            options: options.clone(),
            files,
            filters,
            cleaner: Cleaner(options.language),
            segmenter,
            pool: pool.map_err(|_| ArchiveError::Threads { threads })?,
            threads,
            blocks: Memory::default(),
            records: Memory::default(),
            read_bytes: AtomicU64::new(0),
            read_posts: AtomicU64::new(0),
        })
    }

    /// Bytes of posts that are in memory at once, about.
    pub(crate) fn wave_bytes(&self) -> u64 {
        self.options.memory_bytes as u64 / 16
    }

    /// `file line 7`, for examples.
    pub(crate) fn place(&self, file: usize, line: u64) -> String {
        format!("{} line {line}", self.files[file].name())
    }

    /// Counts a fault, or stops the build if it is strict.
    pub(crate) fn fault(&self, faults: &mut Tally, file: usize, line: u64, fault: Fault) -> Result<(), ArchiveError> {
        if self.options.strict {
            return Err(ArchiveError::Fault { path: self.files[file].path.clone(), line, fault });
        }
        faults.add(fault.name(), || format!("{}: {fault}", self.place(file, line)));
        Ok(())
    }

    /// Posts read so far.
    pub(crate) fn posts(&self) -> u64 {
        self.read_posts.load(Ordering::Relaxed)
    }
}

/// Reports every so many steps of a stage.
pub(crate) struct Steps<'r, 'f> {
    stage: &'static str,
    total: u64,
    done: u64,
    posts: u64,
    report: &'r mut Report<'f>,
}

impl<'r, 'f> Steps<'r, 'f> {
    const EVERY: u64 = 1 << 16;

    pub(crate) fn new(stage: &'static str, total: u64, posts: u64, report: &'r mut Report<'f>) -> Self {
        report(BuildProgress { stage, done: 0, total, posts });
        Self { stage, total, done: 0, posts, report }
    }

    pub(crate) fn step(&mut self) {
        self.steps(1);
    }

    /// Several at once.
    pub(crate) fn steps(&mut self, n_steps: u64) {
        let before = self.done / Self::EVERY;
        self.done += n_steps;
        if self.done / Self::EVERY > before {
            (self.report)(BuildProgress { stage: self.stage, done: self.done, total: self.total, posts: self.posts });
        }
    }
}
