//! The latent space of a pair, as points of a plane that move.

use repartee_generate::{Controls, DrawOptions, GenerateOptions, Greedy, Latent, Strategy};
use repartee_projection::{Tsne, correlation, distance, principal_components};
use repartee_wire::engine::{Arrange, EngineError, LatentMap, MapEvent, Point, PointKind};

use crate::{
    Told, fault,
    model::Model,
    pauses::{hear_messages, with_pauses},
    replies::watched,
};

/// Draws decoded together: few enough that a reply to a click does not wait long.
const REPLIES_AT_ONCE: usize = 25;

/// Milliseconds of t-SNE between two events: one picture.
const FRAME_MS: f64 = 24.0;

const MOST_DRAWS: usize = 2000;

/// The last map of a model.
pub(crate) struct Map {
    latents: Vec<Vec<f64>>,
    tsne: Option<(f64, Tsne)>,
}

/// Answers a [`LatentMap`]; gives the map that [`arrange`] moves.
pub(crate) async fn draw(
    model: &Model,
    task: &LatentMap,
    told: &Told<'_>,
    keep: impl FnOnce(Map),
) -> Result<(), EngineError> {
    let &LatentMap { n_prior, n_posterior, seed, .. } = task;
    if n_prior < 2 || n_prior + n_posterior > MOST_DRAWS {
        return Err(fault::invalid(format!("{n_prior} + {n_posterior} draws; ask for 2 to {MOST_DRAWS} together")));
    }
    let options = DrawOptions { n_prior, n_posterior, seed, max_tokens: model.run.batch.max_length - 1 };
    let generator = model.generator();
    let draws = with_pauses(generator.draws(&task.context, &task.response, &options)).await;
    let draws = draws.map_err(fault::of_generation)?;
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
    told.event(&MapEvent::Points { points: points.collect(), correlation_with_distance });
    keep(Map { latents: draws.latents, tsne: None });
    if task.with_replies {
        tell_replies(model, task, &draws.z_seeds, told).await?;
    }
    told.event(&MapEvent::Done {});
    Ok(())
}

async fn tell_replies(model: &Model, task: &LatentMap, z_seeds: &[u64], told: &Told<'_>) -> Result<(), EngineError> {
    let options = GenerateOptions {
        strategy: Strategy::Greedy(Greedy {}),
        controls: Controls::default(),
        n_samples: REPLIES_AT_ONCE,
        max_length: model.run.batch.max_length,
        seed: task.seed,
    };
    for (number, seeds) in z_seeds.chunks(REPLIES_AT_ONCE).enumerate() {
        let latents = seeds.iter().copied().map(Latent::new).collect();
        let replies = watched(model, &task.context, latents, &options, told, false).await?;
        let texts = replies.into_iter().map(|reply| reply.text).collect();
        told.event(&MapEvent::Replies { first: number * REPLIES_AT_ONCE, texts });
        hear_messages().await;
    }
    Ok(())
}

/// Answers an [`Arrange`]; `map` is taken from its place meanwhile and given back.
pub(crate) async fn arrange(map: &mut Map, task: &Arrange, told: &Told<'_>) -> Result<(), EngineError> {
    let perplexity = task.perplexity;
    let mut tsne = match map.tsne.take() {
        Some((same, tsne)) if !task.restart && (same - perplexity).abs() < f64::EPSILON => tsne,
        _ => {
            let slices: Vec<&[f64]> = map.latents.iter().map(Vec::as_slice).collect();
            Tsne::new(&slices, perplexity).map_err(|error| fault::invalid(error.to_string()))?
        }
    };
    while !tsne.is_done() && !told.is_stopped() {
        let frame = js_sys::Date::now();
        while !tsne.is_done() && js_sys::Date::now() - frame < FRAME_MS {
            tsne.step();
        }
        let (places, step) = (tsne.places().to_vec(), tsne.n_steps());
        told.event(&MapEvent::Moved { places, step, n_steps: Tsne::N_STEPS });
        hear_messages().await;
    }
    map.tsne = Some((perplexity, tsne));
    told.event(&MapEvent::Done {});
    Ok(())
}
