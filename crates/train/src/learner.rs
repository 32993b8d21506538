//! One update of the model: batches, forward, loss, backward, Adam. What surrounds it is in `trainer`.

use std::sync::atomic::{AtomicBool, Ordering};

use burn::{
    optim::{GradientsAccumulator, GradientsParams},
    tensor::{Device, Tensor},
};
use repartee_corpus::{Corpus, Split, Vocabulary};
use repartee_model::{Noise, Pass, RandomStreams, Tcvae, batch::Specials, schedules::KlSchedule};

use crate::{
    adam::{Adam, squared_norms},
    checkpoint::{Checkpoint, Progress},
    communicator::{self, Communicator, Compression, share, sum_slices},
    config::{InitialEmbedding, RunFile},
    data::PairSet,
    error::TrainError,
    initial,
    sums::Reading,
};

/// Updates in a row that may have gradients that are not finite before training gives up.
const MAX_SKIPPED_IN_A_ROW: u64 = 5;

/// The model in training with all that an update needs.
pub(crate) struct Learner {
    run: RunFile,
    device: Device,
    streams: RandomStreams,
    specials: Specials,
    train: PairSet,
    /// The model.
    pub(crate) model: Tcvae,
    /// Its optimiser.
    pub(crate) adam: Adam,
    /// The batches of the current epoch.
    batches: Vec<Vec<usize>>,
    updates_per_epoch: u64,
    skipped_in_a_row: u64,
    /// Memory for sums over ranks.
    row: Vec<f32>,
    /// Numbers that a micro-batch reports, once the ranks have agreed on it.
    n_names: Option<usize>,
}

/// The ranks that make an update together.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Team<'a> {
    /// How they reach one another.
    pub(crate) communicator: &'a dyn Communicator,
    /// How gradients travel.
    pub(crate) compression: Compression,
    /// Set on any rank, all stop after the update; without effect on one that is alone.
    pub(crate) stop: &'a AtomicBool,
}

/// The size of a micro-batch.
#[derive(Clone, Copy, Debug)]
pub(crate) struct BatchShape {
    /// Sentences.
    pub(crate) n_sentences: usize,
    /// The longest source, `</s>` included.
    pub(crate) source_width: usize,
    /// The longest target, `</s>` included.
    pub(crate) target_width: usize,
    /// Target tokens that are not padding.
    pub(crate) n_target_tokens: usize,
}

impl BatchShape {
    /// Cells of source and target.
    pub(crate) fn cells(&self) -> f64 {
        (self.n_sentences * (self.source_width + self.target_width)) as f64
    }
}

/// What one update reports.
pub(crate) struct Step {
    /// The names of what a micro-batch reports. Empty on a rank that had none.
    pub(crate) names: Vec<String>,
    /// All micro-batches' sums, in this order.
    pub(crate) values: Vec<f32>,
    /// Sentences of the update.
    pub(crate) n_sentences: usize,
    /// Target tokens of the update.
    pub(crate) n_tokens: usize,
    /// Global norm of the gradient, before clipping.
    pub(crate) gradient_norm: f64,
    /// The learning rate used.
    pub(crate) learning_rate: f64,
    /// Whether a rank was asked to stop.
    pub(crate) stop: bool,
}

/// What the micro-batches of an update add up to.
struct Summed {
    gradients: GradientsParams,
    values: Vec<f32>,
    squared_norms: Vec<f32>,
    stop: bool,
}

impl Learner {
    /// A fresh model, or the one of `checkpoint`, on `device` (without autodiff).
    pub(crate) fn new(
        run: &RunFile,
        corpus: &Corpus,
        vocabulary: &Vocabulary,
        device: &Device,
        checkpoint: Option<&Checkpoint>,
        on_pairs: impl FnMut(u64),
    ) -> Result<Self, TrainError> {
        let train = PairSet::load(corpus, Split::Train, vocabulary, run.batch.max_length, on_pairs)?;
        let autodiff = device.clone().autodiff();
        let streams = RandomStreams::new(run.seed);
        let architecture = run.architecture(vocabulary.size(), vocabulary.pad());
        let mut model = Tcvae::new(&architecture, streams, &autodiff)
            .map_err(|source| TrainError::Model { path: corpus.dir().to_owned(), source })?;
        let mut adam = Adam::new(&run.optimizer);
        let mut epoch = 0;
        if let Some(checkpoint) = checkpoint {
            model = checkpoint.load_model(model)?;
            checkpoint.load_adam(&mut adam, device)?;
            epoch = checkpoint.progress.epoch;
        } else if run.initial.embedding == InitialEmbedding::Word2vec {
            let path = corpus.embeddings_path();
            let embeddings = initial::read(&path, run.model.d_model)?;
            model = initial::with_embeddings(model, &embeddings, &path, vocabulary)?;
        }
        // Epochs differ by a batch or two; schedules in epochs count by the first.
        let first = train.epoch(&run.batch, streams, 0)?;
        let updates_per_epoch = first.len().div_ceil(run.batch.micro_batches) as u64;
        let batches = if epoch == 0 { first } else { train.epoch(&run.batch, streams, epoch)? };
        Ok(Self {
            run: run.clone(),
            device: autodiff,
            streams,
            specials: Specials { pad: vocabulary.pad(), eos: vocabulary.eos() },
            train,
            model,
            adam,
            batches,
            updates_per_epoch,
            skipped_in_a_row: 0,
            row: Vec::new(),
            n_names: None,
        })
    }

