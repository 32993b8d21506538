//! Replies from a trained model: many latents an utterance, greedy or sampled, token by token with cached keys and
//! values. Owns decoding; reads no file.

mod pick;

use burn::tensor::{Device, Int, Tensor, TensorData};
use rand_chacha::ChaCha8Rng;
use repartee_corpus::{CorpusError, Vocabulary};
use repartee_model::{
    Pass, RandomStreams, Tcvae, TokenBatch,
    random::{Dropout, standard_normal},
    tcvae::DecoderState,
};
use serde::{Deserialize, Serialize};

use crate::pick::pick;

/// How the next token is chosen.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "kebab-case")]
pub enum Strategy {
    /// The most probable token; ties to the lowest id.
    Greedy,
    /// A draw from softmax(logits / temperature).
    Sample {
        /// Above 0; below 1 prefers probable tokens.
        temperature: f32,
    },
}

/// What to generate.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct GenerateOptions {
    /// How tokens are chosen.
    pub strategy: Strategy,
    /// Latents drawn from the prior an utterance; each gives one reply.
    pub n_samples: usize,
    /// Replies are cut after this many tokens and marked so. The authors: 200.
    pub max_length: usize,
    /// Seed of latents and draws.
    pub seed: u64,
}

/// One generated reply.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Reply {
    /// Its text.
    pub text: String,
    /// Which latent of its utterance it came from, from 0. With the seed and the utterance, this names the latent.
    pub sample: u64,
    /// Σ_t log p(y_t | y_<t, x, z) at temperature 1, `</s>` included, in nats.
    pub log_probability_nats: f64,
    /// Tokens, `</s>` included.
    pub n_tokens: usize,
    /// Whether it ended with `</s>` and not at the length limit.
    pub finished: bool,
}

/// Why nothing could be generated.
#[derive(Debug, thiserror::Error)]
#[expect(missing_docs, reason = "each message says what its fields are")]
pub enum GenerateError {
    #[error("utterance {number} has no token left after normalisation; give it some text")]
    EmptyUtterance { number: usize },
    #[error("utterance {number} has {length} tokens, the limit is {max_length}; shorten it")]
    LongUtterance { number: usize, length: usize, max_length: usize },
    #[error("the model gave a probability that is not a number for utterance {number}; train it again")]
    NotFinite { number: usize },
    #[error(transparent)]
    Corpus(#[from] CorpusError),
}

/// Longest utterance in tokens, `</s>` left out: far beyond anything seen in training.
pub const MAX_UTTERANCE_TOKENS: usize = 1024;

/// A model with what it needs to speak.
#[derive(Debug)]
pub struct Generator<'a> {
    /// The model, without autodiff.
    pub model: &'a Tcvae,
    /// Its vocabulary.
    pub vocabulary: &'a Vocabulary,
    /// Its device.
    pub device: &'a Device,
}

/// One reply in the making.
struct Row {
    utterance: usize,
    sample: u64,
    rng: ChaCha8Rng,
    tokens: Vec<u32>,
    log_probability: f64,
    finished: bool,
}

