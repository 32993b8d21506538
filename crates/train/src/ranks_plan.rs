//! What a run would need on several ranks, from one machine's speed and the network's.

use std::{hint::black_box, time::Instant};

use serde::Serialize;

use crate::{
    communicator::{Compression, bucket_values, n_ticks},
    error::TrainError,
    plan::Plan,
};

/// The ranks and what joins them.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Network {
    /// Ranks, each on a host like this one.
    pub n_ranks: usize,
    /// From a host to another, one way.
    pub bytes_per_second: f64,
    /// Of a small message, one way.
    pub latency_seconds: f64,
    /// How gradients travel.
    pub compression: Compression,
}

/// What a run will need on several ranks. See `docs/mpi.md` for the arithmetic.
#[derive(Clone, Debug, Serialize)]
pub struct RanksPlan {
    /// The ranks and what joins them.
    pub network: Network,
    /// Of the rank that has most.
    pub micro_batches_per_rank: usize,
    /// Bytes that a rank between two others sends in an update, and receives: up the chain and down again.
    pub bytes_sent_per_update: f64,
    /// Of a bucket on its way.
    pub bucket_bytes: usize,
    /// A rank's share of forward and backward, and Adam, at the measured speed.
    pub compute_seconds: f64,
    /// Reading gradients back, adding them and bringing the sum to the device: three passes over them at the measured
    /// speed of a copy in memory.
    pub host_seconds: f64,
    /// Ticks times (latency + bytes a tick / bandwidth).
    pub communication_seconds: f64,
    /// The three together: Burn's backward pass gives all gradients at its end, so that nothing travels before.
    pub seconds_per_update: f64,
    /// One rank's time for the same update divided by it.
    pub speedup: f64,
    /// Speed-up a rank.
    pub efficiency: f64,
    /// The whole run, evaluations left out.
    pub total_seconds: f64,
}

impl Plan {
    /// What the planned run, of `micro_batches` an update, would need on several ranks.
    ///
    /// # Errors
    /// More ranks than micro-batches.
    pub fn on_ranks(&self, micro_batches: usize, network: Network) -> Result<RanksPlan, TrainError> {
        let Network { n_ranks, bytes_per_second, latency_seconds, compression } = network;
        if n_ranks > micro_batches {
            return Err(TrainError::TooManyRanks { n_ranks, micro_batches });
        }
        let n_values = self.n_parameters as usize;
        let micro_batches_per_rank = micro_batches.div_ceil(n_ranks);
        let compute_seconds = self.seconds_per_update * micro_batches_per_rank as f64 / micro_batches as f64;
        let bucket = bucket_values(n_values, n_ranks);
        let bucket_bytes = bucket * compression.bytes_per_value();
        // With two ranks one sends up and the other down; between others a rank does both at once.
        let directions = n_ranks.saturating_sub(1).min(2) as f64;
        let ticks = n_ticks(n_values.div_ceil(bucket), n_ranks) as f64;
        let several = if n_ranks > 1 { 1.0 } else { 0.0 };
        let communication_seconds =
            several * ticks * (latency_seconds + directions * bucket_bytes as f64 / bytes_per_second);
        let host_seconds = several * 3.0 * copy_seconds(n_values);
        let seconds_per_update = compute_seconds + host_seconds + communication_seconds;
        let speedup = self.seconds_per_update / seconds_per_update;
        Ok(RanksPlan {
            network,
            micro_batches_per_rank,
            bytes_sent_per_update: directions * (n_values * compression.bytes_per_value()) as f64,
            bucket_bytes,
            compute_seconds,
            host_seconds,
            communication_seconds,
            seconds_per_update,
            speedup,
            efficiency: speedup / n_ranks as f64,
            total_seconds: seconds_per_update * self.max_updates as f64,
        })
    }
}

/// Copying so many values in memory: the median of three.
fn copy_seconds(n_values: usize) -> f64 {
    let from = vec![1.0f32; n_values];
    let mut to = vec![0.0f32; n_values];
    let mut seconds = [0.0; 3].map(|_: f64| {
        let started = Instant::now();
        to.copy_from_slice(black_box(&from));
        black_box(&mut to);
        started.elapsed().as_secs_f64()
    });
    seconds.sort_by(f64::total_cmp);
    seconds[1]
}
