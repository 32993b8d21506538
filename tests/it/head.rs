//! The output layer with latents against the definition in f64, forward and backward, on every device.

use burn::tensor::{Device, Int, Tensor, TensorData};
use repartee_kernels::{
    LatentScores, OutputLayer, latent_loss, latent_scores, lowest,
    reference::{
        head_score::{HeadRow, head_score},
        head_sentence::head_sentence,
        head_tokens::head_tokens,
    },
};
use repartee_model::{RandomStreams, random::standard_normal};
use repartee_tests::{Tolerance, assert_close, compare, cpu, values, wgpu};

pub(crate) const SLOPE: f32 = 0.01;

pub(crate) fn devices() -> Vec<(&'static str, Device)> {
    let mut devices = vec![("cpu", cpu())];
    devices.extend(wgpu().map(|device| ("wgpu", device)));
    // On a software adapter, whose own stages the device above has, this one has those of a GPU.
    devices.extend(crate::head_stages::limited(128 << 20).map(|device| ("wgpu with WebGPU's limits", device)));
    devices
}

/// Sizes of a case: sentences, tokens, latents, width, vocabulary.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Sizes {
    pub(crate) b: usize,
    pub(crate) t: usize,
    pub(crate) k: usize,
    pub(crate) d: usize,
    pub(crate) v: usize,
}

impl Sizes {
    pub(crate) fn new([b, t, k, d, v]: [usize; 5]) -> Self {
        Self { b, t, k, d, v }
    }
}

/// The inputs of a case, and the weights of its losses.
#[derive(Clone)]
pub(crate) struct Case {
    pub(crate) sizes: Sizes,
    pub(crate) states: Vec<f32>,
    pub(crate) latents: Vec<f32>,
    pub(crate) embedding: Vec<f32>,
    pub(crate) targets: Vec<i32>,
    pub(crate) weights: Vec<f32>,
}

/// Nats, and gradients, of a case; the gradients are those of latent `winner` of each sentence.
pub(crate) struct Expected {
    pub(crate) nll: Vec<f64>,
    pub(crate) log_partition: Vec<f64>,
    losses: Vec<f64>,
    states: Vec<f64>,
    latent: Vec<f64>,
    embedding: Vec<f64>,
}

pub(crate) fn normal(name: &str, n: usize, scale: f32) -> Vec<f32> {
    let values = standard_normal(&mut RandomStreams::new(1).stream(name, &[n as u64]), n);
    values.into_iter().map(|x| x * scale).collect()
}

impl Case {
    /// Every sentence but the first ends one token before the one above it; the last token of the vocabulary is a target.
    pub(crate) fn new(sizes: Sizes) -> Self {
        let Sizes { b, t, k, d, v } = sizes;
        let target =
            |i: usize, j: usize| if j > 0 && j + i % t >= t { -1 } else { ((i * 7 + j * 5 + v - 1) % v) as i32 };
        Self {
            sizes,
            states: normal("states", b * t * d, 1.0),
            latents: normal("latents", b * k * d, 1.0),
            embedding: normal("embedding", v * d, 1.5 / (d as f32).sqrt()),
            targets: (0..b).flat_map(|i| (0..t).map(move |j| target(i, j))).collect(),
            weights: normal("weights", 2 * b, 1.0),
        }
    }

    /// The latent of each sentence that is trained on.
    fn winner(&self) -> Vec<usize> {
        (0..self.sizes.b).map(|i| i % self.sizes.k).collect()
    }

    pub(crate) fn expected(&self) -> Expected {
        let Sizes { b, t, k, d, v } = self.sizes;
        let mut out = Expected {
            nll: vec![0.0; b * k],
            log_partition: vec![0.0; b * k * t],
            losses: vec![0.0; 2 * b],
            states: vec![0.0; b * t * d],
            latent: vec![0.0; b * d],
            embedding: vec![0.0; v * d],
        };
        for (i, winner) in self.winner().into_iter().enumerate() {
            for latent in 0..k {
                for j in (0..t).filter(|j| self.targets[i * t + j] >= 0) {
                    self.add_row([i, latent, j], latent == winner, &mut out);
                }
            }
        }
        out
    }

