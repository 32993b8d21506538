//! What is summed over updates and averaged for one line of the log. The sums are part of a checkpoint, so that the
//! first line after a resume says what it would have said without.

use std::{
    collections::BTreeMap,
    time::{Duration, Instant},
};

use burn::tensor::Tensor;
use repartee_model::{Batch, methods::LossParts};
use serde::{Deserialize, Serialize};

use crate::{checkpoint::Progress, learner::Step, metrics_log::UpdateRecord};

/// What one micro-batch contributes: the names of its sums and, on the device, their values in the same order.
#[derive(Clone, Debug)]
pub(crate) struct Reading {
    pub(crate) names: Vec<String>,
    /// `[names]`.
    pub(crate) values: Tensor<1>,
}

const OBJECTIVE: &str = "objective_nats";
const NLL: &str = "nll_nats";
const KL: &str = "kl_nats";
const N_TOKENS: &str = "n_tokens";
const WINNER: &str = "winner ";

impl Reading {
    /// Sums over the sentences of a micro-batch.
    pub(crate) fn new(parts: &LossParts, batch: &Batch) -> Self {
        let n_tokens = Tensor::<1>::full([1], batch.n_target_tokens() as f64, &parts.objective.device());
        let mut sums = vec![
            (OBJECTIVE.to_owned(), parts.objective.clone().sum()),
            (NLL.to_owned(), parts.nll_nats.clone().sum()),
            (N_TOKENS.to_owned(), n_tokens),
        ];
        sums.extend(parts.kl_nats.iter().map(|kl| (KL.to_owned(), kl.clone().sum())));
        sums.extend(parts.extra.iter().map(|(name, part)| ((*name).to_owned(), part.clone().sum())));
        if let Some(scores) = &parts.scores {
            let mean = scores.clone().mean_dim(1); // [B, 1]
            let gain = (mean.clone() - scores.clone().min_dim(1)).sum();
            let deviation = (scores.clone() - mean).square().mean_dim(1).sqrt().sum();
            sums.extend([("score_gain_nats".to_owned(), gain), ("score_deviation_nats".to_owned(), deviation)]);
        }
        if let (Some(winner), Some(scores)) = (&parts.winner, &parts.scores) {
            let wins = |k| winner.clone().equal_elem(k as i64).float().sum();
            sums.extend((0..scores.dims()[1]).map(|k| (format!("{WINNER}{k}"), wins(k))));
        }
        let (names, values): (_, Vec<_>) = sums.into_iter().map(|(name, sum)| (name, sum.without_autodiff())).unzip();
        Self { names, values: Tensor::cat(values, 0) }
    }
}

/// Sums since the last line of the log.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Sums {
    /// By name.
    sums: BTreeMap<String, f64>,
    n_sentences: u64,
    gradient_norm: f64,
    learning_rate: f64,
}

impl Sums {
    /// Adds one update.
    pub(crate) fn add(&mut self, step: &Step) {
        for (name, &value) in step.names.iter().cycle().zip(&step.values) {
            *self.sums.entry(name.clone()).or_default() += f64::from(value);
        }
        self.n_sentences += step.n_sentences as u64;
        self.gradient_norm = step.gradient_norm;
        self.learning_rate = step.learning_rate;
    }

    /// The averages.
    pub(crate) fn record(&self, progress: &Progress, kl_weight: Option<f32>, clock: &Clock) -> UpdateRecord {
        let n_sentences = self.n_sentences as f64;
        let sum = |name: &str| self.sums.get(name).copied();
        let average = |name| sum(name).map(|sum| sum / n_sentences);
        let is_extra = |name: &str| ![OBJECTIVE, NLL, KL, N_TOKENS].contains(&name) && !name.starts_with(WINNER);
        let extra = self.sums.iter().filter(|(name, _)| is_extra(name));
        let wins = (0..).map_while(|k| sum(&format!("{WINNER}{k}")));
        UpdateRecord {
            update: progress.update,
            epoch: progress.epoch,
            objective_nats_per_sentence: average(OBJECTIVE).unwrap_or(f64::NAN),
            nll_nats_per_sentence: average(NLL).unwrap_or(f64::NAN),
            kl_nats_per_sentence: average(KL),
            kl_weight: kl_weight.map(f64::from),
            learning_rate: self.learning_rate,
            gradient_norm: self.gradient_norm,
            n_skipped: progress.n_skipped,
            winners: wins.map(|wins| wins as u64).collect(),
            tokens_per_second: clock.tokens_per_second(),
            extra: extra.map(|(name, sum)| (format!("{name}_per_sentence"), sum / n_sentences)).collect(),
        }
    }
}

/// Measures the rate of training since the last line of the log, or since training began or went on.
#[derive(Clone, Debug)]
pub(crate) struct Clock {
    since: Instant,
    n_tokens: f64,
}

impl Clock {
    /// Starts now.
    pub(crate) fn start() -> Self {
        Self { since: Instant::now(), n_tokens: 0.0 }
    }

    /// Adds the target tokens of one update.
    pub(crate) fn add(&mut self, n_tokens: usize) {
        self.n_tokens += n_tokens as f64;
    }

    /// Time spent on something else does not count.
    pub(crate) fn leave_out(&mut self, time: Duration) {
        self.since += time;
    }

    /// Target tokens per second.
    pub(crate) fn tokens_per_second(&self) -> f64 {
        self.n_tokens / self.since.elapsed().as_secs_f64()
    }
}
