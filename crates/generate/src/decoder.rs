//! Tokens in, tokens out: which searches run together, and what comes out of each.

use std::{cmp::Ordering, ops::ControlFlow};

use burn::tensor::{Device, Int, Tensor, TensorData};
use rand_chacha::ChaCha8Rng;
use repartee_model::{Pass, Tcvae, TokenBatch, batch::Specials, random::Dropout};

use crate::{
    batches::{Job, batches},
    error::GenerateError,
    next_token::Rules,
    reply::GenerateOptions,
    search::{Batch, Ended, Running, run},
};

/// A model as a decoder of tokens.
#[derive(Clone, Copy, Debug)]
pub struct Decoder<'a> {
    /// The model, without autodiff.
    pub model: &'a Tcvae,
    /// Its device.
    pub device: &'a Device,
    /// Its special tokens.
    pub specials: Specials,
}

/// One search to make.
#[derive(Clone, Debug)]
pub struct Draw {
    /// Which source is answered.
    pub source: usize,
    /// ε of its latent, `[Z]`.
    pub noise: Vec<f32>,
    /// Draws of tokens, for strategies that draw.
    pub tokens: ChaCha8Rng,
}

/// The state after a step of a batch.
#[expect(missing_debug_implementations, reason = "searches are opaque")]
pub struct Step<'a> {
    running: &'a [Running],
}

impl Step<'_> {
    /// The searches of the batch by the numbers of their draws, each with the tokens that it has so far: of several
    /// hypotheses, the best one's.
    pub fn partials(&self) -> impl Iterator<Item = (usize, &[u32])> {
        self.running.iter().filter_map(|search| {
            let ended = || search.ended.first().map(|ended| &ended.tokens);
            let tokens = search.best_live().map(|live| &live.tokens).or_else(ended)?;
            Some((search.job, tokens.as_slice()))
        })
    }
}

impl Decoder<'_> {
    /// The best hypotheses of each draw; at equal scores, the one that ended first. `sources` are tokens with `</s>`.
    /// After each step `watch` is asked whether to go on.
    ///
    /// # Errors
    /// [`GenerateError::NotFinite`], [`GenerateError::Stopped`].
    pub async fn decode(
        &self,
        sources: &[Vec<u32>],
        draws: &[Draw],
        options: &GenerateOptions,
        watch: &mut dyn FnMut(&Step<'_>) -> ControlFlow<()>,
    ) -> Result<Vec<Vec<Ended>>, GenerateError> {
        options.validate()?;
        let strategy = options.strategy.strategy();
        let jobs = draws.iter().enumerate().map(|(number, draw)| Job { number, source: draw.source });
        let jobs: Vec<Job> = jobs.collect();
        let lengths: Vec<usize> = sources.iter().map(Vec::len).collect();
        let mut all = vec![Vec::new(); draws.len()];
        for jobs in batches(&jobs, &lengths, strategy.width()) {
            let (batch, mut searches) = self.start(&jobs, sources, draws, options);
            run(batch, &mut searches, &mut |running| watch(&Step { running })).await?;
            for Running { job, mut ended, .. } in searches {
                ended.sort_by(|a, b| b.score.partial_cmp(&a.score).unwrap_or(Ordering::Equal));
                ended.truncate(strategy.n_best());
                all[job] = ended;
            }
        }
        Ok(all)
    }

    /// Encodes the sources of a batch, each once, and draws its latents.
    fn start<'b>(
        &'b self,
        jobs: &[Job],
        sources: &[Vec<u32>],
        draws: &'b [Draw],
        options: &'b GenerateOptions,
    ) -> (Batch<'b>, Vec<Running>) {
        let strategy = options.strategy.strategy();
        let Specials { pad, eos } = self.specials;
        let mut own_sources: Vec<Vec<u32>> = Vec::new();
        let (mut last, mut rows) = (None, Vec::new());
        let (mut noise, mut searches) = (Vec::<f32>::new(), Vec::new());
        for (row, job) in jobs.iter().enumerate() {
            if last != Some(job.source) {
                last = Some(job.source);
                own_sources.push(sources[job.source].clone());
            }
            let (source, draw) = (own_sources.len() - 1, &draws[job.number]);
            rows.push(i32::try_from(source).expect("a batch is small"));
            noise.extend(&draw.noise);
            searches.push(Running::new(job.number, row, source, strategy.start(draw.tokens.clone())));
        }
        let tokens = TokenBatch::new(&own_sources, pad, 0, self.device);
        let encoded = self.model.encode(&tokens, &mut Pass::plain());
        let prior = self.model.prior(self.model.context(&encoded, &mut Dropout::off()));
        let rows: Tensor<1, Int> = Tensor::from_data(TensorData::new(rows, [jobs.len()]), self.device);
        let latent_size = self.model.config().latent_size;
        let noise = Tensor::from_data(TensorData::new(noise, [jobs.len(), latent_size]), self.device);
        let z = prior.select(&rows).sample(noise);
        let batch = Batch {
            model: self.model,
            device: self.device,
            strategy,
            rules: Rules { pad, eos, max_length: options.max_length, controls: options.controls },
            state: self.model.start_decoding(&tokens, &encoded),
            n_sources: own_sources.len(),
            draws,
            projected_latents: self.model.combiner.project_latent(z),
        };
        (batch, searches)
    }
}
