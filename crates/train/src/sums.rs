//! What is summed over updates and averaged for one line of the log.

use std::time::{Duration, Instant};

use crate::{checkpoint::Progress, metrics_log::UpdateRecord};

/// Sums since the last line of the log.
#[derive(Clone, Debug)]
pub(crate) struct Sums {
    since: Instant,
    objective: f64,
    nll: f64,
    kl: f64,
    n_sentences: usize,
    n_tokens: usize,
    winners: Vec<u64>,
    gradient_norm: f64,
    learning_rate: f64,
}

impl Sums {
    /// Of a method with so many latents.
    pub(crate) fn new(n_latents: usize) -> Self {
        Self {
            since: Instant::now(),
            objective: 0.0,
            nll: 0.0,
            kl: 0.0,
            n_sentences: 0,
            n_tokens: 0,
            winners: vec![0; n_latents],
            gradient_norm: 0.0,
            learning_rate: 0.0,
        }
    }

    /// Time spent on something else does not count for the rate.
    pub(crate) fn leave_out(&mut self, time: Duration) {
        self.since += time;
    }

    /// Adds one update. `losses` holds, for each micro-batch: objective, NLL, KL, target tokens, wins of each latent.
    pub(crate) fn add(&mut self, losses: &[f32], n_sentences: usize, gradient_norm: f64, learning_rate: f64) {
        for reading in losses.chunks(4 + self.winners.len()) {
            self.objective += f64::from(reading[0]);
            self.nll += f64::from(reading[1]);
            self.kl += f64::from(reading[2]);
            self.n_tokens += reading[3] as usize;
            self.winners.iter_mut().zip(&reading[4..]).for_each(|(sum, &wins)| *sum += wins as u64);
        }
        self.n_sentences += n_sentences;
        self.gradient_norm = gradient_norm;
        self.learning_rate = learning_rate;
    }

    /// The averages.
    pub(crate) fn record(self, progress: &Progress, kl_weight: f32) -> UpdateRecord {
        let n_sentences = self.n_sentences as f64;
        UpdateRecord {
            update: progress.update,
            epoch: progress.epoch,
            objective_nats_per_sentence: self.objective / n_sentences,
            nll_nats_per_sentence: self.nll / n_sentences,
            kl_nats_per_sentence: self.kl / n_sentences,
            kl_weight: f64::from(kl_weight),
            learning_rate: self.learning_rate,
            gradient_norm: self.gradient_norm,
            n_skipped: progress.n_skipped,
            winners: if self.winners.iter().any(|&wins| wins > 0) { self.winners } else { Vec::new() },
            tokens_per_second: self.n_tokens as f64 / self.since.elapsed().as_secs_f64(),
        }
    }
}
