//! The training loop: data, forward, loss, backward, update, log, evaluate, save.

use std::{
    path::Path,
    sync::atomic::{AtomicBool, Ordering},
    time::Instant,
};

use burn::{
    module::Module,
    optim::{GradientsAccumulator, GradientsParams},
    tensor::{Device, Tensor},
};
use repartee_corpus::{Corpus, Split, Vocabulary};
use repartee_model::{RandomStreams, Tcvae, batch::Specials, methods::LossWeights, random::noise};

use crate::{
    adam::{Adam, squared_norms},
    checkpoint::{self, Best, Checkpoint, Progress},
    config::RunFile,
    data::PairSet,
    error::TrainError,
    evaluation::{Evaluation, evaluate},
    metrics_log::{MetricsLog, Record, UpdateRecord},
    run_directory::{BuildInfo, CheckpointKind, RunDirectory, RunManifest},
    sums::Sums,
};

/// Updates in a row that may have gradients that are not finite before training gives up.
const MAX_SKIPPED_IN_A_ROW: u64 = 5;

/// What to train, from what, where to.
#[derive(Debug)]
pub struct TrainOptions<'a> {
    /// The resolved run file.
    pub run: RunFile,
    /// The corpus.
    pub corpus: &'a Corpus,
    /// Its vocabulary.
    pub vocabulary: &'a Vocabulary,
    /// The run folder.
    pub directory: &'a Path,
    /// Continue the run in `directory`.
    pub resume: bool,
    /// The device, without autodiff.
    pub device: Device,
    /// What to call the device in the manifest.
    pub device_name: &'a str,
    /// The program.
    pub build: BuildInfo,
    /// Set from outside to stop after the current update, saved.
    pub stop: &'a AtomicBool,
}

/// What a watcher of training hears.
#[derive(Clone, Debug)]
pub enum Event {
    /// Pairs are being read.
    Reading {
        /// The split.
        split: Split,
        /// Pairs so far.
        n_pairs: u64,
    },
    /// Training starts.
    Started {
        /// Parameters of the model.
        n_parameters: usize,
        /// Training and dev pairs.
        n_pairs: [usize; 2],
        /// Pairs of both left out as too long or empty.
        n_dropped: u64,
        /// Updates already made, when resumed.
        update: u64,
        /// Updates to make.
        max_updates: u64,
    },
    /// An update was made.
    Stepped {
        /// Updates made.
        update: u64,
    },
    /// A line was logged: averages since the last one.
    Updated(UpdateRecord),
    /// The model was evaluated on dev.
    Evaluated {
        /// After this many updates.
        update: u64,
        /// The result.
        evaluation: Evaluation,
        /// Whether it is the best so far.
        best: bool,
    },
}

/// How training ended.
#[derive(Clone, Debug)]
pub struct TrainOutcome {
    /// Updates made.
    pub update: u64,
    /// Whether it was stopped from outside; then it can be resumed.
    pub stopped: bool,
    /// The best evaluation.
    pub best: Option<Best>,
}

/// Trains, or continues to train, a model.
///
/// # Errors
/// Bad run folder, unreadable corpus, a full disk, gradients that stay non-finite.
pub fn train(options: TrainOptions<'_>, on_event: &mut dyn FnMut(Event)) -> Result<TrainOutcome, TrainError> {
    let directory = open_directory(&options)?;
    let mut trainer = Trainer::new(&options, &directory, on_event)?;
    let max_updates = options.run.training.max_updates;
    while trainer.progress.update < max_updates && !options.stop.load(Ordering::Relaxed) {
        trainer.update()?;
        let update = trainer.progress.update;
        on_event(Event::Stepped { update });
        if update % options.run.training.log_every == 0 || update == max_updates {
            on_event(Event::Updated(trainer.log()?));
        }
        if update % options.run.training.evaluate_every == 0 || update == max_updates {
            let (evaluation, best) = trainer.evaluate()?;
            on_event(Event::Evaluated { update, evaluation, best });
        }
    }
    let stopped = trainer.progress.update < max_updates;
    if stopped {
        trainer.save(CheckpointKind::Last)?;
    }
    Ok(TrainOutcome { update: trainer.progress.update, stopped, best: trainer.progress.best })
}

