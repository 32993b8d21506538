//! A second decoder, as plain as can be: one utterance, one latent, no cache; the whole prefix goes through the decoder
//! anew for every token, and candidates are sorted in full. Shares with the crate the model, the names of random streams
//! and the settings.

use burn::tensor::{Device, Tensor, TensorData};
use rand::RngExt;
use repartee_corpus::Vocabulary;
use repartee_generate::{Beam, Controls, GenerateOptions, Latent, Sample, Strategy};
use repartee_model::{Dropout, Pass, RandomStreams, Tcvae, TokenBatch, random::standard_normal, tcvae::Encoded};
use repartee_tests::values;

#[derive(Clone, Debug, PartialEq)]
pub(super) struct Expected {
    pub(super) text: String,
    pub(super) score: f64,
    pub(super) log_probability: f64,
    pub(super) n_tokens: usize,
    pub(super) finished: bool,
}

pub(super) struct Reference<'a> {
    pub(super) model: &'a Tcvae,
    pub(super) vocabulary: &'a Vocabulary,
    pub(super) device: &'a Device,
    pub(super) options: &'a GenerateOptions,
}

/// A reply in the making: tokens, Σ log p under the rules, Σ log p of the model.
type Path = (Vec<u32>, f64, f64);

/// log p of every token, under the rules and of the model.
type Row = (Vec<f64>, Vec<f64>);

struct Asked<'a> {
    reference: &'a Reference<'a>,
    source: Encoded,
    z: Tensor<2>,
}

impl Reference<'_> {
    pub(super) fn replies(&self, utterance: &str, latent: Latent) -> Vec<Expected> {
        let mut ids = self.vocabulary.encode(utterance).expect("it encodes");
        ids.push(self.vocabulary.eos());
        let tokens = TokenBatch::new(&[ids], self.vocabulary.pad(), 0, self.device);
        let source = self.model.encode(&tokens, &mut Pass::plain());
        let size = self.model.config().latent_size;
        let noise = standard_normal(&mut RandomStreams::new(latent.z_seed).stream("latent", &[]), size);
        let noise = Tensor::from_data(TensorData::new(noise, [1, size]), self.device);
        let z = self.model.prior(self.model.context(&source, &mut Dropout::off())).sample(noise);
        let asked = Asked { reference: self, source, z };
        match self.options.strategy {
            Strategy::Greedy(_) => asked.one_by_one(&mut |row| best(&row.0)),
            Strategy::Sample(sample) => {
                let mut rng = RandomStreams::new(latent.z_seed).stream("tokens", &[]);
                asked.one_by_one(&mut |row| draw(&row.0, sample, rng.random()))
            }
            Strategy::Beam(beam) => asked.beam(beam),
        }
    }
}

