//! The gradient of an embedding: our sorted segment sum against Burn's scatter.

use burn::tensor::{IndexingUpdateOp, Int, Tensor, TensorData};
use repartee_kernels::segment_sums;
use repartee_model::{RandomStreams, random::standard_normal};
use serde::Serialize;

use super::{Contestant, Timing, interleaved, largest_difference};
use crate::ComputeDevice;

/// Sizes of the embedding and of the batch.
#[derive(Clone, Debug, Serialize)]
pub struct EmbeddingBench {
    /// Tokens of the batch, N.
    pub n_rows: usize,
    /// D.
    pub d_model: usize,
    /// V.
    pub vocabulary: usize,
    /// Timed runs of each side.
    pub n_runs: usize,
}

/// What was measured.
#[derive(Clone, Debug, Serialize)]
pub struct EmbeddingReport {
    /// Largest difference of both gradients, as a share of the largest value.
    pub parity: f64,
    /// The sorted segment sum.
    pub segment_sum: Timing,
    /// Burn's addition of rows at indices to zeros.
    pub scatter: Timing,
    /// Median of segment sum / scatter.
    pub time_ratio: f64,
}

/// Measures. Frequent tokens are as frequent as in language: the logarithm of a token's number is uniform.
pub fn bench_embedding(bench: &EmbeddingBench, device: &ComputeDevice) -> EmbeddingReport {
    /// Multiples of the golden section's fractional part fill the unit interval evenly.
    const GOLDEN: f64 = 0.618_033_988_749_894_9;
    let EmbeddingBench { n_rows, d_model, vocabulary, n_runs } = *bench;
    let id = |i: usize| (vocabulary as f64).powf((i as f64 * GOLDEN).fract()) as i32 - 1;
    let ids: Vec<i32> = (0..n_rows).map(id).collect();
    let ids = Tensor::<1, Int>::from_data(TensorData::new(ids, [n_rows]), &device.device);
    let upstream = standard_normal(&mut RandomStreams::new(0).stream("upstream", &[]), n_rows * d_model);
    let upstream = Tensor::<2>::from_data(TensorData::new(upstream, [n_rows, d_model]), &device.device);
    let sums = || segment_sums(upstream.clone(), ids.clone(), vocabulary);
    let scatter = || {
        let zeros = Tensor::<2>::zeros([vocabulary, d_model], &device.device);
        zeros.select_assign(0, ids.clone(), upstream.clone(), IndexingUpdateOp::Add)
    };
    let parity = largest_difference(sums().into_data(), scatter().into_data());
    let contestants =
        vec![Contestant::new("segment sum", || drop(sums())), Contestant::new("Burn's scatter", || drop(scatter()))];
    let [segment_sum, scatter] =
        interleaved(&device.device, contestants, n_runs).try_into().expect("two contestants have two timings");
    EmbeddingReport { parity, time_ratio: segment_sum.ratio(&scatter), segment_sum, scatter }
}
