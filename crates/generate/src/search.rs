//! Runs the searches of a batch together: one pass through the decoder and one read-back of logits a step.
//!
//! Hypotheses of one utterance that begin alike share their way through the decoder whatever their latents, because z
//! meets it only at its end; hypotheses that ended cost nothing from then on.

use std::{
    collections::HashMap,
    ops::ControlFlow,
    task::{Context, Poll},
};

use burn::tensor::{Device, Int, Tensor, TensorData};
use rayon::prelude::*;
use repartee_model::{
    Tcvae,
    decoding::{DecoderState, Prefix},
};

use crate::{
    controls::Controls,
    decoder::Draw,
    error::GenerateError,
    next_token::{Logits, N_SPARE, NextToken, Rules},
    strategies::{Choice, DecodingStrategy, Hypothesis, Search},
};

/// A hypothesis that ended.
#[derive(Clone, Debug, PartialEq)]
pub struct Ended {
    /// Without `</s>`.
    pub tokens: Vec<u32>,
    /// What the strategy ranks by.
    pub score: f64,
    /// Σ log p of the model alone, `</s>` included, in nats.
    pub own_log_probability: f64,
    /// Whether it ended by itself and not at the length limit.
    pub finished: bool,
}

/// One search of a batch.
pub(crate) struct Running {
    /// Its number, for whoever watches.
    pub(crate) job: usize,
    /// The row of its latent.
    latent: usize,
    search: Box<dyn Search>,
    live: Vec<Hypothesis>,
    /// Where each live hypothesis is in the decoder's batch.
    nodes: Vec<usize>,
    pub(crate) ended: Vec<Ended>,
}

impl Running {
    /// A search of the source in row `source`; the first nodes of a batch are its sources.
    pub(crate) fn new(job: usize, latent: usize, source: usize, search: Box<dyn Search>) -> Self {
        let live = vec![Hypothesis::default()];
        Self { job, latent, search, live, nodes: vec![source], ended: Vec::new() }
    }

    /// The first live hypothesis: the best one in a beam.
    pub(crate) fn best_live(&self) -> Option<&Hypothesis> {
        self.live.first()
    }

    /// One step; `rows` are those of the live hypotheses. `None` on NaN.
    fn step(
        &mut self,
        rows: Vec<Logits<'_>>,
        rules: &Rules,
        strategy: &dyn DecodingStrategy,
    ) -> Option<Vec<(usize, u32)>> {
        let next = rows.into_iter().zip(&self.live).map(|(row, live)| NextToken::new(row, &live.tokens, rules));
        let next: Vec<NextToken<'_>> = next.collect::<Option<_>>()?;
        let Choice { continued, ended } = self.search.choose(&self.live, &next);
        for parent in ended {
            let Hypothesis { tokens, log_probability, own_log_probability } = self.live[parent].clone();
            let log_probability = log_probability + next[parent].log_probability(rules.eos);
            self.ended.push(Ended {
                score: strategy.score(log_probability, tokens.len() + 1),
                own_log_probability: own_log_probability + next[parent].own_log_probability(rules.eos),
                finished: tokens.len() < rules.max_length,
                tokens,
            });
        }
        let extended = continued.iter().map(|&(parent, token)| {
            let Hypothesis { tokens, log_probability, own_log_probability } = &self.live[parent];
            Hypothesis {
                tokens: tokens.iter().copied().chain([token]).collect(),
                log_probability: log_probability + next[parent].log_probability(token),
                own_log_probability: own_log_probability + next[parent].own_log_probability(token),
            }
        });
        self.live = extended.collect();
        Some(continued.iter().map(|&(parent, token)| (self.nodes[parent], token)).collect())
    }
}

/// Called after every step with the searches of a batch; whoever answers `Break` stops the generation.
pub(crate) type Watch<'w> = &'w mut dyn FnMut(&[Running]) -> ControlFlow<()>;

/// The batch of a [`run`].
pub(crate) struct Batch<'a> {
    pub(crate) model: &'a Tcvae,
    pub(crate) device: &'a Device,
    pub(crate) strategy: &'a dyn DecodingStrategy,
    pub(crate) rules: Rules,
    pub(crate) state: DecoderState,
    pub(crate) n_sources: usize,
    /// What the searches' jobs are.
    pub(crate) draws: &'a [Draw],
    /// W_z z of every latent, `[J, D]`.
    pub(crate) projected_latents: Tensor<2>,
}