/// Creates the run folder, or opens it and makes sure that what decides the run is the same.
fn open_directory(options: &TrainOptions<'_>) -> Result<RunDirectory, TrainError> {
    let manifest = RunManifest::new(options.corpus, options.vocabulary, &options.build, options.device_name);
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

/// Everything that changes during training.
struct Trainer<'a> {
    run: &'a RunFile,
    directory: &'a RunDirectory,
    device: Device,
    streams: RandomStreams,
    specials: Specials,
    train: PairSet,
    dev: PairSet,
    model: Tcvae,
    adam: Adam,
    progress: Progress,
    batches: Vec<Vec<usize>>,
    skipped_in_a_row: u64,
    log: MetricsLog,
    sums: Sums,
}

impl<'a> Trainer<'a> {
    fn new(
        options: &'a TrainOptions<'_>,
        directory: &'a RunDirectory,
        on_event: &mut dyn FnMut(Event),
    ) -> Result<Self, TrainError> {
        let run = &options.run;
        let TrainOptions { corpus, vocabulary, .. } = *options;
        let mut load = |split| {
            let on_pairs = |n_pairs| on_event(Event::Reading { split, n_pairs });
            PairSet::load(corpus, split, vocabulary, run.batch.max_length, on_pairs)
        };
        let (train, dev) = (load(Split::Train)?, load(Split::Dev)?);
        let device = options.device.clone().autodiff();
        let streams = RandomStreams::new(run.seed);
        let mut model = Tcvae::new(&run.model, vocabulary.size(), vocabulary.pad(), streams, &device)
            .map_err(|source| TrainError::Model { path: directory.path().to_owned(), source })?;
        let mut adam = Adam::new(&run.optimizer);
        let mut progress = Progress::default();
        let last = directory.checkpoint_path(CheckpointKind::Last);
        // A run stopped before its first save has no checkpoint and starts again from its seed.
        if options.resume && last.exists() {
            let checkpoint = Checkpoint::read(&last)?;
            model = checkpoint.load_model(model)?;
            checkpoint.load_adam(&mut adam, &options.device)?;
            progress = checkpoint.progress;
        }
        let batches = train.epoch(&run.batch, streams, progress.epoch)?;
        on_event(Event::Started {
            n_parameters: model.num_params(),
            n_pairs: [train.len(), dev.len()],
            n_dropped: train.n_dropped + dev.n_dropped,
            update: progress.update,
            max_updates: run.training.max_updates,
        });
        Ok(Self {
            run,
            directory,
            device,
            streams,
            specials: Specials { pad: vocabulary.pad(), eos: vocabulary.eos() },
            train,
            dev,
            model,
            adam,
            batches,
            skipped_in_a_row: 0,
            log: MetricsLog::open(&directory.metrics_path(), progress.update)?,
            sums: Sums::new(run.method.method().n_latents()),
            progress,
        })
    }

    /// The micro-batches of the next update; starts a new epoch when the last one is used up.
    fn next_batches(&mut self) -> Result<Vec<Vec<usize>>, TrainError> {
        if self.progress.batch_idx >= self.batches.len() {
            self.progress.epoch += 1;
            self.progress.batch_idx = 0;
            self.batches = self.train.epoch(&self.run.batch, self.streams, self.progress.epoch)?;
        }
        let end = (self.progress.batch_idx + self.run.batch.micro_batches).min(self.batches.len());
        let batches = self.batches[self.progress.batch_idx..end].to_vec();
        self.progress.batch_idx = end;
        Ok(batches)
    }

    /// One update: gradients of the micro-batches are averaged over all their sentences, clipped and applied.
    fn update(&mut self) -> Result<(), TrainError> {
        let update = self.progress.update;
        let micro_batches = self.next_batches()?;
        let n_sentences: usize = micro_batches.iter().map(Vec::len).sum();
        let mut accumulator = GradientsAccumulator::new();
        let mut readings = Vec::new();
        for (micro_idx, indices) in (0..).zip(&micro_batches) {
            let (gradients, sums) = self.forward_backward(indices, n_sentences, [update, micro_idx]);
            accumulator.accumulate(&self.model, gradients);
            readings.push(sums);
        }
        let gradients = accumulator.grads();
        let n_readings: usize = readings.iter().map(|reading| reading.dims()[0]).sum();
        readings.push(squared_norms(&self.model, &gradients));
        // The only wait for the device in an update.
        let values: Vec<f32> = Tensor::cat(readings, 0).into_data().try_into_vec().expect("losses are f32");
        let (losses, norms) = values.split_at(n_readings);
        let gradient_norm = norms.iter().map(|&norm| f64::from(norm)).sum::<f64>().sqrt();
        let learning_rate = self.run.learning_rate.rate(update);
        if gradient_norm.is_finite() {
            self.skipped_in_a_row = 0;
            let model = self.model.clone();
            self.model = self.adam.step(model, gradients, learning_rate, gradient_norm);
        } else {
            self.skip(update)?;
        }
        self.progress.update += 1;
        self.sums.add(losses, n_sentences, gradient_norm, learning_rate);
        Ok(())
    }

