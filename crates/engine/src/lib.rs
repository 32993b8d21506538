//! What Repartee does, as functions: open a device, load a run, generate, evaluate. The boundary that the command line
//! and later the server and the desktop app call; Burn's types do not pass it.

mod bench;
mod device;
mod embedded;
mod error;
mod evaluation;
mod export;
mod latent_map;
mod preset;
mod replies;
mod reproduce;
mod run;
mod sampler;
mod text_scores;

pub use bench::{
    EmbeddingBench, EmbeddingReport, HeadBench, HeadReport, StepBench, StepReport, Timing, bench_embedding, bench_head,
    bench_step,
};
pub use device::{Adapter, ComputeDevice, DeviceChoice, adapters};
pub use embedded::embedded_corpus;
pub use error::EngineError;
pub use evaluation::{EvaluateOptions, Scores, default_segmentation};
pub use export::{Exported, export_run};
pub use latent_map::{
    ColourScale, LatentMap, LatentMapOptions, MapPair, MapRun, NamedRun, PairMap, Panel, Point, Projection, latent_map,
};
pub use preset::{BuiltIn, RunFileRequest, built_in_run_files, run_file, summary};
pub use replies::{Presentation, ReplyRequest, unwatched};
pub use reproduce::{
    Claim, Example, PaperFigures, ROWS, ReproduceEvent, ReproduceJob, Reproduction, RowResult, RowSpec, Verdict,
    claims, reproduce, row_named,
};
pub use run::{LoadedRun, TrainJob, plan, train};
pub use text_scores::{Cut, TextScores, TextScoresOptions, score_texts};

pub use repartee_archive as archive;
pub use repartee_corpus as corpus;
pub use repartee_generate::{
    Beam, Controls, GenerateError, GenerateOptions, Greedy, Latent, MAX_UTTERANCE_TOKENS, Partial, Reply, Sample,
    Strategy,
};
pub use repartee_kernels::{CountingAllocator, keep_freed_memory};
pub use repartee_metrics::{Direction, Interval, Row, Segmentation, Versus};
pub use repartee_train::{
    Alone, Communicator, Compression, Evaluation, RunDirectory, RunFile, RunManifest, TrainError, TrainOutcome,
    WeightFormat,
    checkpoint::Header,
    config::DecodingConfig,
    control,
    metrics_log::UpdateRecord,
    plan::Plan,
    ranks_plan::{Network, RanksPlan},
    run_directory::{BuildInfo, CheckpointKind, write_atomically},
    samples,
    trainer::Event,
};