    /// Training pairs, and those left out.
    pub(crate) fn n_pairs(&self) -> (usize, u64) {
        (self.train.len(), self.train.n_dropped)
    }

    /// Updates in a pass over the training pairs.
    pub(crate) fn updates_per_epoch(&self) -> u64 {
        self.updates_per_epoch
    }

    /// The micro-batches of the current epoch.
    pub(crate) fn batch_shapes(&self) -> Vec<BatchShape> {
        let shape = |indices: &Vec<usize>| {
            let lengths = indices.iter().map(|&idx| self.train.pair(idx)).map(|(x, y)| [x.len() + 1, y.len() + 1]);
            let widest = |side: usize| lengths.clone().map(|pair| pair[side]).max().unwrap_or(0);
            BatchShape {
                n_sentences: indices.len(),
                source_width: widest(0),
                target_width: widest(1),
                n_target_tokens: lengths.clone().map(|[_, target]| target).sum(),
            }
        };
        self.batches.iter().map(shape).collect()
    }

    /// The special tokens.
    pub(crate) fn specials(&self) -> Specials {
        self.specials
    }

    /// β of the update after `n_updates`, for methods that have a KL term.
    pub(crate) fn kl_weight(&self, n_updates: u64) -> Option<f32> {
        let kl = &self.run.loss.kl;
        (*kl != KlSchedule::None {}).then(|| kl.weight(n_updates, self.updates_per_epoch))
    }

    /// The micro-batches of the next update; starts a new epoch when the last one is used up.
    fn next_batches(&mut self, progress: &mut Progress) -> Result<Vec<Vec<usize>>, TrainError> {
        if progress.batch_idx >= self.batches.len() {
            progress.epoch += 1;
            progress.batch_idx = 0;
            self.batches = self.train.epoch(&self.run.batch, self.streams, progress.epoch)?;
        }
        let end = (progress.batch_idx + self.run.batch.micro_batches).min(self.batches.len());
        let batches = self.batches[progress.batch_idx..end].to_vec();
        progress.batch_idx = end;
        Ok(batches)
    }

    /// One update: gradients of the micro-batches are averaged over all their sentences, clipped and applied. Each rank
    /// of a team makes its share of the micro-batches, and all make the same step.
    pub(crate) fn update(&mut self, progress: &mut Progress, team: Team<'_>) -> Result<Step, TrainError> {
        let update = progress.update;
        let micro_batches = self.next_batches(progress)?;
        let n_sentences: usize = micro_batches.iter().map(Vec::len).sum();
        let response_tokens = |&idx: &usize| self.train.pair(idx).1.len() + 1;
        let n_tokens = micro_batches.iter().flatten().map(response_tokens).sum();
        let own = share(micro_batches.len(), team.communicator);
        let (mut accumulator, mut separate) = (GradientsAccumulator::new(), Vec::new());
        let mut readings = Vec::new();
        for micro_idx in own.clone() {
            let position = [update, micro_idx as u64];
            let (gradients, reading) = self.forward_backward(&micro_batches[micro_idx], n_sentences, position);
            // Further ranks add theirs to a sum that is not here yet.
            if team.communicator.rank() == 0 {
                accumulator.accumulate(&self.model, gradients);
            } else {
                separate.push(gradients);
            }
            readings.push(reading);
        }
        if team.communicator.rank() == 0 {
            separate.push(accumulator.grads());
        }
        let names = readings.first().map(|reading| reading.names.clone()).unwrap_or_default();
        let Summed { gradients, values, squared_norms, stop } = match separate.pop() {
            Some(gradients) if team.communicator.n_ranks() == 1 => self.summed_alone(gradients, &readings),
            last => {
                separate.extend(last);
                let first_value = own.start * names.len();
                self.summed_together(team, separate, &readings, micro_batches.len(), first_value)?
            }
        };
        let gradient_norm = squared_norms.iter().map(|&norm| f64::from(norm)).sum::<f64>().sqrt();
        let learning_rate = self.run.learning_rate.rate(update) * self.run.training.cooldown(update);
        if gradient_norm.is_finite() {
            self.skipped_in_a_row = 0;
            let model = self.model.clone();
            self.model = self.adam.step(model, gradients, learning_rate, gradient_norm);
        } else {
            self.skip(progress)?;
        }
        progress.update += 1;
        Ok(Step { names, values, n_sentences, n_tokens, gradient_norm, learning_rate, stop })
    }