impl Generator<'_> {
    /// `n_samples` replies to each utterance, in order. A reply depends on its utterance, the seed and its number
    /// alone, not on what else is generated with it.
    ///
    /// # Errors
    /// An utterance without tokens or far too long, or a model with broken weights.
    pub fn replies(&self, utterances: &[String], options: &GenerateOptions) -> Result<Vec<Vec<Reply>>, GenerateError> {
        let sample_numbers = 0..options.n_samples as u64;
        self.replies_for(utterances, sample_numbers.collect(), options)
    }

    /// As [`Generator::replies`], for the latents with these numbers.
    ///
    /// # Errors
    /// As [`Generator::replies`].
    pub fn replies_for(
        &self,
        utterances: &[String],
        samples: Vec<u64>,
        options: &GenerateOptions,
    ) -> Result<Vec<Vec<Reply>>, GenerateError> {
        if utterances.is_empty() || samples.is_empty() {
            return Ok(vec![Vec::new(); utterances.len()]);
        }
        let streams = RandomStreams::new(options.seed);
        let mut rows = Vec::with_capacity(utterances.len() * samples.len());
        let mut noise = Vec::new();
        for (utterance, text) in utterances.iter().enumerate() {
            for &sample in &samples {
                // Named by the text, so that neither batch nor order matters.
                let mut rng = streams.stream(&format!("reply {text}"), &[sample]);
                noise.extend(standard_normal(&mut rng, self.model.config().latent_size));
                rows.push(Row { utterance, sample, rng, tokens: Vec::new(), log_probability: 0.0, finished: false });
            }
        }
        let (state, projected_latent) = self.start(utterances, samples.len(), noise)?;
        let rows = self.decode(rows, state, projected_latent, options)?;
        let mut replies = vec![Vec::new(); utterances.len()];
        for row in rows {
            replies[row.utterance].push(Reply {
                text: self.vocabulary.decode(&row.tokens)?,
                sample: row.sample,
                log_probability_nats: row.log_probability,
                n_tokens: row.tokens.len() + usize::from(row.finished),
                finished: row.finished,
            });
        }
        Ok(replies)
    }

    /// Encodes the utterances once and draws every row's latent: the decoder's state and z, `[R, Z]`.
    fn start(
        &self,
        utterances: &[String],
        n_samples: usize,
        noise: Vec<f32>,
    ) -> Result<(DecoderState, Tensor<2>), GenerateError> {
        let mut sources = Vec::with_capacity(utterances.len());
        for (number, text) in (1..).zip(utterances) {
            let mut ids = self.vocabulary.encode(text)?;
            let length = ids.len();
            if length == 0 {
                return Err(GenerateError::EmptyUtterance { number });
            }
            if length > MAX_UTTERANCE_TOKENS {
                return Err(GenerateError::LongUtterance { number, length, max_length: MAX_UTTERANCE_TOKENS });
            }
            ids.push(self.vocabulary.eos());
            sources.push(ids);
        }
        let n_rows = utterances.len() * n_samples;
        let tokens = TokenBatch::new(&sources, self.vocabulary.pad(), 0, self.device);
        let encoded = self.model.encode(&tokens, &mut Pass::plain());
        let prior = self.model.prior(self.model.context(&encoded, &mut Dropout::off()));
        let row_of = self.indices((0..n_rows).map(|row| row / n_samples));
        let prior = prior.select(&row_of);
        let z = prior.sample(Tensor::from_data(TensorData::new(noise, prior.mean.dims()), self.device));
        Ok((self.model.start_decoding(&encoded).select(&row_of), z))
    }

    /// Decodes until every row has ended; rows that ended are dropped from the batch once they are half of it.
    fn decode(
        &self,
        mut rows: Vec<Row>,
        mut state: DecoderState,
        mut z: Tensor<2>,
        options: &GenerateOptions,
    ) -> Result<Vec<Row>, GenerateError> {
        let eos = self.vocabulary.eos();
        let mut active: Vec<usize> = (0..rows.len()).collect();
        for _ in 0..options.max_length {
            let inputs = active.iter().map(|&row| rows[row].tokens.last().copied().unwrap_or(eos));
            let inputs: Tensor<1, Int> = self.indices(inputs.map(|id| id as usize));
            let hidden = self.model.decode_step(inputs.reshape([active.len(), 1]), &mut state);
            let combined = self.model.combiner.combine(self.model.combiner.project_hidden(hidden), z.clone());
            let d_model = self.model.config().d_model;
            let logits = self.model.logits(combined.reshape([active.len(), d_model])).into_data();
            let logits = logits.as_slice::<f32>().expect("logits are f32");
            for (&row, logits) in active.iter().zip(logits.chunks(logits.len() / active.len())) {
                let row = &mut rows[row];
                if row.finished {
                    continue;
                }
                let chosen = pick(logits, self.vocabulary.pad(), options.strategy, &mut row.rng);
                let (id, log_probability) = chosen.ok_or(GenerateError::NotFinite { number: row.utterance + 1 })?;
                row.log_probability += log_probability;
                if id == eos {
                    row.finished = true;
                } else {
                    row.tokens.push(id);
                }
            }
            let open: Vec<usize> = (0..active.len()).filter(|&idx| !rows[active[idx]].finished).collect();
            if open.is_empty() {
                break;
            }
            if open.len() * 2 <= active.len() {
                let kept = self.indices(open.iter().copied());
                state = state.select(&kept);
                z = z.select(0, kept);
                active = open.iter().map(|&idx| active[idx]).collect();
            }
        }
        Ok(rows)
    }

    fn indices(&self, indices: impl Iterator<Item = usize>) -> Tensor<1, Int> {
        let indices: Vec<i32> = indices.map(|idx| i32::try_from(idx).expect("a row fits i32")).collect();
        let n = indices.len();
        Tensor::from_data(TensorData::new(indices, [n]), self.device)
    }
}
