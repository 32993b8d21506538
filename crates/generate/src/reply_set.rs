//! From the replies of many latents to a set for a reader: duplicates merged, ranked by how probable they are whatever
//! the latent, and, if wanted, few that differ.

use std::{cmp::Ordering, collections::BTreeMap, ops::ControlFlow};

use serde::{Deserialize, Serialize};

use crate::{
    error::GenerateError,
    generator::{Generator, Watch},
    latent::Latent,
    reply::{GenerateOptions, Reply},
};

/// Latents over which a reply's probability is averaged: the first so many that were drawn. Scoring all replies under all
/// latents grows with the square of their number; from here on it would take longer than making the replies.
pub const MAX_MARGINAL_LATENTS: usize = 16;

/// How probable a reply is whatever the latent.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Marginal {
    /// log (1/K) Σ_k p(y|x,z_k), z_k ~ p(z|x), in nats.
    pub log_probability_nats: f64,
    /// K: the latents that were drawn, at most [`MAX_MARGINAL_LATENTS`].
    pub n_latents: usize,
    /// What the set is ranked by: the strategy's score of that probability, for beam search log p / length^α.
    pub score: f64,
}

impl Generator<'_> {
    /// A set of replies to each utterance: those of its latents, equal texts merged, the most probable first. With
    /// `diverse`, so many of the more probable half (or as many as are wanted, if that is more) that differ most: the
    /// first, then always the one that is least like those before.
    ///
    /// # Errors
    /// As [`Generator::stream`].
    pub async fn sets(
        &self,
        utterances: &[String],
        latents: &[Vec<Latent>],
        options: &GenerateOptions,
        diverse: Option<usize>,
        watch: Watch<'_>,
    ) -> Result<Vec<Vec<Reply>>, GenerateError> {
        let replies = self.stream(utterances, latents, options, watch).await?;
        let mut sets = Vec::with_capacity(replies.len());
        for (number, ((utterance, latents), replies)) in (1..).zip(utterances.iter().zip(latents).zip(replies)) {
            let merged = merged(replies);
            let ranked =
                self.ranked(utterance, merged, latents, options, &mut || watch(&Vec::new)).await.map_err(|error| {
                    match error {
                        GenerateError::NotFinite { .. } => GenerateError::NotFinite { number },
                        error => error,
                    }
                })?;
            sets.push(match diverse {
                Some(n) => farthest(ranked, n),
                None => ranked,
            });
        }
        Ok(sets)
    }

    async fn ranked(
        &self,
        utterance: &String,
        mut replies: Vec<Reply>,
        latents: &[Latent],
        options: &GenerateOptions,
        watch: &mut dyn FnMut() -> ControlFlow<()>,
    ) -> Result<Vec<Reply>, GenerateError> {
        if replies.is_empty() {
            return Ok(replies);
        }
        let latents = &latents[..latents.len().min(MAX_MARGINAL_LATENTS)];
        let noise: Vec<_> = latents.iter().map(|latent| latent.noise(self.model.config().latent_size)).collect();
        let source = self.sources(std::slice::from_ref(utterance))?.remove(0);
        let tokens: Vec<&[u32]> = replies.iter().map(|reply| reply.tokens.as_slice()).collect();
        let scores = self.decoder().log_probabilities(&source, &tokens, &noise, watch).await?;
        for (reply, scores) in replies.iter_mut().zip(scores) {
            let log_probability_nats = log_mean_exp(&scores);
            let score = options.strategy.strategy().score(log_probability_nats, reply.n_tokens);
            reply.marginal = Some(Marginal { log_probability_nats, n_latents: latents.len(), score });
        }
        let score = |reply: &Reply| reply.marginal.map_or(f64::NEG_INFINITY, |marginal| marginal.score);
        replies.sort_by(|a, b| score(b).partial_cmp(&score(a)).unwrap_or(Ordering::Equal));
        Ok(replies)
    }
}

/// log (1/n) Σ exp(x).
fn log_mean_exp(x: &[f64]) -> f64 {
    let max = x.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    max + (x.iter().map(|x| (x - max).exp()).sum::<f64>() / x.len() as f64).ln()
}

/// One reply of each text, the one with the best score, with the latents of the others; in the order of first
/// occurrence.
fn merged(replies: Vec<Reply>) -> Vec<Reply> {
    let mut place: BTreeMap<String, usize> = BTreeMap::new();
    let mut merged: Vec<Reply> = Vec::new();
    for reply in replies {
        match place.get(&reply.text) {
            None => {
                place.insert(reply.text.clone(), merged.len());
                merged.push(reply);
            }
            Some(&place) => {
                let kept = &mut merged[place];
                let mut other = reply;
                if other.score > kept.score {
                    std::mem::swap(kept, &mut other);
                    kept.also_from = std::mem::take(&mut other.also_from);
                }
                kept.also_from.push(other.latent);
            }
        }
    }
    merged
}

/// `n` of the ranked replies; see [`Generator::sets`].
fn farthest(ranked: Vec<Reply>, n: usize) -> Vec<Reply> {
    let n_likely = ranked.len().div_ceil(2).max(n).min(ranked.len());
    let mut left: Vec<(f64, Reply)> = ranked.into_iter().take(n_likely).map(|reply| (f64::INFINITY, reply)).collect();
    let mut chosen: Vec<Reply> = Vec::new();
    while chosen.len() < n && !left.is_empty() {
        // The first of the farthest: at equal distances the more probable one.
        let mut place = 0;
        for idx in 1..left.len() {
            if left[idx].0 > left[place].0 {
                place = idx;
            }
        }
        let (_, next) = left.remove(place);
        for (nearest, reply) in &mut left {
            *nearest = nearest.min(distance(&next.tokens, &reply.tokens));
        }
        chosen.push(next);
    }
    chosen
}

/// 1 − the Dice coefficient of two replies' multisets of pieces and pairs of pieces: 0 for equal, 1 for nothing in common.
fn distance(a: &[u32], b: &[u32]) -> f64 {
    let grams = |tokens: &[u32]| {
        let mut counts: BTreeMap<Vec<u32>, usize> = BTreeMap::new();
        for gram in tokens.windows(1).chain(tokens.windows(2)) {
            *counts.entry(gram.to_vec()).or_default() += 1;
        }
        counts
    };
    let (a, b) = (grams(a), grams(b));
    let total = (a.values().sum::<usize>() + b.values().sum::<usize>()) as f64;
    let common: usize = a.iter().map(|(gram, &n)| b.get(gram).map_or(0, |&m| n.min(m))).sum();
    1.0 - 2.0 * common as f64 / total
}