    /// One wait for the device.
    fn summed_alone(&self, gradients: GradientsParams, readings: &[Reading]) -> Summed {
        let mut to_read: Vec<Tensor<1>> = readings.iter().map(|reading| reading.values.clone()).collect();
        to_read.push(squared_norms(&self.model, &gradients));
        let mut values = read(to_read);
        let squared_norms = values.split_off(readings.iter().map(|reading| reading.names.len()).sum());
        Summed { gradients, values, squared_norms, stop: false }
    }

    /// The sums over all ranks, in the order of micro-batches: to the bit what one process would have.
    fn summed_together(
        &mut self,
        team: Team<'_>,
        gradients: Vec<GradientsParams>,
        readings: &[Reading],
        n_micro_batches: usize,
        first_value: usize,
    ) -> Result<Summed, TrainError> {
        let n_names = self.agreed_n_names(team.communicator, readings)?;
        // A place for every micro-batch's numbers; each is zero on all ranks but one. Behind them, the wish to stop.
        let mut notes = vec![0.0; n_micro_batches * n_names + 1];
        let own = read(readings.iter().map(|reading| reading.values.clone()).collect());
        notes[first_value..first_value + own.len()].copy_from_slice(&own);
        notes[n_micro_batches * n_names] = f32::from(u8::from(team.stop.load(Ordering::Relaxed)));
        let device = self.device.clone().inner();
        let Team { communicator, compression, .. } = team;
        let row = &mut self.row;
        let (gradients, mut values) =
            communicator::gradients::sum(communicator, compression, &self.model, gradients, &notes, row, &device)?;
        let stop = values.pop().is_some_and(|asked| asked > 0.0);
        let squared_norms = read(vec![squared_norms(&self.model, &gradients)]);
        Ok(Summed { gradients, values, squared_norms, stop })
    }

    /// Rank 0 has a micro-batch in every update, others may have none in the last one of an epoch.
    fn agreed_n_names(&mut self, communicator: &dyn Communicator, readings: &[Reading]) -> Result<usize, TrainError> {
        if let Some(n_names) = self.n_names {
            return Ok(n_names);
        }
        let own = readings.first().map_or(0, |reading| reading.names.len());
        let mut n_names = [if communicator.rank() == 0 { own as f32 } else { 0.0 }];
        sum_slices(communicator, &mut n_names, Compression::None)?;
        self.n_names = Some(n_names[0] as usize);
        Ok(n_names[0] as usize)
    }

    /// Gradients of one micro-batch, and its sums to be read back later.
    fn forward_backward(
        &self,
        indices: &[usize],
        n_sentences: usize,
        position: [u64; 2],
    ) -> (GradientsParams, Reading) {
        let batch = self.train.batch(indices, self.specials, &self.device);
        let method = self.run.method.method();
        let shape = [indices.len(), method.n_latents(), self.run.model.latent_size];
        let noise = Noise::draw(&mut self.streams.stream("latent", &position), shape, &self.device);
        let settings = self.run.loss_settings(position[0], self.updates_per_epoch);
        let dropout = self.streams.dropout(&position);
        let checkpointing = self.run.training.gradient_checkpointing;
        let mut pass = if checkpointing { Pass::checkpointed(dropout, &self.model) } else { Pass::new(dropout) };
        let parts = method.loss(&self.model, &batch, noise, settings, &mut pass);
        let objective = parts.objective.clone().sum().div_scalar(n_sentences as f64);
        let gradients = pass.backward(objective, &self.model);
        (gradients, Reading::new(&parts, &batch))
    }

    /// Deviation: the authors have no guard; an update whose gradient is not finite is left out and counted.
    fn skip(&mut self, progress: &mut Progress) -> Result<(), TrainError> {
        progress.n_skipped += 1;
        self.skipped_in_a_row += 1;
        if self.skipped_in_a_row < MAX_SKIPPED_IN_A_ROW {
            return Ok(());
        }
        Err(TrainError::NotFinite { count: self.skipped_in_a_row, update: progress.update })
    }
}

/// Brings values to the host.
fn read(values: Vec<Tensor<1>>) -> Vec<f32> {
    if values.is_empty() {
        return Vec::new();
    }
    Tensor::cat(values, 0).into_data().try_into_vec().expect("losses are f32")
}
