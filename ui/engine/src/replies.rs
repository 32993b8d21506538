//! Replies, streamed.

use std::{cell::Cell, ops::ControlFlow};

use repartee_generate::{Controls, GenerateError, GenerateOptions, Latent, Reply, Strategy};
use repartee_wire::engine::{self as wire, EngineError, GenerateEvent, Presentation};

use crate::{Told, fault, model::Model, pauses::with_pauses};

/// Rounds of draws until enough replies differ.
const MOST_ROUNDS: u64 = 16;

/// Most replies to one request: more would not fit a page.
const MOST_SAMPLES: usize = 64;

/// A strategy as the generator has it. Both have the same JSON.
pub(crate) fn strategy(strategy: &wire::Strategy) -> Result<Strategy, EngineError> {
    let json = serde_json::to_value(strategy).expect("a strategy is plain data");
    serde_json::from_value(json).map_err(|error| fault::invalid(format!("no such strategy: {error}")))
}

fn latent(latent: &wire::Latent) -> Latent {
    let start = Latent::new(latent.z_seed);
    latent.toward.map_or(start, |toward| start.toward(Latent::new(toward.z_seed), toward.share))
}

fn reply(reply: Reply) -> wire::Reply {
    let Latent { z_seed, toward } = reply.latent;
    let toward = toward.map(|toward| wire::Toward { z_seed: toward.z_seed, share: toward.share });
    wire::Reply {
        text: reply.text,
        latent: wire::Latent { z_seed, toward },
        log_probability_nats: reply.log_probability_nats,
        n_tokens: reply.n_tokens,
        finished: reply.finished,
    }
}

/// Answers a [`wire::Generate`].
pub(crate) async fn generate(model: &Model, task: wire::Generate, told: &Told<'_>) -> Result<(), EngineError> {
    let n_samples = if task.latents.is_empty() { task.n_samples } else { task.latents.len() };
    if !(1..=MOST_SAMPLES).contains(&n_samples) {
        return Err(fault::invalid(format!("{n_samples} replies; ask for 1 to {MOST_SAMPLES}")));
    }
    let is_distinct = task.presentation == Presentation::Distinct && task.latents.is_empty();
    let options = GenerateOptions {
        strategy: strategy(&task.strategy)?,
        controls: Controls::default(),
        n_samples,
        max_length: task.max_length,
        seed: task.seed,
    };
    let mut seen: Vec<String> = Vec::new();
    let mut job = Job::new(model, told, options);
    for round in 0..if is_distinct { MOST_ROUNDS } else { 1 } {
        let numbers = round * n_samples as u64..(round + 1) * n_samples as u64;
        let latents = match task.latents.as_slice() {
            [] => numbers.map(|number| Latent::numbered(task.seed, &task.utterance, number)).collect(),
            given => given.iter().map(latent).collect(),
        };
        for reply in job.replies(&task.utterance, latents).await? {
            let is_wanted = !is_distinct || (seen.len() < n_samples && !seen.contains(&reply.text));
            if is_wanted {
                seen.push(reply.text.clone());
                told.event(&GenerateEvent::Reply(reply));
            }
        }
        if seen.len() >= n_samples {
            break;
        }
    }
    job.done();
    Ok(())
}

/// Answers a [`wire::Decode`].
pub(crate) async fn decode(model: &Model, task: wire::Decode, told: &Told<'_>) -> Result<(), EngineError> {
    let options = GenerateOptions {
        strategy: strategy(&task.strategy)?,
        controls: Controls::default(),
        n_samples: task.latents.len(),
        max_length: model.run.decoding.max_length,
        seed: 0,
    };
    let mut job = Job::new(model, told, options);
    for reply in job.replies(&task.utterance, task.latents.iter().map(latent).collect()).await? {
        told.event(&GenerateEvent::Reply(reply));
    }
    job.done();
    Ok(())
}

/// A generation under way.
struct Job<'a> {
    model: &'a Model,
    told: &'a Told<'a>,
    options: GenerateOptions,
    start: f64,
    n_latents: usize,
    n_tokens: usize,
}

impl<'a> Job<'a> {
    fn new(model: &'a Model, told: &'a Told<'a>, options: GenerateOptions) -> Self {
        Self { model, told, options, start: js_sys::Date::now(), n_latents: 0, n_tokens: 0 }
    }

    /// A reply from each latent, told of while they are made.
    async fn replies(&mut self, utterance: &str, latents: Vec<Latent>) -> Result<Vec<wire::Reply>, EngineError> {
        self.n_latents += latents.len();
        let replies = watched(self.model, utterance, latents, &self.options, self.told, true).await?;
        self.n_tokens += replies.iter().map(|reply| reply.n_tokens).sum::<usize>();
        Ok(replies.into_iter().map(reply).collect())
    }

    fn done(self) {
        let milliseconds = js_sys::Date::now() - self.start;
        self.told.event(&GenerateEvent::Done { n_latents: self.n_latents, n_tokens: self.n_tokens, milliseconds });
    }
}

/// A reply from each latent, until it is stopped; with each step told of, or without.
pub(crate) async fn watched(
    model: &Model,
    utterance: &str,
    latents: Vec<Latent>,
    options: &GenerateOptions,
    told: &Told<'_>,
    with_steps: bool,
) -> Result<Vec<Reply>, EngineError> {
    let is_stopped = Cell::new(false);
    let mut watch = |partials: &dyn Fn() -> Vec<repartee_generate::Partial>| {
        is_stopped.set(told.is_stopped());
        if is_stopped.get() {
            return ControlFlow::Break(());
        }
        if with_steps {
            told.event(&GenerateEvent::Step { texts: partials().into_iter().map(|partial| partial.text).collect() });
        }
        ControlFlow::Continue(())
    };
    let (utterances, latents) = ([utterance.to_owned()], [latents]);
    let replies = with_pauses(model.generator().stream(&utterances, &latents, options, &mut watch)).await;
    match replies {
        Ok(replies) => Ok(replies.concat()),
        Err(GenerateError::Device { message }) if message.to_lowercase().contains("memory") => {
            Err(EngineError::new(wire::EngineErrorCode::OutOfMemory, message))
        }
        Err(error) => Err(fault::of_generation(error)),
    }
}
