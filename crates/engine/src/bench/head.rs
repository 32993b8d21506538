//! The output layer alone: fused against composed of Burn's operations, its memory, and its share of what a plain matrix
//! product reaches.

use burn::tensor::{Device, Gradients, Int, Tensor, TensorData, activation::log_softmax};
use repartee_kernels::{
    LatentScores, OutputLayer, Precision, allocated, give_back_memory, is_cpu, latent_loss, latent_scores,
    latent_scores_in, leaky_relu, lowest, most_bytes_in_use, peak, reserved_bytes, reset_peak, scores_in_half,
};
use repartee_model::{RandomStreams, random::standard_normal};
use serde::Serialize;

use super::{Contestant, Timing, interleaved, largest_difference, max_or_nan, wait};
use crate::ComputeDevice;

/// Of LeakyReLU, as in the model.
const SLOPE: f32 = 0.01;
/// Label smoothing, the paper's.
const SMOOTHING: f32 = 0.1;

/// Sizes of the output layer to measure.
#[derive(Clone, Debug, Serialize)]
pub struct HeadBench {
    /// B.
    pub n_sentences: usize,
    /// T.
    pub length: usize,
    /// D.
    pub d_model: usize,
    /// V.
    pub vocabulary: usize,
    /// K of each comparison.
    pub n_latents: Vec<usize>,
    /// Timed runs of each side.
    pub n_runs: usize,
    /// Leaves out the composed side and the plain products, and all that only they need.
    pub fused_only: bool,
}

/// What was measured for one K.
#[derive(Clone, Debug, Serialize)]
pub struct HeadReport {
    /// K.
    pub n_latents: usize,
    /// Largest difference of the losses, and of any gradient, of both sides; as a share of the largest value.
    pub parity: Option<f64>,
    /// Forward and backward of the fused layer.
    pub fused: Timing,
    /// The same of Burn's operations, all K in one graph.
    pub unfused: Option<Timing>,
    /// Median of fused / unfused.
    pub time_ratio: Option<f64>,
    /// Bytes at the peak beyond inputs and gradients, of the fused layer; on wgpu whole pages of its pools; none where
    /// allocations are not counted.
    pub fused_peak_bytes: Option<usize>,
    /// The same of Burn's operations.
    pub unfused_peak_bytes: Option<usize>,
    /// On wgpu, the most bytes that tensors of the fused layer held at a launch of its stages, beyond inputs and
    /// gradients: what it asks for, without the rest of the pools' pages.
    pub fused_asked_bytes: Option<usize>,
    /// Scoring alone.
    pub scoring: Timing,
    /// The faster of Burn's products of the same sizes: `[B K T, D]` with Eᵀ as it lies, or copied.
    pub matmul: Option<Timing>,
    /// Scoring's share of the product's rate.
    pub scoring_share: Option<f64>,
    /// GFLOP/s of scoring, 2 B K T D V operations.
    pub scoring_gflops: f64,
    /// Scoring in f16, where the device's shaders have it.
    pub half_scoring: Option<Timing>,
    /// How much higher, on the mean, the NLL of the winner chosen by f16 is than that of the best, nats per sentence.
    pub half_regret_nats_per_sentence: Option<f64>,
}

/// Inputs on a device.
struct Inputs {
    states: Tensor<3>,
    latents: Tensor<3>,
    embedding: Tensor<2>,
    targets: Tensor<2, Int>,
}

/// Losses, and gradients of states and embedding.
struct Outcome {
    loss: Tensor<1>,
    states: Tensor<3>,
    embedding: Tensor<2>,
}

impl HeadBench {
    /// Leaves of a graph.
    fn inputs(&self, n_latents: usize, device: &Device) -> Inputs {
        let Self { n_sentences: b, length: t, d_model: d, vocabulary: v, .. } = *self;
        let normal = |name: &str, n: usize, scale: f32| -> Vec<f32> {
            standard_normal(&mut RandomStreams::new(0).stream(name, &[]), n).into_iter().map(|x| x * scale).collect()
        };
        let scale = (1.0 / d as f32).sqrt();
        let targets: Vec<i32> = (0..b * t).map(|i| (i * 7919 % v) as i32).collect();
        Inputs {
            states: Tensor::<3>::from_data(TensorData::new(normal("states", b * t * d, 1.0), [b, t, d]), device)
                .require_grad(),
            latents: Tensor::<3>::from_data(
                TensorData::new(normal("latents", b * n_latents * d, 1.0), [b, n_latents, d]),
                device,
            )
            .require_grad(),
            embedding: Tensor::<2>::from_data(TensorData::new(normal("embedding", v * d, scale), [v, d]), device)
                .require_grad(),
            targets: Tensor::from_data(TensorData::new(targets, [b, t]), device),
        }
    }
}

