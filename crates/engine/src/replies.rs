//! Replies of a loaded run.

use std::ops::ControlFlow;

use repartee_generate::{GenerateError, GenerateOptions, Latent, Reply, Watch, block_on};
use repartee_train::config::DecodingConfig;
use serde::{Deserialize, Serialize};

use crate::{error::EngineError, run::LoadedRun};

/// Which of the replies of many latents are shown, and in what order.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Presentation {
    /// Those of each latent, in the order of the latents.
    EachLatent,
    /// Equal ones merged, the most probable first; see [`repartee_generate::Marginal`].
    Ranked,
    /// So many of the more probable ones that differ most.
    Diverse(usize),
    /// Latents are drawn until `n_samples` replies differ, at most `16 · n_samples` of them, in the order of the latents;
    /// fewer when the model has no more to say. Not with given latents.
    Distinct,
}

/// What to reply with.
#[derive(Clone, Debug)]
pub struct ReplyRequest {
    /// How to generate.
    pub options: GenerateOptions,
    /// The latents; none draws `n_samples` for each utterance.
    pub latents: Option<Vec<Latent>>,
    /// What is shown.
    pub presentation: Presentation,
}

impl LoadedRun {
    /// How the run says that its replies are made.
    pub fn decoding(&self) -> &DecodingConfig {
        &self.run.decoding
    }

    /// Whether an utterance is longer than the [`repartee_generate::MAX_UTTERANCE_TOKENS`] tokens that are read of it.
    ///
    /// # Errors
    /// When its tokens cannot be told.
    pub fn is_cut(&self, utterance: &str) -> Result<bool, EngineError> {
        Ok(self.generator().is_cut(utterance)?)
    }

    /// Replies to each utterance. `watch` is called after every step with the replies as they stand; `Break` stops.
    ///
    /// # Errors
    /// An utterance that cannot be answered, options out of range, or [`repartee_generate::GenerateError::Stopped`].
    pub fn reply(
        &self,
        utterances: &[String],
        request: &ReplyRequest,
        watch: Watch<'_>,
    ) -> Result<Vec<Vec<Reply>>, EngineError> {
        let ReplyRequest { options, latents, presentation } = request;
        let latents: Vec<Vec<Latent>> = utterances
            .iter()
            .map(|text| latents.clone().unwrap_or_else(|| numbered(options, text, 0..options.n_samples as u64)))
            .collect();
        let generator = self.generator();
        let replies = match *presentation {
            Presentation::EachLatent => block_on(generator.stream(utterances, &latents, options, watch)),
            Presentation::Ranked => block_on(generator.sets(utterances, &latents, options, None, watch)),
            Presentation::Diverse(n) => block_on(generator.sets(utterances, &latents, options, Some(n), watch)),
            Presentation::Distinct => {
                return utterances.iter().map(|text| self.distinct_replies(text, options, watch)).collect();
            }
        };
        Ok(replies?)
    }

    /// Replies to each utterance from `n_samples` latents, in the order of the latents.
    ///
    /// # Errors
    /// As [`LoadedRun::reply`].
    pub fn replies(&self, utterances: &[String], options: &GenerateOptions) -> Result<Vec<Vec<Reply>>, EngineError> {
        Ok(self.generator().replies(utterances, options)?)
    }

    /// log p(y|x,z) of a reply under each latent, `</s>` included, in nats.
    ///
    /// # Errors
    /// Texts without tokens, or a model with broken weights.
    pub fn score(&self, context: &str, response: &str, latents: &[Latent]) -> Result<Vec<f64>, EngineError> {
        let encode = |text: &str| match self.vocabulary.encode(text) {
            Ok(tokens) if tokens.is_empty() => Err(GenerateError::EmptyUtterance { number: 1 }.into()),
            tokens => Ok::<_, EngineError>(tokens?),
        };
        let (source, reply) = ([encode(context)?, vec![self.vocabulary.eos()]].concat(), encode(response)?);
        let noise: Vec<_> = latents.iter().map(|latent| latent.noise(self.model.config().latent_size)).collect();
        let watch = &mut || ControlFlow::Continue(());
        let scores = block_on(self.generator().decoder().log_probabilities(&source, &[&reply], &noise, watch))?;
        Ok(scores.into_iter().flatten().collect())
    }

    /// `n_samples` replies that differ: latents are drawn until there are enough, at most `16 · n_samples` of them.
    /// Fewer replies come back when the model has no more to say.
    ///
    /// # Errors
    /// As [`LoadedRun::reply`].
    pub fn distinct_replies(
        &self,
        utterance: &str,
        options: &GenerateOptions,
        watch: Watch<'_>,
    ) -> Result<Vec<Reply>, EngineError> {
        let n_samples = options.n_samples as u64;
        let utterances = [utterance.to_owned()];
        let mut distinct: Vec<Reply> = Vec::new();
        for round in 0..16 {
            let latents = [numbered(options, utterance, round * n_samples..(round + 1) * n_samples)];
            for reply in block_on(self.generator().stream(&utterances, &latents, options, watch))?.remove(0) {
                if distinct.len() < options.n_samples && distinct.iter().all(|other| other.text != reply.text) {
                    distinct.push(reply);
                }
            }
            if distinct.len() == options.n_samples {
                break;
            }
        }
        Ok(distinct)
    }
}

fn numbered(options: &GenerateOptions, utterance: &str, numbers: std::ops::Range<u64>) -> Vec<Latent> {
    numbers.map(|number| Latent::numbered(options.seed, utterance, number)).collect()
}

/// For generations that nobody watches.
pub fn unwatched(_: &dyn Fn() -> Vec<repartee_generate::Partial>) -> ControlFlow<()> {
    ControlFlow::Continue(())
}
