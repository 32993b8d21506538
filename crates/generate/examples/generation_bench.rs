//! Times decoding of models with random weights: one measurement as JSON on stdout.
//!
//! ```text
//! generation_bench cached SIZE       beam 5, 32 sources, 28 tokens: seconds with and without the cache
//! generation_bench latents SIZE B    beam 5, B sources, 20 tokens: seconds with 1 and with 8 latents a source
//! generation_bench throughput SIZE   beam 5, 32 sources, 20 tokens: seconds, those of all threads on Linux, and tokens
//! generation_bench first-token SIZE  one source, 6 latents: milliseconds to the first token, beam 5 and sampling
//! ```
//! SIZE is `base` (the paper's) or `small`; `wgpu` before all of it takes the first wgpu adapter. Random weights hardly ever end a reply, so all have the same length.

use std::{ops::ControlFlow, time::Instant};

use burn::tensor::{Device, DeviceKind, Tensor, TensorData};
use rand::SeedableRng as _;
use rand_chacha::ChaCha8Rng;
use repartee_generate::{Beam, Controls, Decoder, Draw, GenerateOptions, Sample, Step, Strategy, block_on};
use repartee_model::{
    Architecture, Heads, ModelConfig, Pass, RandomStreams, Tcvae, TokenBatch,
    batch::Specials,
    random::{Dropout, standard_normal},
};

const SPECIALS: Specials = Specials { pad: 1, eos: 2 };
const SOURCE_LENGTH: usize = 12;
const N_BEAMS: usize = 5;

struct Bench {
    model: Tcvae,
    device: Device,
}

impl Bench {
    fn new(size: &str, device: &Device) -> Self {
        let (d_model, n_heads, n_layers, vocabulary_size) = match size {
            "base" => (512, 8, 6, 16_000),
            "small" => (256, 4, 3, 8_000),
            _ => panic!("`{size}` is neither base nor small"),
        };
        let config = ModelConfig {
            d_model,
            n_heads,
            n_layers,
            d_feedforward: 4 * d_model,
            latent_size: d_model,
            dropout: 0.0,
            attention_dropout: 0.0,
            activation_dropout: 0.0,
            share_decoder: true,
            log_variance_limit: 20.0,
        };
        let architecture = Architecture { config, heads: Heads::GAUSSIAN, vocabulary_size, pad: SPECIALS.pad };
        let device = device.clone();
        let model = Tcvae::new(&architecture, RandomStreams::new(1), &device).expect("the sizes are right");
        Self { model, device }
    }

    fn sources(&self, n: usize) -> Vec<Vec<u32>> {
        let token = |i: usize| 4 + (i * 7919 % 7000) as u32;
        let source = |row: usize| (0..SOURCE_LENGTH - 1).map(|i| token(row * 31 + i)).chain([SPECIALS.eos]).collect();
        (0..n).map(source).collect()
    }

    fn noise(&self, number: usize) -> Vec<f32> {
        standard_normal(&mut ChaCha8Rng::seed_from_u64(number as u64), self.model.config().latent_size)
    }

    /// Seconds, and tokens that came out.
    fn decode(&self, n_sources: usize, n_latents: usize, strategy: Strategy, max_length: usize) -> (f64, usize) {
        let options =
            GenerateOptions { strategy, controls: Controls::default(), n_samples: n_latents, max_length, seed: 0 };
        let draws = (0..n_sources * n_latents).map(|number| Draw {
            source: number / n_latents,
            noise: self.noise(number),
            tokens: ChaCha8Rng::seed_from_u64(number as u64),
        });
        let (sources, draws) = (self.sources(n_sources), draws.collect::<Vec<_>>());
        let decoder = Decoder { model: &self.model, device: &self.device, specials: SPECIALS };
        let started = Instant::now();
        let go_on = &mut |_: &Step<'_>| ControlFlow::Continue(());
        let ended = block_on(decoder.decode(&sources, &draws, &options, go_on)).expect("it decodes");
        let seconds = started.elapsed().as_secs_f64();
        (seconds, ended.iter().map(|hypotheses| hypotheses[0].tokens.len() + 1).sum())
    }