    /// One token under one latent.
    fn add_row(&self, [i, latent, j]: [usize; 3], wins: bool, out: &mut Expected) {
        let Sizes { t, k, d, v, .. } = self.sizes;
        let target = self.targets[i * t + j] as usize;
        let sum =
            |c: usize| f64::from(self.states[(i * t + j) * d + c]) + f64::from(self.latents[(i * k + latent) * d + c]);
        let slope = |c: usize| if sum(c) >= 0.0 { 1.0 } else { f64::from(SLOPE) };
        let x: Vec<f64> = (0..d).map(|c| sum(c) * slope(c)).collect();
        let e = |token: usize, c: usize| f64::from(self.embedding[token * d + c]);
        let logits: Vec<f64> = (0..v).map(|token| (0..d).map(|c| x[c] * e(token, c)).sum()).collect();
        let max = logits.iter().copied().fold(f64::MIN, f64::max);
        let partition = max + logits.iter().map(|logit| (logit - max).exp()).sum::<f64>().ln();
        out.nll[i * k + latent] += partition - logits[target];
        out.log_partition[(i * k + latent) * t + j] = partition;
        if !wins {
            return;
        }
        out.losses[2 * i] += partition - logits[target];
        out.losses[2 * i + 1] += partition - logits.iter().sum::<f64>() / v as f64;
        let [nll, uniform] = [0, 1].map(|idx| f64::from(self.weights[2 * i + idx]));
        for (token, logit) in logits.iter().enumerate() {
            let hit = if token == target { nll } else { 0.0 };
            let grad = (nll + uniform) * (logit - partition).exp() - hit - uniform / v as f64;
            for (c, x) in x.iter().enumerate() {
                out.embedding[token * d + c] += grad * x;
                let through = grad * e(token, c) * slope(c);
                out.states[(i * t + j) * d + c] += through;
                out.latent[i * d + c] += through;
            }
        }
    }

    pub(crate) fn layer(&self, device: &Device) -> OutputLayer {
        let Sizes { b, t, d, v, .. } = self.sizes;
        let leaf = |values: &[f32], shape: Vec<usize>| TensorData::new(values.to_vec(), shape);
        OutputLayer {
            states: Tensor::from_data(leaf(&self.states, vec![b, t, d]), device).require_grad(),
            embedding: Tensor::from_data(leaf(&self.embedding, vec![v, d]), device).require_grad(),
            targets: Tensor::<2, Int>::from_data(TensorData::new(self.targets.clone(), [b, t]), device),
            slope: SLOPE,
        }
    }

    /// All values of the case from the device: NLL, log-partitions, losses, and gradients of states, latent, embedding.
    pub(crate) fn run(&self, device: &Device) -> [Vec<f32>; 6] {
        let Sizes { b, t, k, d, .. } = self.sizes;
        let device = device.clone().autodiff();
        let layer = self.layer(&device);
        let latents = Tensor::<3>::from_data(TensorData::new(self.latents.clone(), [b, k, d]), &device);
        let LatentScores { nll_nats, log_partition } = latent_scores(&layer, latents);
        let partitions = values(log_partition.clone());
        let rows = |all: &[f32], width: usize| -> Vec<f32> {
            let winner = self.winner().into_iter().enumerate();
            winner.flat_map(|(i, k_idx)| all[(i * k + k_idx) * width..][..width].to_vec()).collect()
        };
        let latent = TensorData::new(rows(&self.latents, d), [b, d]);
        let latent = Tensor::<2>::from_data(latent, &device).require_grad();
        let partition = Tensor::<2>::from_data(TensorData::new(rows(&partitions, t), [b, t]), &device);
        let losses = latent_loss(layer.clone(), latent.clone(), partition);
        let weights = Tensor::<2>::from_data(TensorData::new(self.weights.clone(), [b, 2]), &device);
        let gradients = (losses.clone() * weights).sum().backward();
        [
            values(nll_nats),
            partitions,
            values(losses),
            values(layer.states.grad(&gradients).expect("a leaf has a gradient")),
            values(latent.grad(&gradients).expect("a leaf has a gradient")),
            values(layer.embedding.grad(&gradients).expect("a leaf has a gradient")),
        ]
    }
}

