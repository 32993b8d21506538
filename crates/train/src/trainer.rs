//! The training loop: update, log, evaluate, save. One update (data, forward, loss, backward, Adam) is in `learner`.

use std::{
    path::Path,
    sync::atomic::{AtomicBool, Ordering},
    time::Instant,
};

use burn::{module::Module, tensor::Device};
use repartee_corpus::{Corpus, Split, Vocabulary};
use repartee_model::RandomStreams;

use crate::{
    checkpoint::{self, Best, Progress},
    communicator::{Communicator, Compression},
    config::RunFile,
    control::Control,
    data::PairSet,
    error::TrainError,
    evaluation::{Evaluation, Evaluator},
    learner::{Learner, Team},
    metrics_log::{MetricsLog, Record, UpdateRecord},
    run_directory::{BuildInfo, CheckpointKind, RunDirectory},
    samples::{Sampler, Samples, SamplesLog},
    sums::{Clock, Sums},
    together,
};

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
    /// Who makes the samples that are written at each evaluation, if there are to be any.
    pub sampler: Option<&'a dyn Sampler>,
    /// Set from outside to stop after the current update, saved; on any rank, all stop. A file in the run folder does the
    /// same, see [`crate::control`].
    pub stop: &'a AtomicBool,
    /// The ranks that train together; only rank 0 reads and writes the run folder.
    pub communicator: &'a dyn Communicator,
    /// How gradients travel between them.
    pub compression: Compression,
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
        /// Updates in a pass over the training pairs.
        updates_per_epoch: u64,
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
/// Bad run folder, unreadable corpus, a full disk, gradients that stay non-finite, a rank that does not answer.
pub fn train(options: TrainOptions<'_>, on_event: &mut dyn FnMut(Event)) -> Result<TrainOutcome, TrainError> {
    let directory = together::open(&options)?;
    let hold = |directory: &RunDirectory| Control::hold(directory.path(), options.run.training.max_updates);
    let mut control = directory.as_ref().map(hold).transpose()?;
    let result = train_in(&options, &directory, &mut control, on_event);
    if let Some(control) = control {
        control.end(result.as_ref().err());
    }
    result
}

fn train_in(
    options: &TrainOptions<'_>,
    directory: &Option<RunDirectory>,
    control: &mut Option<Control>,
    on_event: &mut dyn FnMut(Event),
) -> Result<TrainOutcome, TrainError> {
    let mut trainer = Trainer::new(options, directory, on_event)?;
    let max_updates = options.run.training.max_updates;
    // Ranks agree to stop within an update; one alone stops when it is told to.
    let alone = options.communicator.n_ranks() == 1;
    let mut agreed = false;
    while trainer.progress.update < max_updates && !agreed && !(alone && options.stop.load(Ordering::Relaxed)) {
        agreed = trainer.update()?;
        let update = trainer.progress.update;
        if let Some(control) = control {
            control.at(update);
            if control.is_asked_to_stop() {
                options.stop.store(true, Ordering::Relaxed);
            }
        }
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

/// Where rank 0 writes.
struct Output<'a> {
    directory: &'a RunDirectory,
    log: MetricsLog,
    samples: SamplesLog,
}

/// Everything that changes during training.
struct Trainer<'a> {
    run: &'a RunFile,
    team: Team<'a>,
    /// Rank 0's.
    output: Option<Output<'a>>,
    learner: Learner,
    dev: PairSet,
    sampler: Option<&'a dyn Sampler>,
    progress: Progress,
    clock: Clock,
}