impl Asked<'_> {
    fn rows(&self, tokens: &[u32]) -> Row {
        let Reference { model, vocabulary, device, options } = *self.reference;
        let (pad, eos) = (vocabulary.pad(), vocabulary.eos());
        let input = [&[eos], tokens].concat();
        let input = TokenBatch::new(&[input], pad, 0, device);
        let hidden = model.decode(&input, &self.source, &mut Pass::plain());
        let combined = model.combiner.combine(model.combiner.project_hidden(hidden), self.z.clone());
        let d_model = model.config().d_model;
        let last = combined.slice([0..1, tokens.len()..tokens.len() + 1, 0..d_model]).reshape([1, d_model]);
        let logits: Vec<f64> = values(model.logits(last)).into_iter().map(f64::from).collect();
        let own = log_softmax(&logits);
        let mut ruled = logits;
        let Controls { no_repeat_ngram: n, repetition_penalty } = options.controls;
        for (token, logit) in (0u32..).zip(&mut ruled) {
            if tokens.contains(&token) {
                let penalty = f64::from(repetition_penalty);
                *logit = if *logit > 0.0 { *logit / penalty } else { *logit * penalty };
            }
        }
        let mut ruled = log_softmax(&ruled);
        for (token, log_probability) in (0u32..).zip(&mut ruled) {
            let longer = [tokens, &[token]].concat();
            let grams: Vec<&[u32]> = if n == 0 { Vec::new() } else { longer.windows(n).collect() };
            let repeats = grams.split_last().is_some_and(|(last, earlier)| earlier.contains(last));
            let too_long = tokens.len() == options.max_length && token != eos;
            if token == pad || repeats || too_long || (tokens.is_empty() && token == eos) {
                *log_probability = f64::NEG_INFINITY;
            }
        }
        (ruled, own)
    }

    fn one_by_one(&self, choose: &mut dyn FnMut(&Row) -> u32) -> Vec<Expected> {
        let (mut tokens, mut ruled, mut own) = (Vec::new(), 0.0, 0.0);
        loop {
            let row = self.rows(&tokens);
            let token = choose(&row);
            ruled += row.0[token as usize];
            own += row.1[token as usize];
            if token == self.reference.vocabulary.eos() {
                return vec![self.expected((tokens, ruled, own), ruled)];
            }
            tokens.push(token);
        }
    }

    fn beam(&self, Beam { size, length_penalty, n_best }: Beam) -> Vec<Expected> {
        let eos = self.reference.vocabulary.eos();
        let mut beams: Vec<Path> = vec![(Vec::new(), 0.0, 0.0)];
        let mut finished: Vec<(f64, Path)> = Vec::new();
        for length in 1.. {
            let mut candidates: Vec<(Path, u32)> = Vec::new();
            for (tokens, ruled, own) in &beams {
                let row = self.rows(tokens);
                for token in 0..row.0.len() as u32 {
                    let (a, b) = (row.0[token as usize], row.1[token as usize]);
                    if a > f64::NEG_INFINITY {
                        candidates.push(((tokens.clone(), ruled + a, own + b), token));
                    }
                }
            }
            candidates.sort_by(|a, b| b.0.1.partial_cmp(&a.0.1).expect("no NaN"));
            candidates.truncate(2 * size);
            for (path, _) in candidates.iter().take(size).filter(|(_, token)| *token == eos) {
                if finished.len() < size {
                    finished.push((path.1 / f64::from(length).powf(length_penalty), path.clone()));
                }
            }
            candidates.retain(|&(_, token)| token != eos);
            candidates.truncate(size);
            if finished.len() == size || candidates.is_empty() {
                break;
            }
            let extend = |((mut tokens, ruled, own), token): (Path, u32)| {
                tokens.push(token);
                (tokens, ruled, own)
            };
            beams = candidates.into_iter().map(extend).collect();
        }
        finished.sort_by(|a, b| b.0.partial_cmp(&a.0).expect("no NaN"));
        finished.into_iter().take(n_best).map(|(score, path)| self.expected(path, score)).collect()
    }

    fn expected(&self, (tokens, _, own): Path, score: f64) -> Expected {
        Expected {
            text: self.reference.vocabulary.decode(&tokens).expect("it decodes"),
            score,
            log_probability: own,
            n_tokens: tokens.len() + 1,
            finished: tokens.len() < self.reference.options.max_length,
        }
    }
}

fn log_softmax(logits: &[f64]) -> Vec<f64> {
    let max = logits.iter().copied().fold(f64::MIN, f64::max);
    let log_partition = logits.iter().map(|logit| (logit - max).exp()).sum::<f64>().ln() + max;
    logits.iter().map(|logit| logit - log_partition).collect()
}

fn best(row: &[f64]) -> u32 {
    let max = row.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    row.iter().position(|&x| x == max).expect("a maximum is somewhere") as u32
}

/// The token at `u` of the cumulative distribution, in the order of tokens.
fn draw(row: &[f64], Sample { temperature, top_k, top_p, min_p }: Sample, u: f64) -> u32 {
    let scaled: Vec<f64> = row.iter().map(|x| x / f64::from(temperature)).collect();
    let mut tokens: Vec<(usize, f64)> = log_softmax(&scaled).into_iter().map(f64::exp).enumerate().collect();
    tokens.sort_by(|a, b| b.1.partial_cmp(&a.1).expect("no NaN"));
    if top_k > 0 {
        tokens.truncate(top_k);
    }
    let mass: f64 = tokens.iter().map(|token| token.1).sum();
    let mut before = 0.0;
    if top_p < 1.0 {
        tokens.retain(|token| {
            let kept = before < top_p * mass;
            before += token.1;
            kept
        });
    }
    let highest = tokens[0].1;
    tokens.retain(|token| token.1 >= min_p * highest && token.1 > 0.0);
    tokens.sort_by_key(|token| token.0);
    let mass: f64 = tokens.iter().map(|token| token.1).sum();
    let mut left = u * mass;
    for &(token, probability) in &tokens {
        left -= probability;
        if left < 0.0 {
            return token as u32;
        }
    }
    tokens.last().expect("a token is left").0 as u32
}
