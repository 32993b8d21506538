//! The latent space of a pair, as points of a plane that move.

use repartee_generate::{Controls, DrawOptions, GenerateOptions, Greedy, Latent, Strategy};
use repartee_projection::{Tsne, correlation, distance, principal_components};
use repartee_wire::engine::{Arrange, EngineError, LatentMap, MapEvent, Point, PointKind};

use crate::{Listener, Speaker, invalid, pause::pause, refusal, replies::watched, tell};

/// Draws decoded together: few enough that a reply to a click does not wait long.
const REPLIES_AT_ONCE: usize = 25;

/// Milliseconds of t-SNE between two events: one picture.
const FRAME_MS: f64 = 24.0;

const MOST_DRAWS: usize = 2000;

/// The last map of a model.
#[expect(missing_debug_implementations, reason = "points by the hundred say nothing")]
pub struct Map {
    latents: Vec<Vec<f64>>,
    tsne: Option<(f64, Tsne)>,
}

/// Answers a [`LatentMap`]; `keep` gets the map that [`arrange`] moves.
///
/// # Errors
/// A side without text, numbers out of range, a stop, a model or a device that is broken.
pub async fn draw(
    speaker: &Speaker<'_>,
    task: &LatentMap,
    listener: &dyn Listener,
    keep: impl FnOnce(Map),
) -> Result<(), EngineError> {
    let &LatentMap { n_prior, n_posterior, seed, .. } = task;
    if n_prior < 2 || n_prior.saturating_add(n_posterior) > MOST_DRAWS {
        return Err(invalid(format!("{n_prior} + {n_posterior} draws; ask for 2 to {MOST_DRAWS} together")));
    }
    let options = DrawOptions { n_prior, n_posterior, seed, max_tokens: speaker.max_side - 1 };
    let draws = speaker.generator.draws(&task.context, &task.response, &options).await;
    let draws = draws.map_err(|error| refusal(&error))?;
    let slices: Vec<&[f64]> = draws.latents.iter().map(Vec::as_slice).collect();
    let places = principal_components(&slices);
    let kind = |number: usize| match number {
        prior if prior < n_prior => PointKind::Prior,
        last if last + 1 == draws.latents.len() => PointKind::PosteriorMean,
        _ => PointKind::Posterior,
    };
    let points = places.iter().enumerate().map(|(number, &place)| Point {
        kind: kind(number),
        place,
        log_probability: draws.log_probabilities[number],
        z_seed: draws.z_seeds.get(number).copied(),
    });
    let mean = slices[slices.len() - 1];
    let distances: Vec<f64> = slices[..n_prior].iter().map(|z| distance(z, mean)).collect();
    let correlation_with_distance = correlation(&draws.log_probabilities[..n_prior], &distances);
    tell(listener, &MapEvent::Points { points: points.collect(), correlation_with_distance });
    keep(Map { latents: draws.latents, tsne: None });
    if task.with_replies {
        tell_replies(speaker, task, &draws.z_seeds, listener).await?;
    }
    tell(listener, &MapEvent::Done {});
    Ok(())
}

async fn tell_replies(
    speaker: &Speaker<'_>,
    task: &LatentMap,
    z_seeds: &[u64],
    listener: &dyn Listener,
) -> Result<(), EngineError> {
    let options = GenerateOptions {
        strategy: Strategy::Greedy(Greedy {}),
        controls: Controls::default(),
        n_samples: REPLIES_AT_ONCE,
        max_length: speaker.max_side,
        seed: task.seed,
    };
    for (number, seeds) in z_seeds.chunks(REPLIES_AT_ONCE).enumerate() {
        let latents = seeds.iter().copied().map(Latent::new).collect();
        let replies = watched(speaker, &task.context, latents, &options, listener, false).await?;
        let texts = replies.into_iter().map(|reply| reply.text).collect();
        tell(listener, &MapEvent::Replies { first: number * REPLIES_AT_ONCE, texts });
        pause().await;
    }
    Ok(())
}

/// Answers an [`Arrange`]. Stopped, it ends as if it were done: the map keeps its place.
///
/// # Errors
/// A perplexity that does not fit the points.
pub async fn arrange(map: &mut Map, task: &Arrange, listener: &dyn Listener) -> Result<(), EngineError> {
    let perplexity = task.perplexity;
    let mut tsne = match map.tsne.take() {
        Some((same, tsne)) if !task.restart && (same - perplexity).abs() < f64::EPSILON => tsne,
        _ => {
            let slices: Vec<&[f64]> = map.latents.iter().map(Vec::as_slice).collect();
            Tsne::new(&slices, perplexity).map_err(|error| invalid(error.to_string()))?
        }
    };
    while !tsne.is_done() && !listener.is_stopped() {
        let frame = listener.now_ms();
        while !tsne.is_done() && listener.now_ms() - frame < FRAME_MS {
            tsne.step();
        }
        let (places, step) = (tsne.places().to_vec(), tsne.n_steps());
        tell(listener, &MapEvent::Moved { places, step, n_steps: Tsne::N_STEPS });
        pause().await;
    }
    map.tsne = Some((perplexity, tsne));
    tell(listener, &MapEvent::Done {});
    Ok(())
}
