//! Replies, streamed.

use std::ops::ControlFlow;

use repartee_generate::{Controls, GenerateOptions, Latent, Partial, Reply, Strategy};
use repartee_wire::engine::{self as wire, EngineError, GenerateEvent, Presentation};

use crate::{Listener, Speaker, invalid, refusal, tell};

/// Rounds of draws until enough replies differ.
const MOST_ROUNDS: u64 = 16;

/// Most replies to one request: more would not fit a page.
const MOST_SAMPLES: usize = 64;

/// A strategy as the generator has it. Both have the same JSON.
fn strategy(strategy: &wire::Strategy) -> Result<Strategy, EngineError> {
    let json = serde_json::to_value(strategy).expect("a strategy is plain data");
    serde_json::from_value(json).map_err(|error| invalid(format!("no such strategy: {error}")))
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
///
/// # Errors
/// An utterance without text, options out of range, a stop, a model or a device that is broken.
pub async fn generate(speaker: &Speaker<'_>, task: wire::Generate, listener: &dyn Listener) -> Result<(), EngineError> {
    let n_samples = if task.latents.is_empty() { task.n_samples } else { task.latents.len() };
    check_number(n_samples)?;
    let is_distinct = task.presentation == Presentation::Distinct && task.latents.is_empty();
    let options = GenerateOptions {
        strategy: strategy(&task.strategy)?,
        controls: Controls::default(),
        n_samples,
        max_length: task.max_length,
        seed: task.seed,
    };
    let mut seen: Vec<String> = Vec::new();
    let mut job = Job::new(speaker, listener, options);
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
                tell(listener, &GenerateEvent::Reply(reply));
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
///
/// # Errors
/// As [`generate`].
pub async fn decode(speaker: &Speaker<'_>, task: wire::Decode, listener: &dyn Listener) -> Result<(), EngineError> {
    check_number(task.latents.len())?;
    let options = GenerateOptions {
        strategy: strategy(&task.strategy)?,
        controls: Controls::default(),
        n_samples: task.latents.len(),
        max_length: speaker.max_length,
        seed: 0,
    };
    let mut job = Job::new(speaker, listener, options);
    for reply in job.replies(&task.utterance, task.latents.iter().map(latent).collect()).await? {
        tell(listener, &GenerateEvent::Reply(reply));
    }
    job.done();
    Ok(())
}

fn check_number(n_samples: usize) -> Result<(), EngineError> {
    let is_right = (1..=MOST_SAMPLES).contains(&n_samples);
    if is_right { Ok(()) } else { Err(invalid(format!("{n_samples} replies; ask for 1 to {MOST_SAMPLES}"))) }
}

/// A generation under way.
struct Job<'a> {
    speaker: &'a Speaker<'a>,
    listener: &'a dyn Listener,
    options: GenerateOptions,
    start_ms: f64,
    n_latents: usize,
    n_tokens: usize,
}

impl<'a> Job<'a> {
    fn new(speaker: &'a Speaker<'a>, listener: &'a dyn Listener, options: GenerateOptions) -> Self {
        Self { speaker, listener, options, start_ms: listener.now_ms(), n_latents: 0, n_tokens: 0 }
    }

    /// A reply from each latent, told of while they are made.
    async fn replies(&mut self, utterance: &str, latents: Vec<Latent>) -> Result<Vec<wire::Reply>, EngineError> {
        self.n_latents += latents.len();
        let replies = watched(self.speaker, utterance, latents, &self.options, self.listener, true).await?;
        self.n_tokens += replies.iter().map(|reply| reply.n_tokens).sum::<usize>();
        Ok(replies.into_iter().map(reply).collect())
    }

    fn done(self) {
        let milliseconds = self.listener.now_ms() - self.start_ms;
        let Self { n_latents, n_tokens, .. } = self;
        tell(self.listener, &GenerateEvent::Done { n_latents, n_tokens, milliseconds });
    }
}

/// A reply from each latent, until it is stopped; with each step told of, or without.
pub(crate) async fn watched(
    speaker: &Speaker<'_>,
    utterance: &str,
    latents: Vec<Latent>,
    options: &GenerateOptions,
    listener: &dyn Listener,
    with_steps: bool,
) -> Result<Vec<Reply>, EngineError> {
    let mut watch = |partials: &dyn Fn() -> Vec<Partial>| {
        if listener.is_stopped() {
            return ControlFlow::Break(());
        }
        if with_steps {
            let texts = partials().into_iter().map(|partial| partial.text).collect();
            tell(listener, &GenerateEvent::Step { texts });
        }
        ControlFlow::Continue(())
    };
    let (utterances, latents) = ([utterance.to_owned()], [latents]);
    let replies = speaker.generator.stream(&utterances, &latents, options, &mut watch).await;
    Ok(replies.map_err(|error| refusal(&error))?.concat())
}