/// Runs the searches to their ends.
///
/// Asynchronous, because a browser cannot wait for a device.
pub(crate) async fn run(mut batch: Batch<'_>, searches: &mut [Running], watch: Watch<'_>) -> Result<(), GenerateError> {
    let mut prefixes: Vec<Prefix> = (0..batch.n_sources).map(Prefix::new).collect();
    let mut inputs = vec![batch.rules.eos; prefixes.len()];
    loop {
        let hidden = batch.model.decode_step(&inputs, &mut prefixes, &mut batch.state);
        let live = || searches.iter().flat_map(|search| search.nodes.iter().map(|&node| (node, search.latent)));
        let (nodes, latents): (Vec<usize>, Vec<usize>) = live().unzip();
        let n_top = batch.n_top();
        let data = batch.logits(hidden, &nodes, &latents, n_top).await?;
        let mut data = data.try_into_vec::<f32>().expect("logits are f32");
        let extensions = advance(&batch, searches, rows(&mut data, nodes.len(), n_top.is_some()))?;
        if watch(searches).is_break() {
            return Err(GenerateError::Stopped);
        }
        if extensions.is_empty() {
            return Ok(());
        }
        give_way().await;
        // Alike beginnings are one node. The map is only asked, never walked, so its order cannot matter.
        let mut known: HashMap<(usize, u32), usize> = HashMap::new();
        let mut next_prefixes = Vec::new();
        inputs.clear();
        let mut numbers = extensions.into_iter().map(|(node, token)| {
            *known.entry((node, token)).or_insert_with(|| {
                next_prefixes.push(prefixes[node].clone());
                inputs.push(token);
                inputs.len() - 1
            })
        });
        for search in searches.iter_mut() {
            search.nodes = numbers.by_ref().take(search.live.len()).collect();
        }
        drop(numbers);
        prefixes = next_prefixes;
    }
}

/// Gives way once: a browser's worker can then hear that it is to stop. A thread that waits just asks again.
async fn give_way() {
    let mut is_given = false;
    let poll = |context: &mut Context<'_>| match std::mem::replace(&mut is_given, true) {
        true => Poll::Ready(()),
        false => {
            context.waker().wake_by_ref();
            Poll::Pending
        }
    };
    std::future::poll_fn(poll).await;
}

/// What was read back, by hypothesis.
fn rows(data: &mut [f32], n_rows: usize, is_top: bool) -> Vec<Logits<'_>> {
    let width = data.len() / n_rows;
    if is_top {
        return data.chunks(width).map(Logits::Top).collect();
    }
    let log_partitions = repartee_kernels::log_sum_exp(data, width);
    data.chunks_mut(width).zip(log_partitions).map(|(row, partition)| Logits::All(row, partition)).collect()
}

/// One step of every search: their extensions as (node, token), in order.
fn advance(
    batch: &Batch<'_>,
    searches: &mut [Running],
    rows: Vec<Logits<'_>>,
) -> Result<Vec<(usize, u32)>, GenerateError> {
    let mut rows = rows.into_iter();
    let live = searches.iter_mut().filter(|search| !search.live.is_empty());
    let tasks: Vec<_> = live.map(|search| (rows.by_ref().take(search.live.len()).collect(), search)).collect();
    let steps = tasks.into_par_iter().map(|(rows, search): (Vec<_>, _)| {
        let extensions = search.step(rows, &batch.rules, batch.strategy);
        extensions.ok_or_else(|| GenerateError::NotFinite { number: batch.draws[search.job].source + 1 })
    });
    let steps: Vec<Result<_, GenerateError>> = steps.collect();
    Ok(steps.into_iter().collect::<Result<Vec<_>, _>>()?.concat())
}

impl Batch<'_> {
    /// How many of the most probable tokens are read back, if not the logits of all: the controls may change any of them,
    /// and for many a device takes longer than the transfer.
    fn n_top(&self) -> Option<usize> {
        const MOST: usize = 64;
        let n_tokens = self.model.embedding.weight.dims()[0];
        let wanted = self.strategy.n_candidates().filter(|_| self.rules.controls == Controls::default());
        wanted.map(|n| (n + N_SPARE).min(n_tokens)).filter(|&n| n <= MOST)
    }

    /// For the next token of every hypothesis, its logits, `[R, V]`, or the highest `n_top` of them; on the host.
    async fn logits(
        &self,
        hidden: Tensor<2>,
        nodes: &[usize],
        latents: &[usize],
        n_top: Option<usize>,
    ) -> Result<TensorData, GenerateError> {
        let projected = self.model.combiner.project_hidden(hidden.unsqueeze_dim::<3>(1)).squeeze_dim::<2>(1);
        let projected = projected.select(0, self.indices(nodes));
        let latents = self.projected_latents.clone().select(0, self.indices(latents));
        let logits = self.model.logits(self.model.combiner.combine_projected(projected, latents));
        let read = match n_top {
            Some(n) => repartee_kernels::top(logits, n, self.rules.eos as usize),
            None => logits,
        };
        read.into_data_async().await.map_err(GenerateError::device)
    }

    fn indices(&self, indices: &[usize]) -> Tensor<1, Int> {
        let indices: Vec<i32> = indices.iter().map(|&idx| i32::try_from(idx).expect("a row fits i32")).collect();
        let n = indices.len();
        Tensor::from_data(TensorData::new(indices, [n]), self.device)
    }
}