impl Inputs {
    fn outcome(&self, loss: Tensor<1>, gradients: &Gradients) -> Outcome {
        let missing = "both sides depend on all inputs";
        Outcome {
            loss: loss.without_autodiff(),
            states: self.states.grad(gradients).expect(missing),
            embedding: self.embedding.grad(gradients).expect(missing),
        }
    }

    fn fused(&self) -> Outcome {
        let layer = OutputLayer {
            states: self.states.clone(),
            embedding: self.embedding.clone(),
            targets: self.targets.clone(),
            slope: SLOPE,
        };
        let LatentScores { nll_nats, log_partition } = latent_scores(&layer, self.latents.clone());
        let winner = lowest(nll_nats);
        let latent = pick(self.latents.clone(), &winner);
        let losses = latent_loss(layer, latent, pick(log_partition, &winner));
        let [n_sentences, _] = losses.dims();
        let nll = losses.clone().slice([0..n_sentences, 0..1]).mul_scalar(1.0 - SMOOTHING);
        let loss = nll + losses.slice([0..n_sentences, 1..2]).mul_scalar(SMOOTHING);
        let loss = loss.reshape([n_sentences]);
        let gradients = loss.clone().sum().backward();
        self.outcome(loss, &gradients)
    }

    /// As the authors have it: the outputs of all K in one graph, of which the winner is gathered.
    fn unfused(&self) -> Outcome {
        let ([b, t, d], [_, k, _]) = (self.states.dims(), self.latents.dims());
        let [v, _] = self.embedding.dims();
        let sum = self.states.clone().reshape([b, 1, t, d]) + self.latents.clone().reshape([b, k, 1, d]);
        let combined = leaky_relu(sum, SLOPE).reshape([b * k * t, d]);
        let log_probabilities = log_softmax(combined.matmul(self.embedding.clone().transpose()), 1);
        let targets = self.targets.clone().reshape([b, 1, t]).expand([b, k, t]).reshape([b * k * t, 1]);
        let nll = log_probabilities.clone().gather(1, targets).neg().reshape([b * k, t]).sum_dim(1).reshape([b, k]);
        let uniform = log_probabilities.sum_dim(1).div_scalar(v as f64).neg();
        let uniform = uniform.reshape([b * k, t]).sum_dim(1).reshape([b, k]);
        let winner = lowest(nll.clone().without_autodiff()).reshape([b, 1]);
        let winner = if self.states.device().is_autodiff() { winner.autodiff() } else { winner };
        let loss =
            nll.gather(1, winner.clone()).mul_scalar(1.0 - SMOOTHING) + uniform.gather(1, winner).mul_scalar(SMOOTHING);
        let loss = loss.reshape([b]);
        let gradients = loss.clone().sum().backward();
        self.outcome(loss, &gradients)
    }
}

/// `[B, K, N]` and `[B]` to `[B, N]`.
fn pick(values: Tensor<3>, winner: &Tensor<1, Int>) -> Tensor<2> {
    let [b, _, n] = values.dims();
    let winner = if values.device().is_autodiff() { winner.clone().autodiff() } else { winner.clone() };
    values.gather(1, winner.reshape([b, 1, 1]).expand([b, 1, n])).reshape([b, n])
}

impl Outcome {
    fn n_bytes(&self) -> usize {
        let n_elements = self.loss.dims()[0]
            + self.states.dims().iter().product::<usize>()
            + self.embedding.dims().iter().product::<usize>();
        n_elements * size_of::<f32>()
    }
}

/// Bytes at the peak of `run` beyond those before it and those of what it returns; on wgpu with both in the whole pages
/// that the runtime reserves for them.
fn peak_bytes(device: &Device, inputs: &Inputs, run: impl FnOnce() -> Outcome) -> Option<usize> {
    if is_cpu(device) {
        let before = allocated()?;
        reset_peak();
        let outcome = run();
        return Some(peak()?.saturating_sub(before + outcome.n_bytes()));
    }
    let reserved = || reserved_bytes(device).and_then(|bytes| usize::try_from(bytes).ok());
    wait(device);
    give_back_memory(device);
    // Pages for the results, which `run` finds free.
    let results = Outcome {
        loss: Tensor::zeros([inputs.states.dims()[0]], device),
        states: Tensor::zeros(inputs.states.dims(), device),
        embedding: Tensor::zeros(inputs.embedding.dims(), device),
    };
    wait(device);
    let before = reserved()?;
    drop(results);
    let outcome = run();
    wait(device);
    let peak = reserved()?;
    drop(outcome);
    Some(peak.saturating_sub(before))
}

/// Bytes that tensors held at most at a launch of our stages, beyond those before and those that `run` returns.
fn asked_bytes(device: &Device, run: impl FnOnce() -> Outcome) -> Option<usize> {
    wait(device);
    let (outcome, before, most) = most_bytes_in_use(device, run)?;
    usize::try_from(most.saturating_sub(before)).ok().map(|bytes| bytes.saturating_sub(outcome.n_bytes()))
}

