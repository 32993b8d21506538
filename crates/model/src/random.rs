//! Every random number of a run comes from here: named streams derived from one seed, and dropout keys.

use std::ops::Range;

use burn::tensor::{Device, Tensor, TensorData};
use rand::{Rng, RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;
use rand_distr::{Distribution, StandardNormal};
use repartee_kernels::DropoutKey;

/// Derives independent random streams from one seed by name and position, so that a stream does not depend on how
/// much another one was used: resuming needs no generator state, only the position.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RandomStreams {
    seed: u64,
}

impl RandomStreams {
    /// The streams of `seed`.
    pub fn new(seed: u64) -> Self {
        Self { seed }
    }

    /// The stream `name` at `position`, for instance `("latent", [step, micro_batch])`.
    pub fn stream(&self, name: &str, position: &[u64]) -> ChaCha8Rng {
        let mut hasher = blake3::Hasher::new_derive_key("repartee random stream v1");
        hasher.update(&self.seed.to_le_bytes()).update(name.as_bytes());
        for index in position {
            hasher.update(&index.to_le_bytes());
        }
        ChaCha8Rng::from_seed(*hasher.finalize().as_bytes())
    }

    /// The dropout masks of one forward pass at `position`.
    pub fn dropout(&self, position: &[u64]) -> Dropout {
        Dropout { key: Some(self.stream("dropout", position).next_u64()), n_sites: 0 }
    }
}

/// `n` draws from U(low, high).
pub fn uniform(rng: &mut ChaCha8Rng, range: Range<f32>, n: usize) -> Vec<f32> {
    (0..n).map(|_| rng.random_range(range.clone())).collect()
}

/// `n` draws from N(0, 1).
pub fn standard_normal(rng: &mut ChaCha8Rng, n: usize) -> Vec<f32> {
    (0..n).map(|_| StandardNormal.sample(rng)).collect()
}

/// Standard normal noise of a given shape.
pub fn noise<const N: usize>(rng: &mut ChaCha8Rng, shape: [usize; N], device: &Device) -> Tensor<N> {
    Tensor::from_data(TensorData::new(standard_normal(rng, shape.iter().product()), shape), device)
}

/// The noise of one batch's loss; which of it a method uses is the method's business.
#[derive(Clone, Debug)]
pub struct Noise {
    /// ε ~ N(0, I), `[B, K, Z]`.
    pub normal: Tensor<3>,
    /// u ~ U(0, 1), `[B]`.
    pub uniform: Tensor<1>,
}

impl Noise {
    /// Draws the noise of `B` sentences with `K` latents of size `Z`.
    pub fn draw(rng: &mut ChaCha8Rng, shape: [usize; 3], device: &Device) -> Self {
        let normal = noise(rng, shape, device);
        let uniform = uniform(rng, 0.0..1.0, shape[0]);
        Self { normal, uniform: Tensor::from_data(TensorData::new(uniform, [shape[0]]), device) }
    }

    /// The noise of latent `k`, `[B, Z]`.
    pub fn latent(&self, k: usize) -> Tensor<2> {
        let [n_sentences, _, latent_size] = self.normal.dims();
        let noise = self.normal.clone().slice([0..n_sentences, k..k + 1, 0..latent_size]);
        noise.reshape([n_sentences, latent_size])
    }
}

/// The dropout of one forward pass: off, or a key from which each place in the model derives its own mask.
#[derive(Clone, Debug)]
pub struct Dropout {
    key: Option<u64>,
    n_sites: u64,
}

impl Dropout {
    /// No dropout: evaluation and generation.
    pub fn off() -> Self {
        Self { key: None, n_sites: 0 }
    }

    /// Drops elements of `x` with probability `rate` and scales the rest by `1/(1 − rate)`.
    pub fn apply<const D: usize>(&mut self, x: Tensor<D>, rate: f32) -> Tensor<D> {
        let Some(key) = self.key else { return x };
        self.n_sites += 1;
        repartee_kernels::dropout(x, DropoutKey(split_mix(key.wrapping_add(self.n_sites))), rate)
    }
}

/// The finaliser of SplitMix64 (Steele et al. 2014): neighbouring inputs give unrelated outputs.
fn split_mix(input: u64) -> u64 {
    let mut z = input.wrapping_mul(0x9e37_79b9_7f4a_7c15);
    z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}
