//! log p(y|x,z) of given replies under given latents: each beginning of a reply goes through the decoder once, whatever
//! the number of replies that begin so and of latents.

use std::{collections::HashMap, ops::ControlFlow};

use burn::tensor::{Int, Tensor, TensorData};
use repartee_kernels::{OutputLayer, latent_scores};
use repartee_model::{Pass, TokenBatch, decoding::Prefix, layers::transformer::LEAKY_SLOPE, random::Dropout};

use crate::{decoder::Decoder, error::GenerateError};

/// A reply on its way through the decoder.
struct Scored<'a> {
    number: usize,
    tokens: &'a [u32],
    node: usize,
}

impl Decoder<'_> {
    /// Σ_t log p(y_t | y_<t, x, z) in nats, `</s>` included, for each reply under each latent. `source` is tokens with
    /// `</s>`, `replies` are without, `noise` is ε of each latent. Before each step `watch` is asked whether to go on.
    ///
    /// # Errors
    /// [`GenerateError::NotFinite`], [`GenerateError::Stopped`], [`GenerateError::Device`].
    ///
    /// # Panics
    /// When there is no latent.
    pub async fn log_probabilities(
        &self,
        source: &[u32],
        replies: &[&[u32]],
        noise: &[Vec<f32>],
        watch: &mut dyn FnMut() -> ControlFlow<()>,
    ) -> Result<Vec<Vec<f64>>, GenerateError> {
        let n_latents = noise.len();
        let tokens = TokenBatch::new(&[source.to_vec()], self.specials.pad, 0, self.device);
        let encoded = self.model.encode(&tokens, &mut Pass::plain());
        let prior = self.model.prior(self.model.context(&encoded, &mut Dropout::off()));
        let noise = TensorData::new(noise.concat(), [n_latents, self.model.config().latent_size]);
        let z = prior.select(&self.integers(vec![0; n_latents])).sample(Tensor::from_data(noise, self.device));
        let latents = self.model.combiner.project_latent(z).unsqueeze_dim::<3>(0); // [1, K, D]
        let mut state = self.model.start_decoding(&tokens, &encoded);
        let (mut prefixes, mut inputs) = (vec![Prefix::new(0)], vec![self.specials.eos]);
        let mut scored: Vec<Scored<'_>> =
            replies.iter().enumerate().map(|(number, &tokens)| Scored { number, tokens, node: 0 }).collect();
        let mut sums = vec![vec![0.0; n_latents]; replies.len()];
        for t in 0.. {
            if scored.is_empty() {
                break;
            }
            if watch().is_break() {
                return Err(GenerateError::Stopped);
            }
            let hidden = self.model.decode_step(&inputs, &mut prefixes, &mut state);
            let hidden = self.model.combiner.project_hidden(hidden.unsqueeze_dim::<3>(1)); // [N, 1, D]
            for (row, reply) in self.step(hidden, latents.clone(), &scored, t).await?.chunks(n_latents).zip(&scored) {
                for (sum, &log_probability) in sums[reply.number].iter_mut().zip(row) {
                    *sum += f64::from(log_probability);
                }
            }
            scored.retain(|reply| reply.tokens.len() > t);
            // Alike beginnings are one node. The map is only asked, never walked, so its order cannot matter.
            let (mut known, mut next_prefixes) = (HashMap::new(), Vec::new());
            inputs.clear();
            for reply in &mut scored {
                reply.node = *known.entry((reply.node, reply.tokens[t])).or_insert_with(|| {
                    next_prefixes.push(prefixes[reply.node].clone());
                    inputs.push(reply.tokens[t]);
                    inputs.len() - 1
                });
            }
            prefixes = next_prefixes;
        }
        let is_finite = sums.iter().flatten().all(|sum| sum.is_finite());
        if is_finite { Ok(sums) } else { Err(GenerateError::NotFinite { number: 1 }) }
    }

    /// log p of token `t` of each reply under each latent, row-major `[I, K]`. `hidden`: `[N, 1, D]`; `latents`:
    /// `[1, K, D]`.
    async fn step(
        &self,
        hidden: Tensor<3>,
        latents: Tensor<3>,
        scored: &[Scored<'_>],
        t: usize,
    ) -> Result<Vec<f32>, GenerateError> {
        let ([n_nodes, _, d_model], [_, n_latents, _]) = (hidden.dims(), latents.dims());
        let combined = self.model.combiner.combine_projected(hidden.clone(), latents.clone()); // [N, K, D]
        let combined = combined.reshape([n_nodes * n_latents, d_model]);
        let embedding = self.model.embedding.weight.val();
        // A node has as many targets as replies go on from it; its log-partitions are the same for all.
        let targets = self.integers(vec![0; n_nodes]).reshape([n_nodes, 1]);
        let layer = OutputLayer { states: hidden, embedding: embedding.clone(), targets, slope: LEAKY_SLOPE };
        let partition = latent_scores(&layer, latents.expand([n_nodes, n_latents, d_model])).log_partition;
        let partition = partition.reshape([n_nodes * n_latents, 1]);
        let rows = scored.iter().flat_map(|reply| (0..n_latents).map(|k| reply.node * n_latents + k)).collect();
        let rows = self.integers(rows);
        let targets = scored.iter().flat_map(|reply| {
            let target = reply.tokens.get(t).copied().unwrap_or(self.specials.eos);
            std::iter::repeat_n(target as usize, n_latents)
        });
        let targets = embedding.select(0, self.integers(targets.collect())); // [I K, D]
        let logits = (combined.select(0, rows.clone()) * targets).sum_dim(1); // [I K, 1]
        let log_probabilities = logits - partition.select(0, rows);
        let data = log_probabilities.into_data_async().await.map_err(GenerateError::device)?;
        Ok(data.try_into_vec().expect("probabilities are f32"))
    }

    fn integers(&self, values: Vec<usize>) -> Tensor<1, Int> {
        let values: Vec<i32> = values.into_iter().map(|value| i32::try_from(value).expect("a row fits i32")).collect();
        let n = values.len();
        Tensor::from_data(TensorData::new(values, [n]), self.device)
    }
}