    /// Gradients of one micro-batch, and its sums to be read back later, in the order of [`Sums::add`].
    fn forward_backward(
        &self,
        indices: &[usize],
        n_sentences: usize,
        position: [u64; 2],
    ) -> (GradientsParams, Tensor<1>) {
        let batch = self.train.batch(indices, self.specials, &self.device);
        let method = self.run.method.method();
        let shape = [indices.len(), method.n_latents(), self.run.model.latent_size];
        let noise = noise(&mut self.streams.stream("latent", &position), shape, &self.device);
        let weights =
            LossWeights { kl: self.run.loss.kl.weight(position[0]), smoothing: self.run.loss.label_smoothing };
        let parts = method.loss(&self.model, &batch, noise, weights, &mut self.streams.dropout(&position));
        let objective = parts.objective.sum();
        let gradients = objective.clone().div_scalar(n_sentences as f64).backward();
        let n_tokens = Tensor::<1>::full([1], batch.n_target_tokens() as f64, &self.device);
        let mut sums = vec![objective, parts.nll_nats.sum(), parts.kl_nats.sum(), n_tokens];
        sums.extend((0..method.n_latents()).map(|k| match &parts.winner {
            Some(winner) => winner.clone().equal_elem(k as i64).float().sum(),
            None => Tensor::zeros([1], &self.device),
        }));
        let sums = Tensor::cat(sums, 0).without_autodiff();
        (GradientsParams::from_grads(gradients, &self.model), sums)
    }

    fn skip(&mut self, update: u64) -> Result<(), TrainError> {
        self.progress.n_skipped += 1;
        self.skipped_in_a_row += 1;
        if self.skipped_in_a_row < MAX_SKIPPED_IN_A_ROW {
            return Ok(());
        }
        Err(TrainError::NotFinite { count: self.skipped_in_a_row, update })
    }

    /// Writes one line of the log and starts new sums.
    fn log(&mut self) -> Result<UpdateRecord, TrainError> {
        let sums = std::mem::replace(&mut self.sums, Sums::new(self.run.method.method().n_latents()));
        let kl_weight = self.run.loss.kl.weight(self.progress.update - 1);
        let record = sums.record(&self.progress, kl_weight);
        self.log.append(&Record::Update(record.clone()))?;
        Ok(record)
    }

    /// Evaluates on dev and saves: always the last state, and the model if it is the best so far.
    fn evaluate(&mut self) -> Result<(Evaluation, bool), TrainError> {
        let started = Instant::now();
        let smoothing = self.run.loss.label_smoothing;
        let (specials, config) = (self.specials, &self.run.batch);
        let evaluation = evaluate(&self.model, &self.dev, specials, config, smoothing, self.streams, &self.device)?;
        let update = self.progress.update;
        let best = self.progress.best.as_ref();
        let is_best =
            best.is_none_or(|best| evaluation.loss_nats_per_sentence < best.evaluation.loss_nats_per_sentence);
        if is_best {
            self.progress.best = Some(Best { update, evaluation: evaluation.clone() });
            self.save(CheckpointKind::Best)?;
        }
        self.save(CheckpointKind::Last)?;
        self.log.append(&Record::Evaluation { update, evaluation: evaluation.clone(), best: is_best })?;
        self.sums.leave_out(started.elapsed());
        Ok((evaluation, is_best))
    }

    fn save(&self, kind: CheckpointKind) -> Result<(), TrainError> {
        let adam = (kind == CheckpointKind::Last).then_some(&self.adam);
        checkpoint::save(&self.directory.checkpoint_path(kind), &self.model, adam, &self.progress)
    }
}