/// Compares what a device gave; sums of many terms get a tolerance that grows with their number's root.
pub(crate) fn agrees(name: &str, actual: &[Vec<f32>; 6], expected: &Expected) -> Result<(), String> {
    let Expected { nll, log_partition, losses, states, latent, embedding } = expected;
    let names = ["NLL", "log-partitions", "losses", "d states", "d latent", "d embedding"];
    let expected = [nll, log_partition, losses, states, latent, embedding];
    for ((part, actual), expected) in names.iter().zip(actual).zip(expected) {
        let expected: Vec<f32> = expected.iter().map(|&x| x as f32).collect();
        compare(&format!("{name}, {part}"), actual, &expected, Tolerance::new(3e-5, 3e-5))?;
    }
    Ok(())
}

#[test]
fn the_output_layer_matches_f64_forward_and_backward() {
    // One; below, at and above the tiles of rows (32 a panel, 128 a tile) and tokens (12, 96, 384); odd; real; K.
    let sizes = [
        [1, 1, 1, 1, 1],
        [1, 31, 1, 3, 11],
        [1, 32, 1, 4, 12],
        [3, 11, 1, 5, 13],
        [1, 127, 2, 16, 95],
        [1, 128, 1, 31, 96],
        [1, 129, 1, 32, 97],
        [5, 9, 5, 33, 383],
        [4, 13, 2, 7, 384],
        [3, 3, 40, 17, 385],
        [8, 20, 5, 64, 1103],
    ];
    for (name, device) in devices() {
        for sizes in sizes {
            let case = Case::new(Sizes::new(sizes));
            let name = format!("{name}, [B, T, K, D, V] = {sizes:?}");
            agrees(&name, &case.run(&device), &case.expected()).expect("the device is right");
        }
    }
}

/// More rows than are packed at once, forward and backward, and more than one segment of the vocabulary's gradient.
#[test]
fn many_rows_match_f64() {
    let case = Case::new(Sizes::new([75, 15, 2, 8, 1700]));
    agrees("cpu, many rows", &case.run(&cpu()), &case.expected()).expect("the device is right");
}

#[test]
fn two_runs_and_any_number_of_threads_give_the_same_bits() {
    let case = Case::new(Sizes::new([9, 17, 5, 48, 1000]));
    for (name, device) in devices() {
        let first = case.run(&device);
        for threads in [1, 2, 3] {
            let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().expect("a pool starts");
            let again = pool.install(|| case.run(&device));
            for (first, again) in first.iter().zip(&again) {
                let bits = |values: &[f32]| values.iter().map(|x| x.to_bits()).collect::<Vec<_>>();
                assert!(bits(first) == bits(again), "{name}, {threads} threads");
            }
        }
    }
}

/// The comparison notices what it has to: otherwise the tests above say nothing.
#[test]
fn a_perturbed_value_a_nan_and_a_swapped_argument_are_noticed() {
    let case = Case::new(Sizes::new([2, 6, 3, 20, 50]));
    let expected = case.expected();
    for (name, device) in devices() {
        let right = case.run(&device);
        agrees(name, &right, &expected).expect("the device is right");
        for part in 0..right.len() {
            for wrong in [right[part][1] + 1e-3, f32::NAN, f32::INFINITY] {
                let mut perturbed = right.clone();
                perturbed[part][1] = wrong;
                agrees(name, &perturbed, &expected).expect_err("a wrong value is noticed");
            }
        }
        let mut poisoned = case.clone();
        poisoned.embedding[7] = f32::NAN;
        assert!(poisoned.run(&device)[0].iter().all(|nll| nll.is_nan()), "{name}: NaN in E reaches every loss");
        agrees(name, &poisoned.run(&device), &expected).expect_err("NaN is noticed");
        let mut swapped = case.clone();
        let half = swapped.latents.len() / 2;
        swapped.latents.rotate_left(half);
        agrees(name, &swapped.run(&device), &expected).expect_err("swapped latents are noticed");
        let mut swapped = case.clone();
        swapped.targets.swap(0, 1);
        agrees(name, &swapped.run(&device), &expected).expect_err("swapped targets are noticed");
    }
}

