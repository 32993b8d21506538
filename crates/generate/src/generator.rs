//! From texts to replies.

use std::{cmp::Ordering, ops::ControlFlow, task};

use burn::tensor::{Device, Int, Tensor, TensorData};
use repartee_corpus::Vocabulary;
use repartee_model::{Pass, Tcvae, TokenBatch, random::Dropout};

use crate::{
    batches::{Job, batches},
    error::GenerateError,
    latent::Latent,
    next_token::Rules,
    reply::{GenerateOptions, Reply},
    search::{Batch, Ended, Running, run},
};

/// Utterances are read up to this many tokens, `</s>` left out; what follows is not read. Far beyond anything seen in
/// training.
pub const MAX_UTTERANCE_TOKENS: usize = 1024;

/// A model with what it needs to speak.
#[derive(Clone, Copy, Debug)]
pub struct Generator<'a> {
    /// The model, without autodiff.
    pub model: &'a Tcvae,
    /// Its vocabulary.
    pub vocabulary: &'a Vocabulary,
    /// Its device.
    pub device: &'a Device,
}

/// A reply in the making.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Partial {
    /// Which utterance.
    pub utterance: usize,
    /// Which of its latents.
    pub sample: usize,
    /// The text so far; of several hypotheses, the best one's.
    pub text: String,
}

/// The state after a step of a batch.
#[expect(missing_debug_implementations, reason = "searches are opaque")]
pub struct Step<'a> {
    generator: &'a Generator<'a>,
    running: &'a [Running],
    owners: &'a [Owner],
}

impl Step<'_> {
    /// The replies of the batch as they stand.
    pub fn partials(&self) -> Vec<Partial> {
        let partial = |search: &Running| {
            let Owner { utterance, sample, .. } = self.owners[search.job];
            let tokens = match search.ended.first() {
                Some(ended) if search.best_live().is_none() => &ended.tokens,
                _ => &search.best_live()?.tokens,
            };
            Some(Partial { utterance, sample, text: self.generator.vocabulary.decode(tokens).ok()? })
        };
        self.running.iter().filter_map(partial).collect()
    }
}

/// What a search is for.
#[derive(Clone, Copy)]
struct Owner {
    utterance: usize,
    sample: usize,
    latent: Latent,
}