/// The largest difference as a share of the largest value; not a number where a value is none.
fn difference(a: &Outcome, b: &Outcome) -> f64 {
    let parts = [
        largest_difference(a.loss.to_data(), b.loss.to_data()),
        largest_difference(a.states.to_data(), b.states.to_data()),
        largest_difference(a.embedding.to_data(), b.embedding.to_data()),
    ];
    parts.into_iter().fold(0.0, max_or_nan)
}

/// Measures; reports for each K in turn.
pub fn bench_head(bench: &HeadBench, device: &ComputeDevice, mut on_report: impl FnMut(HeadReport)) {
    for &n_latents in &bench.n_latents {
        on_report(of_one(bench, n_latents, device));
    }
}

fn of_one(bench: &HeadBench, n_latents: usize, device: &ComputeDevice) -> HeadReport {
    let inputs = bench.inputs(n_latents, &device.device.clone().autodiff());
    let parity = (!bench.fused_only).then(|| difference(&inputs.fused(), &inputs.unfused()));
    let fused_peak_bytes = peak_bytes(&device.device, &inputs, || inputs.fused());
    let fused_asked_bytes = asked_bytes(&device.device, || inputs.fused());
    let unfused_peak_bytes =
        if bench.fused_only { None } else { peak_bytes(&device.device, &inputs, || inputs.unfused()) };
    let mut contestants = vec![Contestant::new("fused", || drop(inputs.fused()))];
    if !bench.fused_only {
        contestants.push(Contestant::new("unfused", || drop(inputs.unfused())));
    }
    let mut timings = interleaved(&device.device, contestants, bench.n_runs).into_iter();
    let fused = timings.next().expect("the fused side ran");
    let unfused = timings.next();
    let Inputs { states, latents, embedding, targets } = inputs;
    let layer = OutputLayer {
        states: states.without_autodiff(),
        embedding: embedding.without_autodiff(),
        targets: targets.without_autodiff(),
        slope: SLOPE,
    };
    let latents = latents.without_autodiff();
    let n_rows = bench.n_sentences * bench.length * n_latents;
    let has_half = scores_in_half(&device.device);
    let plain = (!bench.fused_only).then(|| {
        let transposed = layer.embedding.clone().transpose();
        (Tensor::<2>::full([n_rows, bench.d_model], 0.5, &device.device), transposed.clone() + 0.0, transposed)
    });
    let mut contestants = vec![Contestant::new("scoring", || drop(latent_scores(&layer, latents.clone())))];
    if has_half {
        let half = || drop(latent_scores_in(&layer, latents.clone(), Precision::Half));
        contestants.push(Contestant::new("scoring in f16", half));
    }
    if let Some((rows, copied, transposed)) = &plain {
        contestants
            .push(Contestant::new("matmul with Eᵀ as it lies", || drop(rows.clone().matmul(transposed.clone()))));
        contestants.push(Contestant::new("matmul with Eᵀ copied", || drop(rows.clone().matmul(copied.clone()))));
    }
    let mut timings = interleaved(&device.device, contestants, bench.n_runs);
    let scoring = timings.remove(0);
    let half_scoring = has_half.then(|| timings.remove(0));
    timings.sort_by(|a, b| a.median().total_cmp(&b.median()));
    let matmul = timings.into_iter().next();
    let flop = 2.0 * (n_rows * bench.d_model * bench.vocabulary) as f64;
    HeadReport {
        n_latents,
        parity,
        time_ratio: unfused.as_ref().map(|unfused| fused.ratio(unfused)),
        fused,
        unfused,
        fused_peak_bytes,
        unfused_peak_bytes,
        fused_asked_bytes,
        scoring_share: matmul.as_ref().map(|matmul| matmul.ratio(&scoring)),
        scoring_gflops: flop / scoring.median() * 1e-9,
        half_scoring,
        half_regret_nats_per_sentence: has_half.then(|| regret(&layer, &latents)),
        scoring,
        matmul,
    }
}

/// How much higher the NLL of the winner by f16 scores is than the lowest, in f32, the mean of the sentences.
fn regret(layer: &OutputLayer, latents: &Tensor<3>) -> f64 {
    let nll = latent_scores(layer, latents.clone()).nll_nats;
    let half = latent_scores_in(layer, latents.clone(), Precision::Half).nll_nats;
    let [n_sentences, n_latents] = nll.dims();
    let values: Vec<f32> = nll.into_data().iter::<f32>().collect();
    let winners: Vec<i64> = lowest(half).into_data().iter::<i64>().collect();
    let of_one = |(nll, winner): (&[f32], &i64)| {
        f64::from(nll[*winner as usize]) - f64::from(nll.iter().copied().fold(f32::INFINITY, f32::min))
    };
    values.chunks(n_latents).zip(&winners).map(of_one).sum::<f64>() / n_sentences as f64
}