    /// As many rows and steps without a cache: every step takes the whole beginning through the decoder. Seconds.
    fn uncached(&self, n_sources: usize, max_length: usize) -> f64 {
        let started = Instant::now();
        let sources: Vec<Vec<u32>> =
            self.sources(n_sources).into_iter().flat_map(|source| std::iter::repeat_n(source, N_BEAMS)).collect();
        let tokens = TokenBatch::new(&sources, SPECIALS.pad, 0, &self.device);
        let encoded = self.model.encode(&tokens, &mut Pass::plain());
        let prior = self.model.prior(self.model.context(&encoded, &mut Dropout::off()));
        let noise: Vec<f32> = (0..sources.len()).flat_map(|row| self.noise(row / N_BEAMS)).collect();
        let size = [sources.len(), self.model.config().latent_size];
        let z = prior.sample(Tensor::from_data(TensorData::new(noise, size), &self.device));
        let mut beginnings = vec![vec![SPECIALS.eos]; sources.len()];
        let d_model = self.model.config().d_model;
        for length in 1..=max_length + 1 {
            let input = TokenBatch::new(&beginnings, SPECIALS.pad, 0, &self.device);
            let hidden = self.model.decode(&input, &encoded, &mut Pass::plain());
            let last = hidden.slice([0..sources.len(), length - 1..length, 0..d_model]);
            let combined = self.model.combiner.combine(self.model.combiner.project_hidden(last), z.clone());
            let logits = self.model.logits(combined.reshape([sources.len(), d_model])).into_data();
            let logits = logits.as_slice::<f32>().expect("logits are f32");
            let n_tokens = logits.len() / sources.len();
            let partitions = repartee_kernels::log_sum_exp(logits, n_tokens);
            assert!(partitions.iter().all(|partition| partition.is_finite()));
            for (beginning, row) in beginnings.iter_mut().zip(logits.chunks(n_tokens)) {
                let best = (0..n_tokens).max_by(|&a, &b| row[a].total_cmp(&row[b])).expect("there are tokens");
                beginning.push(u32::try_from(best).expect("it is a token"));
            }
        }
        started.elapsed().as_secs_f64()
    }

    fn first_token(&self, strategy: Strategy) -> f64 {
        let options =
            GenerateOptions { strategy, controls: Controls::default(), n_samples: 6, max_length: 20, seed: 0 };
        let (started, mut first) = (Instant::now(), f64::NAN);
        let draws: Vec<Draw> = (0..6)
            .map(|number| Draw { source: 0, noise: self.noise(number), tokens: ChaCha8Rng::seed_from_u64(0) })
            .collect();
        let decoder = Decoder { model: &self.model, device: &self.device, specials: SPECIALS };
        let stop = &mut |_: &Step<'_>| {
            first = started.elapsed().as_secs_f64() * 1e3;
            ControlFlow::Break(())
        };
        block_on(decoder.decode(&self.sources(1), &draws, &options, stop)).expect_err("it is stopped");
        first
    }
}

/// Seconds that the threads of this process have computed, where Linux tells; it counts in hundredths.
fn thread_seconds() -> f64 {
    let text = std::fs::read_to_string("/proc/self/stat").unwrap_or_default();
    let fields: Vec<&str> = text.rsplit(')').next().unwrap_or_default().split_whitespace().collect();
    let ticks = |field: usize| fields.get(field).and_then(|ticks| ticks.parse::<f64>().ok());
    ticks(11).zip(ticks(12)).map_or(f64::NAN, |(user, system)| (user + system) / 100.0)
}

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let (device, arguments) = match arguments.split_first() {
        Some((&"wgpu", rest)) => (Device::wgpu(DeviceKind::DefaultDevice), rest),
        _ => (Device::flex(), &arguments[..]),
    };
    let beam = Strategy::Beam(Beam { size: N_BEAMS, ..Beam::default() });
    let figures: Vec<(&str, f64)> = match *arguments {
        ["cached", size] => {
            let bench = Bench::new(size, &device);
            bench.decode(2, 1, beam, 4);
            let (cached, n_tokens) = bench.decode(32, 1, beam, 28);
            vec![("cached_seconds", cached), ("uncached_seconds", bench.uncached(32, 28)), ("tokens", n_tokens as f64)]
        }
        ["latents", size, n_sources] => {
            let (bench, n_sources) = (Bench::new(size, &device), n_sources.parse().expect("a number of sources"));
            bench.decode(2, 1, beam, 4);
            let [(one, _), (eight, n_tokens)] = [1, 8].map(|n_latents| bench.decode(n_sources, n_latents, beam, 20));
            vec![("one_seconds", one), ("eight_seconds", eight), ("tokens_of_eight", n_tokens as f64)]
        }
        ["throughput", size] => {
            let bench = Bench::new(size, &device);
            bench.decode(2, 1, beam, 4);
            let before = thread_seconds();
            let (seconds, n_tokens) = bench.decode(32, 1, beam, 20);
            vec![("seconds", seconds), ("thread_seconds", thread_seconds() - before), ("tokens", n_tokens as f64)]
        }
        ["first-token", size] => {
            let bench = Bench::new(size, &device);
            bench.first_token(beam);
            let sample = Strategy::Sample(Sample::default());
            vec![("beam_ms", bench.first_token(beam)), ("sample_ms", bench.first_token(sample))]
        }
        _ => panic!("see the head of the file for the arguments"),
    };
    let figures: Vec<String> = figures.iter().map(|(name, value)| format!("\"{name}\": {value}")).collect();
    println!("{{{}}}", figures.join(", "));
}
