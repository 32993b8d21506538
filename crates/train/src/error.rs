//! What can go wrong in training: one line, what and where, then the remedy.

use std::path::PathBuf;

use repartee_corpus::CorpusError;
use repartee_model::ModelConfigError;

/// A failure of training or of reading what training wrote.
#[derive(Debug, thiserror::Error)]
#[expect(missing_docs, reason = "each message says what its fields are")]
pub enum TrainError {
    #[error("cannot read `{}`; check the path", path.display())]
    Read { path: PathBuf, source: std::io::Error },
    #[error("cannot write `{}`; free some space or choose another --run folder", path.display())]
    Write { path: PathBuf, source: std::io::Error },
    #[error("`{}` line {line}: {message}; correct the run file", path.display())]
    RunFile { path: PathBuf, line: usize, message: String },
    #[error("`{}`: {message}", path.display())]
    RunValue { path: PathBuf, message: String },
    #[error("`{}`: {source}", path.display())]
    Model { path: PathBuf, source: ModelConfigError },
    #[error("`{}` already holds a run; pass --resume to continue it or choose another --run folder", path.display())]
    RunExists { path: PathBuf },
    #[error("`{}` is being trained by another process; stop that one or wait for its end", path.display())]
    Busy { path: PathBuf },
    #[error("`{}` is not a run folder (no {missing}); give the folder that `repartee train --run` wrote", path.display())]
    NotARun { path: PathBuf, missing: &'static str },
    #[error("`{}` was made with {what} `{found}`, now it is `{expected}`; give the same or start a new --run", path.display())]
    Changed { path: PathBuf, what: &'static str, found: String, expected: String },
    #[error("checkpoint `{}` cannot be used: {reason}; restore it from a copy or train again", path.display())]
    Checkpoint { path: PathBuf, reason: String },
    #[error(
        "there are no embeddings `{}`; make them with `repartee vocab embed` or start without by --set \
         initial.embedding=random", path.display()
    )]
    NoEmbeddings { path: PathBuf },
    #[error(
        "the embeddings `{}` have {found} numbers a piece and `model.d_model` is {expected}; make them anew with \
         `repartee vocab embed --size {expected}`", path.display()
    )]
    EmbeddingSize { path: PathBuf, found: usize, expected: usize },
    #[error("no piece of the embeddings `{}` is in the vocabulary; make them anew with `repartee vocab embed`", path.display())]
    ForeignEmbeddings { path: PathBuf },
    #[error("no pair of split `{split}` fits `batch.max_length` = {max_length} tokens; raise it or check the corpus")]
    NoPairs { split: String, max_length: usize },
    #[error("a pair of {length} tokens does not fit `batch.tokens` = {tokens}; raise it or lower `batch.max_length`")]
    PairTooLong { length: usize, tokens: usize },
    #[error(
        "{count} updates in a row had gradients that are not finite (last at update {update}); lower \
         `learning_rate.peak` or continue from the checkpoint with another seed"
    )]
    NotFinite { count: u64, update: u64 },
    #[error(
        "there are {n_ranks} ranks and `batch.micro_batches` = {micro_batches}; every rank needs one: raise it (the batch \
         of an update grows, unless `batch.tokens` is lowered) or start fewer ranks"
    )]
    TooManyRanks { n_ranks: usize, micro_batches: usize },
    #[error("rank {rank} has {what} that differs from rank 0's; give all ranks the same program, run file and corpus")]
    RanksDiffer { rank: usize, what: &'static str },
    #[error("rank {rank} on {host} has not answered for {seconds} s; look after it, then go on with --resume")]
    RankLost { rank: usize, host: String, seconds: u64 },
    #[error(transparent)]
    Corpus(#[from] CorpusError),
}