impl Generator<'_> {
    /// Replies to each utterance from `n_samples` latents, in the order of the latents. A reply depends on its utterance,
    /// its latent and the options alone, not on what else is generated with it.
    ///
    /// # Errors
    /// Options out of range, an utterance without tokens, or a model with broken weights.
    pub fn replies(&self, utterances: &[String], options: &GenerateOptions) -> Result<Vec<Vec<Reply>>, GenerateError> {
        let numbered = |text: &String| {
            (0..options.n_samples as u64).map(|sample| Latent::numbered(options.seed, text, sample)).collect()
        };
        let latents: Vec<Vec<Latent>> = utterances.iter().map(numbered).collect();
        self.replies_from(utterances, &latents, options)
    }

    /// As [`Generator::replies`], from these latents.
    ///
    /// # Errors
    /// As [`Generator::replies`].
    pub fn replies_from(
        &self,
        utterances: &[String],
        latents: &[Vec<Latent>],
        options: &GenerateOptions,
    ) -> Result<Vec<Vec<Reply>>, GenerateError> {
        block_on(self.stream(utterances, latents, options, &mut |_| ControlFlow::Continue(())))
    }

    /// As [`Generator::replies_from`]; `watch` is called after each step and stops the generation with `Break`. This is
    /// the form for browsers, where nothing may block.
    ///
    /// # Errors
    /// As [`Generator::replies`], and [`GenerateError::Stopped`].
    pub async fn stream(
        &self,
        utterances: &[String],
        latents: &[Vec<Latent>],
        options: &GenerateOptions,
        watch: &mut dyn FnMut(&Step<'_>) -> ControlFlow<()>,
    ) -> Result<Vec<Vec<Reply>>, GenerateError> {
        options.validate()?;
        let sources = self.sources(utterances)?;
        let owners = latents.iter().enumerate().flat_map(|(utterance, latents)| {
            let latents = latents.iter().enumerate();
            latents.map(move |(sample, &latent)| Owner { utterance, sample, latent })
        });
        let owners: Vec<Owner> = owners.collect();
        let jobs = owners.iter().enumerate().map(|(number, owner)| Job { number, utterance: owner.utterance });
        let jobs: Vec<Job> = jobs.collect();
        let lengths: Vec<usize> = sources.iter().map(Vec::len).collect();
        let strategy = options.strategy.strategy();
        let mut ended: Vec<Vec<Ended>> = vec![Vec::new(); jobs.len()];
        for jobs in batches(&jobs, &lengths, strategy.width()) {
            let (batch, mut searches) = self.start(&jobs, &sources, &owners, options);
            let mut watch = |running: &[Running]| watch(&Step { generator: self, running, owners: &owners });
            run(batch, &mut searches, &mut watch).await.map_err(|failure| match failure {
                Ok(job) => GenerateError::NotFinite { number: owners[job].utterance + 1 },
                Err(error) => error,
            })?;
            for search in searches {
                ended[search.job] = search.ended;
            }
        }
        let mut replies = vec![Vec::new(); utterances.len()];
        for (ended, Owner { utterance, latent, .. }) in ended.into_iter().zip(owners) {
            replies[utterance].extend(self.ranked(ended, latent, options)?);
        }
        Ok(replies)
    }

    /// The best hypotheses of a search; at equal scores, the one that ended first.
    fn ranked(
        &self,
        mut ended: Vec<Ended>,
        latent: Latent,
        options: &GenerateOptions,
    ) -> Result<Vec<Reply>, GenerateError> {
        ended.sort_by(|a, b| b.score.partial_cmp(&a.score).unwrap_or(Ordering::Equal));
        ended.truncate(options.strategy.strategy().n_best());
        let replies = ended.into_iter().enumerate().map(|(hypothesis, ended)| {
            Ok(Reply {
                text: self.vocabulary.decode(&ended.tokens)?,
                latent,
                hypothesis,
                score: ended.score,
                log_probability_nats: ended.own_log_probability,
                n_tokens: ended.tokens.len() + 1,
                finished: ended.finished,
            })
        });
        replies.collect()
    }

    /// The utterances' tokens with `</s>`.
    fn sources(&self, utterances: &[String]) -> Result<Vec<Vec<u32>>, GenerateError> {
        let source = |(idx, text): (usize, &String)| {
            let mut ids = self.vocabulary.encode(text)?;
            if ids.is_empty() {
                return Err(GenerateError::EmptyUtterance { number: idx + 1 });
            }
            ids.truncate(MAX_UTTERANCE_TOKENS);
            ids.push(self.vocabulary.eos());
            Ok(ids)
        };
        utterances.iter().enumerate().map(source).collect()
    }

    /// Encodes the utterances of a batch, each once, and draws its latents.
    fn start<'b>(
        &'b self,
        jobs: &[Job],
        sources: &[Vec<u32>],
        owners: &[Owner],
        options: &'b GenerateOptions,
    ) -> (Batch<'b>, Vec<Running>) {
        let strategy = options.strategy.strategy();
        let mut own_sources: Vec<Vec<u32>> = Vec::new();
        let (mut last, mut rows) = (None, Vec::new());
        let (mut noise, mut searches) = (Vec::new(), Vec::new());
        let latent_size = self.model.config().latent_size;
        for (row, job) in jobs.iter().enumerate() {
            if last != Some(job.utterance) {
                last = Some(job.utterance);
                own_sources.push(sources[job.utterance].clone());
            }
            let (source, latent) = (own_sources.len() - 1, owners[job.number].latent);
            rows.push(i32::try_from(source).expect("a batch is small"));
            noise.extend(latent.noise(latent_size));
            searches.push(Running::new(job.number, row, source, strategy.start(latent.token_stream())));
        }
        let tokens = TokenBatch::new(&own_sources, self.vocabulary.pad(), 0, self.device);
        let encoded = self.model.encode(&tokens, &mut Pass::plain());
        let prior = self.model.prior(self.model.context(&encoded, &mut Dropout::off()));
        let rows: Tensor<1, Int> = Tensor::from_data(TensorData::new(rows, [jobs.len()]), self.device);
        let noise = Tensor::from_data(TensorData::new(noise, [jobs.len(), latent_size]), self.device);
        let z = prior.select(&rows).sample(noise);
        let rules = Rules {
            pad: self.vocabulary.pad(),
            eos: self.vocabulary.eos(),
            max_length: options.max_length,
            controls: options.controls,
        };
        let batch = Batch {
            model: self.model,
            device: self.device,
            strategy,
            rules,
            state: self.model.start_decoding(&tokens, &encoded),
            n_sources: own_sources.len(),
            projected_latents: self.model.combiner.project_latent(z),
        };
        (batch, searches)
    }
}

/// Waits for a future on this thread. Native devices are ready when they are asked again.
pub fn block_on<T>(future: impl Future<Output = T>) -> T {
    let mut future = std::pin::pin!(future);
    let mut context = task::Context::from_waker(task::Waker::noop());
    loop {
        if let task::Poll::Ready(value) = future.as_mut().poll(&mut context) {
            return value;
        }
        std::thread::yield_now();
    }
}