impl<'a> Trainer<'a> {
    fn new(
        options: &'a TrainOptions<'_>,
        directory: &'a Option<RunDirectory>,
        on_event: &mut dyn FnMut(Event),
    ) -> Result<Self, TrainError> {
        let run = &options.run;
        let TrainOptions { corpus, vocabulary, .. } = *options;
        let checkpoint = together::last_checkpoint(options, directory.as_ref())?;
        let reading = |split| move |n_pairs| Event::Reading { split, n_pairs };
        let of_train = reading(Split::Train);
        let learner = Learner::new(run, corpus, vocabulary, &options.device, checkpoint.as_ref(), |n_pairs| {
            on_event(of_train(n_pairs));
        })?;
        let of_dev = reading(Split::Dev);
        let dev = PairSet::load(corpus, Split::Dev, vocabulary, run.batch.max_length, |n_pairs| {
            on_event(of_dev(n_pairs));
        })?;
        let progress = checkpoint.map(|checkpoint| checkpoint.progress).unwrap_or_default();
        let (n_train, n_dropped) = learner.n_pairs();
        on_event(Event::Started {
            n_parameters: learner.model.num_params(),
            n_pairs: [n_train, dev.len()],
            n_dropped: n_dropped + dev.n_dropped,
            update: progress.update,
            max_updates: run.training.max_updates,
            updates_per_epoch: learner.updates_per_epoch(),
        });
        let open = |directory: &'a RunDirectory| {
            let log = MetricsLog::open(&directory.metrics_path(), progress.update)?;
            let samples = SamplesLog::open(directory.samples_path(), progress.update)?;
            Ok::<_, TrainError>(Output { directory, log, samples })
        };
        let output = directory.as_ref().map(open).transpose()?;
        let TrainOptions { communicator, compression, stop, sampler, .. } = *options;
        let team = Team { communicator, compression, stop };
        Ok(Self { run, team, output, learner, dev, sampler, progress, clock: Clock::start() })
    }

    /// Whether a rank was asked to stop.
    fn update(&mut self) -> Result<bool, TrainError> {
        let step = self.learner.update(&mut self.progress, self.team)?;
        self.progress.sums.add(&step);
        self.clock.add(step.n_tokens);
        Ok(step.stop)
    }

    /// Writes one line of the log and starts new sums.
    fn log(&mut self) -> Result<UpdateRecord, TrainError> {
        let kl_weight = self.learner.kl_weight(self.progress.update - 1);
        let record = self.progress.sums.record(&self.progress, kl_weight, &self.clock);
        self.progress.sums = Sums::default();
        self.clock = Clock::start();
        self.append(&Record::Update(record.clone()))?;
        Ok(record)
    }

    /// Evaluates on dev and saves: always the last state, and the model if it is the best so far.
    fn evaluate(&mut self) -> Result<(Evaluation, bool), TrainError> {
        let started = Instant::now();
        let evaluator = Evaluator {
            pairs: &self.dev,
            specials: self.learner.specials(),
            run: self.run,
            streams: RandomStreams::new(self.run.seed),
        };
        let evaluation = evaluator.evaluate_on(&self.learner.model, self.team.communicator)?;
        let update = self.progress.update;
        let best = self.progress.best.as_ref();
        let is_best =
            best.is_none_or(|best| evaluation.loss_nats_per_sentence < best.evaluation.loss_nats_per_sentence);
        if is_best {
            self.progress.best = Some(Best { update, evaluation: evaluation.clone() });
            self.save(CheckpointKind::Best)?;
        }
        // The line first: a kill between the two makes it again, the other way round it would be missing.
        self.append(&Record::Evaluation { update, evaluation: evaluation.clone(), best: is_best })?;
        self.sample()?;
        self.save(CheckpointKind::Last)?;
        self.clock.leave_out(started.elapsed());
        Ok((evaluation, is_best))
    }

    /// Writes what the model says now.
    fn sample(&self) -> Result<(), TrainError> {
        let (Some(output), Some(sampler)) = (&self.output, self.sampler) else { return Ok(()) };
        let Some(samples) = sampler.samples(&self.learner.model.valid()) else { return Ok(()) };
        output.samples.append(&Samples { update: self.progress.update, samples })
    }

    fn append(&mut self, record: &Record) -> Result<(), TrainError> {
        self.output.iter_mut().try_for_each(|output| output.log.append(record))
    }

    fn save(&self, kind: CheckpointKind) -> Result<(), TrainError> {
        let Some(Output { directory, .. }) = &self.output else { return Ok(()) };
        let adam = (kind == CheckpointKind::Last).then_some(&self.learner.adam);
        checkpoint::save(&directory.checkpoint_path(kind), &self.learner.model, adam, &self.progress)
    }
}
