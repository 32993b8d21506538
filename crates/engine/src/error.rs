//! The errors of every use case: one line each, with a remedy.

use std::path::PathBuf;

use repartee_corpus::{CorpusError, segmentation::SegmentationError};
use repartee_generate::GenerateError;
use repartee_metrics::SampleError;
use repartee_model::ModelConfigError;
use repartee_train::TrainError;

/// Why a use case failed.
#[derive(Debug, thiserror::Error)]
#[expect(missing_docs, reason = "each message says what its fields are")]
pub enum EngineError {
    #[error("unknown device `{name}`; use auto, cpu, wgpu or wgpu:INDEX from `repartee devices`")]
    DeviceName { name: String },
    #[error(
        "no wgpu adapter is there; install a Vulkan driver (`cargo xtask setup` installs a software one on Debian and \
         Ubuntu) or use --device cpu"
    )]
    NoAdapter,
    #[error("there is no adapter {index}, only {n_adapters}; see `repartee devices`")]
    AdapterIndex { index: usize, n_adapters: usize },
    #[error("cannot open adapter `{name}`: {message}; use another one or --device cpu")]
    OpenAdapter { name: String, message: String },
    #[error("there is no run file `{}` and no preset of that name; the presets are {presets}", path.display())]
    NoRunFile { path: PathBuf, presets: String },
    #[error("`{}` extends no other run file, so --preset has nothing to replace; leave it out", path.display())]
    ExtendsNothing { path: PathBuf },
    #[error("`{}` extends a run file that in the end extends it again; break the circle", path.display())]
    ExtendsInACircle { path: PathBuf },
    #[error("`--set {setting}` is not KEY=VALUE with a key of the run file; write for instance --set method.k=20")]
    Setting { setting: String },
    #[error("`{}` has no vocabulary; make one with `repartee vocab train`", path.display())]
    NoVocabulary { path: PathBuf },
    #[error("split `{split}` of `{}` is not the one that the run was made with", path.display())]
    OtherCorpus { path: PathBuf, split: String },
    #[error("`{}` already holds a run; choose another --out folder", path.display())]
    ExportExists { path: PathBuf },
    #[error("cannot write `{}`; check its folder and the space on the disk", path.display())]
    WriteResults { path: PathBuf, source: std::io::Error },
    #[error("cannot read `{}`; check the path", path.display())]
    ReadText { path: PathBuf, source: std::io::Error },
    #[error("`{}` is empty; give one reply a line", path.display())]
    EmptyText { path: PathBuf },
    #[error("`{}` line {line}: invalid UTF-8 at byte {byte}; convert the file to UTF-8", path.display())]
    TextNotUtf8 { path: PathBuf, line: usize, byte: usize },
    #[error(
        "`{}` has {found} lines, but `{}` has {expected}; line n of every file must belong to utterance n",
        path.display(),
        first.display()
    )]
    LineCount { path: PathBuf, found: usize, first: PathBuf, expected: usize },
    #[error(
        "there are {hypotheses} files of hypotheses and {baselines} of the baseline; a paired comparison needs as many \
         of both"
    )]
    BaselineDraws { hypotheses: usize, baselines: usize },
    #[error("no latent map: {message}")]
    Map { message: String },
    #[error("the sizes of the benchmark's model contradict each other: {source}; see `repartee bench step --help`")]
    BenchSizes { source: ModelConfigError },
    #[error("the replies cannot be scored: {0}")]
    Sample(#[from] SampleError),
    #[error(transparent)]
    Segmentation(#[from] SegmentationError),
    #[error(transparent)]
    Corpus(#[from] CorpusError),
    #[error(transparent)]
    Train(#[from] TrainError),
    #[error(transparent)]
    Generate(#[from] GenerateError),
}