#[test]
fn the_winner_is_that_of_f64() {
    let case = Case::new(Sizes::new([120, 4, 20, 24, 300]));
    let expected = case.expected();
    for (name, device) in devices() {
        let layer = case.layer(&device.clone().autodiff());
        let latents = TensorData::new(case.latents.clone(), [120, 20, 24]);
        let scores = latent_scores(&layer, Tensor::from_data(latents, &device)).nll_nats;
        let winners: Vec<i64> = lowest(scores).into_data().iter::<i64>().collect();
        for (winner, nll) in winners.iter().zip(expected.nll.chunks(20)) {
            let best = nll.iter().copied().fold(f64::INFINITY, f64::min);
            assert!(nll[*winner as usize] - best <= 1e-5 * best, "{name}: {winner} of {nll:?}");
        }
    }
}

/// A device's limits are those of its smallest kin: a target beyond the vocabulary is a fault of the caller.
#[test]
#[should_panic(expected = "target 5 is not one of 5 tokens")]
fn a_target_beyond_the_vocabulary_is_refused() {
    let mut case = Case::new(Sizes::new([1, 2, 1, 4, 5]));
    case.targets[0] = 5;
    case.run(&cpu());
}

/// The shaders stage by stage: their twins in a row give what the device gives. Two splits of the vocabulary.
#[test]
fn the_score_matches_its_twins() {
    let case = Case::new(Sizes::new([3, 7, 5, 20, 2100]));
    let Sizes { b, t, k, d, .. } = case.sizes;
    let (mut partitions, mut nll) = (Vec::new(), Vec::new());
    for row in 0..b * k * t {
        let (latent, j) = (row / t, row % t);
        let position = latent / k * t + j;
        let [state, latent] = [&case.states[position * d..][..d], &case.latents[latent * d..][..d]];
        let row = HeadRow { state, latent, slope: SLOPE };
        let partials: Vec<[f32; 2]> = case.embedding.chunks(2048 * d).map(|split| head_score(row, split)).collect();
        let target = usize::try_from(case.targets[position]).ok();
        let [partition, loss] = head_tokens(row, target.map(|y| &case.embedding[y * d..][..d]), &partials);
        partitions.push(partition);
        nll.push(loss);
    }
    let nll = head_sentence(&nll, t);
    for (name, device) in devices() {
        let [actual_nll, actual_partitions, ..] = case.run(&device);
        let tolerance = Tolerance::new(1e-5, 1e-5);
        assert_close(&format!("{name}, log-partitions"), &actual_partitions, &partitions, tolerance);
        assert_close(&format!("{name}, NLL"), &actual_nll, &nll, tolerance);
    }
}

/// Positions that do not count change nothing.
#[test]
fn padding_changes_no_bit() {
    let case = Case::new(Sizes::new([3, 5, 2, 12, 40]));
    let mut longer = case.clone();
    longer.sizes.t = 7;
    let pad = |values: &[f32], width: usize| -> Vec<f32> {
        values.chunks(5 * width).flat_map(|row| [row.to_vec(), vec![9.0; 2 * width]].concat()).collect()
    };
    longer.states = pad(&case.states, 12);
    longer.targets = case.targets.chunks(5).flat_map(|row| [row, &[-1, -1]].concat()).collect();
    for (name, device) in devices() {
        let [short, long] = [&case, &longer].map(|case| case.run(&device));
        for part in [0, 2, 4, 5] {
            assert_close(&format!("{name}, part {part}"), &long[part], &short[part], Tolerance::EXACT);
        }
        assert_close(
            name,
            &long[3],
            &pad(&short[3], 12).iter().map(|&x| if x == 9.0 { 0.0 } else { x }).collect::<Vec<_>>(),
            Tolerance::EXACT,
        );
    }
}
