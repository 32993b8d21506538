//! Training a run and loading a trained one.

use std::{collections::BTreeMap, path::Path, sync::atomic::AtomicBool};

use repartee_corpus::{Corpus, Vocabulary};
use repartee_generate::Generator;
use repartee_model::Tcvae;
use repartee_train::{
    Communicator, Compression, RunDirectory, RunFile, RunManifest, TrainOptions, TrainOutcome,
    checkpoint::{Best, Checkpoint, parameters},
    plan::Plan,
    run_directory::{BuildInfo, CheckpointKind},
    samples::Sampler,
    trainer::Event,
};

use crate::{device::ComputeDevice, error::EngineError, sampler::DevSampler};

/// What to train, from what, where to.
#[derive(Debug)]
pub struct TrainJob<'a> {
    /// The resolved run file.
    pub run: RunFile,
    /// The corpus folder, with its vocabulary.
    pub corpus: &'a Path,
    /// The run folder.
    pub directory: &'a Path,
    /// Continue the run in the folder.
    pub resume: bool,
    /// Where to compute.
    pub device: &'a ComputeDevice,
    /// The program, for the run's manifest.
    pub build: BuildInfo,
    /// Whether replies to some dev utterances are written at each evaluation.
    pub with_samples: bool,
    /// Set from outside to stop after the current update, saved.
    pub stop: &'a AtomicBool,
    /// The ranks that train together; [`repartee_train::Alone`] for a single process.
    pub communicator: &'a dyn Communicator,
    /// How gradients travel between ranks.
    pub compression: Compression,
}

/// Trains a model, or continues to.
///
/// # Errors
/// See [`TrainError`]; also a corpus without a vocabulary.
pub fn train(job: TrainJob<'_>, on_event: &mut dyn FnMut(Event)) -> Result<TrainOutcome, EngineError> {
    let (corpus, vocabulary) = open_corpus(job.corpus)?;
    corpus.verify()?;
    let sampler = job.with_samples.then(|| DevSampler::new(&job.run, &corpus, &vocabulary, job.device)).transpose()?;
    let options = TrainOptions {
        run: job.run,
        corpus: &corpus,
        vocabulary: &vocabulary,
        directory: job.directory,
        resume: job.resume,
        device: job.device.device.clone(),
        device_name: &job.device.name,
        build: job.build,
        sampler: sampler.as_ref().map(|sampler| sampler as &dyn Sampler),
        stop: job.stop,
        communicator: job.communicator,
        compression: job.compression,
    };
    Ok(repartee_train::train(options, on_event)?)
}

/// What a run will need; see [`Plan`].
///
/// # Errors
/// As [`train`].
pub fn plan(run: &RunFile, corpus: &Path, device: &ComputeDevice) -> Result<Plan, EngineError> {
    let (corpus, vocabulary) = open_corpus(corpus)?;
    Ok(repartee_train::plan::plan(run, &corpus, &vocabulary, &device.device)?)
}

fn open_corpus(folder: &Path) -> Result<(Corpus, Vocabulary), EngineError> {
    let corpus = Corpus::open(folder)?;
    let path = corpus.vocabulary_path();
    if !path.is_file() {
        return Err(EngineError::NoVocabulary { path: folder.to_owned() });
    }
    let vocabulary = Vocabulary::load(&path)?;
    Ok((corpus, vocabulary))
}

/// A trained model, ready to speak and to be evaluated.
#[derive(Debug)]
pub struct LoadedRun {
    pub(crate) model: Tcvae,
    pub(crate) vocabulary: Vocabulary,
    pub(crate) device: ComputeDevice,
    pub(crate) run: RunFile,
    pub(crate) manifest: RunManifest,
    /// Updates that the loaded parameters have seen.
    pub update: u64,
    /// What the parameters scored on dev.
    pub best: Best,
    /// BLAKE3 of the checkpoint file.
    pub checkpoint_blake3: String,
}

impl LoadedRun {
    /// Loads the best checkpoint of a run.
    ///
    /// # Errors
    /// Not a run folder, no checkpoint yet, or a damaged one.
    pub fn open(run_dir: &Path, device: &ComputeDevice) -> Result<Self, EngineError> {
        let directory = RunDirectory::open(run_dir)?;
        let (run, manifest, vocabulary) = (directory.run_file()?, directory.manifest()?, directory.vocabulary()?);
        let checkpoint = Checkpoint::read(&directory.checkpoint_path(CheckpointKind::Best))?;
        let model = checkpoint.model(&run, &vocabulary, &device.device)?;
        let (best, update) = (checkpoint.best()?.clone(), checkpoint.progress.update);
        let checkpoint_blake3 = checkpoint.blake3;
        Ok(Self { model, vocabulary, device: device.clone(), run, manifest, update, best, checkpoint_blake3 })
    }

    /// What the run was made from.
    pub fn manifest(&self) -> &RunManifest {
        &self.manifest
    }

    /// How it was trained.
    pub fn run_file(&self) -> &RunFile {
        &self.run
    }

    /// Where it computes.
    pub fn device_name(&self) -> &str {
        &self.device.name
    }

    /// Pieces of its vocabulary.
    pub fn n_pieces(&self) -> usize {
        self.vocabulary.size()
    }

    /// Shape and values of every parameter by its name.
    pub fn parameters(&self) -> BTreeMap<String, (Vec<usize>, Vec<f32>)> {
        parameters(&self.model)
    }

    /// The model with what it needs to speak.
    pub fn generator(&self) -> Generator<'_> {
        Generator { model: &self.model, vocabulary: &self.vocabulary, device: &self.device.device }
    }
}
