//! How a run begins on all ranks: the same run file, corpus and program everywhere, the run folder on rank 0, and its
//! checkpoint sent to all.

use crate::{
    checkpoint::Checkpoint,
    communicator::broadcast,
    config::RunFile,
    error::TrainError,
    run_directory::{CheckpointKind, RunDirectory, RunManifest},
    trainer::TrainOptions,
};

/// Makes sure that all ranks are about to do the same, and opens the run folder on rank 0.
pub(crate) fn open(options: &TrainOptions<'_>) -> Result<Option<RunDirectory>, TrainError> {
    let TrainOptions { run, corpus, vocabulary, build, device_name, communicator, .. } = options;
    let n_ranks = communicator.n_ranks();
    if n_ranks == 1 {
        let manifest = RunManifest::new(run, corpus, vocabulary, build, device_name)?;
        return open_directory(options, manifest).map(Some);
    }
    let micro_batches = run.batch.micro_batches;
    if n_ranks > micro_batches {
        return Err(TrainError::TooManyRanks { n_ranks, micro_batches });
    }
    let device = format!("{device_name} on rank 0 of {n_ranks}");
    let manifest = RunManifest::new(run, corpus, vocabulary, build, &device)?;
    let hashes = (&manifest.corpus_blake3, &manifest.vocabulary_blake3, &manifest.embeddings_blake3);
    let own = [
        ("a program", format!("{} {}", manifest.version, manifest.commit)),
        ("a run file", run.to_toml()),
        ("a corpus or a vocabulary", format!("{hashes:?}")),
    ];
    for (what, own) in own {
        let first = broadcast(*communicator, own.clone().into_bytes())?;
        if first != own.into_bytes() {
            return Err(TrainError::RanksDiffer { rank: communicator.rank(), what });
        }
    }
    (communicator.rank() == 0).then(|| open_directory(options, manifest)).transpose()
}

/// The checkpoint to continue from, if there is one: rank 0 reads it, all get it. A run stopped before its first save has
/// none and starts again from its seed.
pub(crate) fn last_checkpoint(
    options: &TrainOptions<'_>,
    directory: Option<&RunDirectory>,
) -> Result<Option<Checkpoint>, TrainError> {
    if !options.resume {
        return Ok(None);
    }
    let path = options.directory.join("checkpoints/last.safetensors");
    let mut bytes = Vec::new();
    if let Some(directory) = directory {
        let last = directory.checkpoint_path(CheckpointKind::Last);
        if last.exists() {
            bytes = std::fs::read(&last).map_err(|source| TrainError::Read { path: last, source })?;
        }
    }
    let bytes = broadcast(options.communicator, bytes)?;
    (!bytes.is_empty()).then(|| Checkpoint::parse(&bytes, &path)).transpose()
}

/// Creates the run folder, or opens it and makes sure that what decides the run is the same.
fn open_directory(options: &TrainOptions<'_>, manifest: RunManifest) -> Result<RunDirectory, TrainError> {
    if !options.resume {
        return RunDirectory::create(options.directory, &options.run, &manifest, options.vocabulary);
    }
    let directory = RunDirectory::open(options.directory)?;
    let changed = |what, found: String, expected: String| TrainError::Changed {
        path: options.directory.to_owned(),
        what,
        found,
        expected,
    };
    let old = directory.manifest()?;
    if old.corpus_blake3 != manifest.corpus_blake3 {
        return Err(changed("the corpus", old.corpus.display().to_string(), manifest.corpus.display().to_string()));
    }
    if old.vocabulary_blake3 != manifest.vocabulary_blake3 {
        return Err(changed("the vocabulary", old.vocabulary_blake3, manifest.vocabulary_blake3));
    }
    if old.embeddings_blake3 != manifest.embeddings_blake3 {
        let shown = |hash: Option<String>| hash.unwrap_or_else(|| "none".to_owned());
        return Err(changed("the embeddings", shown(old.embeddings_blake3), shown(manifest.embeddings_blake3)));
    }
    let old = directory.run_file()?;
    let comparable = RunFile { training: options.run.training.clone(), ..old.clone() };
    if comparable != options.run {
        let (found, expected) = first_difference(&comparable.to_toml(), &options.run.to_toml());
        return Err(changed("the setting", found, expected));
    }
    if old != options.run {
        directory.set_run_file(&options.run)?;
    }
    Ok(directory)
}

fn first_difference(old: &str, new: &str) -> (String, String) {
    let differing = old.lines().zip(new.lines()).find(|(old, new)| old != new);
    differing.map_or_else(|| ("…".to_owned(), "…".to_owned()), |(old, new)| (old.to_owned(), new.to_owned()))
}
