//! From texts to replies.

use std::{ops::ControlFlow, task};

use burn::tensor::Device;
use repartee_corpus::Vocabulary;
use repartee_model::{Tcvae, batch::Specials};

use crate::{
    decoder::{Decoder, Draw, Step},
    error::GenerateError,
    latent::Latent,
    reply::{GenerateOptions, Reply},
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

/// Hears the replies of a batch as they stand after each step; `Break` stops the generation.
pub type Watch<'w> = &'w mut dyn FnMut(&dyn Fn() -> Vec<Partial>) -> ControlFlow<()>;

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

    /// As [`Generator::replies_from`]; `watch` is called after each step. This is the form for browsers, where nothing
    /// may block.
    ///
    /// # Errors
    /// As [`Generator::replies`], and [`GenerateError::Stopped`].
    pub async fn stream(
        &self,
        utterances: &[String],
        latents: &[Vec<Latent>],
        options: &GenerateOptions,
        watch: Watch<'_>,
    ) -> Result<Vec<Vec<Reply>>, GenerateError> {
        let sources = self.sources(utterances)?;
        let owners = latents.iter().enumerate().flat_map(|(utterance, latents)| {
            let latents = latents.iter().enumerate();
            latents.map(move |(sample, &latent)| Owner { utterance, sample, latent })
        });
        let owners: Vec<Owner> = owners.collect();
        let latent_size = self.model.config().latent_size;
        let draws = owners.iter().map(|&Owner { utterance: source, latent, .. }| Draw {
            source,
            noise: latent.noise(latent_size),
            tokens: latent.token_stream(),
        });
        let draws: Vec<Draw> = draws.collect();
        let mut watch = |step: &Step<'_>| watch(&|| self.partials(step, &owners));
        let ended = self.decoder().decode(&sources, &draws, options, &mut watch).await?;
        let mut replies = vec![Vec::new(); utterances.len()];
        for (ended, Owner { utterance, latent, .. }) in ended.into_iter().zip(&owners) {
            for (hypothesis, ended) in ended.into_iter().enumerate() {
                replies[*utterance].push(Reply {
                    text: self.vocabulary.decode(&ended.tokens)?,
                    latent: *latent,
                    hypothesis,
                    score: ended.score,
                    log_probability_nats: ended.own_log_probability,
                    n_tokens: ended.tokens.len() + 1,
                    finished: ended.finished,
                    marginal: None,
                    also_from: Vec::new(),
                    tokens: ended.tokens,
                });
            }
        }
        Ok(replies)
    }

    /// Whether an utterance is longer than what is read of it.
    ///
    /// # Errors
    /// When its tokens cannot be told.
    pub fn is_cut(&self, utterance: &str) -> Result<bool, GenerateError> {
        Ok(self.vocabulary.encode(utterance)?.len() > MAX_UTTERANCE_TOKENS)
    }

    /// The decoder of tokens below.
    pub fn decoder(&self) -> Decoder<'_> {
        let specials = Specials { pad: self.vocabulary.pad(), eos: self.vocabulary.eos() };
        Decoder { model: self.model, device: self.device, specials }
    }

    fn partials(&self, step: &Step<'_>, owners: &[Owner]) -> Vec<Partial> {
        let partial = |(draw, tokens): (usize, &[u32])| {
            let Owner { utterance, sample, .. } = owners[draw];
            Some(Partial { utterance, sample, text: self.vocabulary.decode(tokens).ok()? })
        };
        step.partials().filter_map(partial).collect()
    }

    /// The utterances' tokens with `</s>`.
    pub(crate) fn sources(&self, utterances: &[String]) -> Result<Vec<Vec<u32>>, GenerateError> {
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
}

/// What a search is for.
#[derive(Clone, Copy)]
struct Owner {
    utterance: usize,
    sample: usize,
    latent: Latent,
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
