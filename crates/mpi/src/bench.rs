//! What a sum over ranks costs, beside a copy in memory and MPI's own all-reduce.

use std::time::Instant;

use mpi::{collective::SystemOperation, traits::CommunicatorCollectives as _};
use repartee_train::{Communicator as _, Compression, TrainError, communicator::sum_slices};
use serde::Serialize;

use crate::communicator::MpiCommunicator;

/// Bytes of the message that the delay is measured with.
const SMALL_BYTES: usize = 4;

/// Seconds, each the median of the repetitions on rank 0.
#[derive(Clone, Debug, Serialize)]
pub struct SumBench {
    /// Ranks.
    pub n_ranks: usize,
    /// Values summed.
    pub n_values: usize,
    /// Copying them in memory.
    pub copy_seconds: f64,
    /// Our sum in the order of ranks.
    pub sum_seconds: f64,
    /// The same with values as f16.
    pub f16_seconds: f64,
    /// `MPI_Allreduce`, whose order of summation is its own.
    pub all_reduce_seconds: f64,
    /// A message from rank 0 to rank 1 and back, halved; for `--latency`.
    pub latency_seconds: f64,
    /// One bucket of 4 MB from rank 0 to rank 1 and back, halved: bytes per second one way, for `--bandwidth`.
    pub bandwidth_bytes_per_second: f64,
    /// ‖f16 − f32‖ / ‖f32‖ of the sum of normal deviates with scales from 1e-6 to 1.
    pub f16_relative_error: f64,
}

/// Measures on all ranks at once.
///
/// # Errors
/// As [`sum_slices`].
pub fn bench_sum(
    communicator: &MpiCommunicator,
    n_values: usize,
    n_repetitions: usize,
) -> Result<SumBench, TrainError> {
    let own = values(communicator.rank(), n_values);
    let mut copy = vec![0.0f32; n_values];
    let copy_seconds = median(n_repetitions, || {
        copy.copy_from_slice(std::hint::black_box(&own));
        std::hint::black_box(&mut copy);
        Ok(())
    })?;
    let mut sum = own.clone();
    let mut timed = |compression| {
        median(n_repetitions, || {
            sum.copy_from_slice(&own);
            sum_slices(communicator, &mut sum, compression)
        })
    };
    let [sum_seconds, f16_seconds] = [timed(Compression::None)?, timed(Compression::F16)?].map(|s| s - copy_seconds);
    let mut exact = own.clone();
    sum_slices(communicator, &mut exact, Compression::None)?;
    let mut rounded = own.clone();
    sum_slices(communicator, &mut rounded, Compression::F16)?;
    let world = mpi::topology::SimpleCommunicator::world();
    let all_reduce_seconds = median(n_repetitions, || {
        world.all_reduce_into(&own[..], &mut copy[..], SystemOperation::sum());
        Ok(())
    })?;
    let mut small = vec![0u8; SMALL_BYTES];
    let latency_seconds = median(20 * n_repetitions, || ping(communicator, &mut small))? / 2.0;
    let mut large = vec![0u8; 4 << 20];
    let one_way = median(n_repetitions, || ping(communicator, &mut large))? / 2.0;
    let norm = |values: &mut dyn Iterator<Item = f32>| values.map(|value| f64::from(value).powi(2)).sum::<f64>().sqrt();
    let error = norm(&mut exact.iter().zip(&rounded).map(|(exact, rounded)| exact - rounded));
    Ok(SumBench {
        n_ranks: communicator.n_ranks(),
        n_values,
        copy_seconds,
        sum_seconds,
        f16_seconds,
        all_reduce_seconds,
        latency_seconds,
        bandwidth_bytes_per_second: large.len() as f64 / one_way,
        f16_relative_error: error / norm(&mut exact.iter().copied()),
    })
}

/// From rank 0 to rank 1 and back.
fn ping(communicator: &MpiCommunicator, bytes: &mut [u8]) -> Result<(), TrainError> {
    match communicator.rank() {
        0 if communicator.n_ranks() > 1 => {
            communicator.exchange(&[(1, &*bytes)], &mut [], &mut || ())?;
            communicator.exchange(&[], &mut [(1, bytes)], &mut || ())
        }
        1 => {
            communicator.exchange(&[], &mut [(0, &mut *bytes)], &mut || ())?;
            communicator.exchange(&[(0, &*bytes)], &mut [], &mut || ())
        }
        _ => Ok(()),
    }
}

/// The median of the times after one that does not count.
fn median(n: usize, mut work: impl FnMut() -> Result<(), TrainError>) -> Result<f64, TrainError> {
    work()?;
    let mut seconds = Vec::with_capacity(n);
    for _ in 0..n.max(1) {
        let started = Instant::now();
        work()?;
        seconds.push(started.elapsed().as_secs_f64());
    }
    seconds.sort_by(f64::total_cmp);
    Ok(seconds[seconds.len() / 2])
}

/// Deviates by the sum of twelve uniform ones, with a scale that differs between blocks as between parameters.
fn values(rank: usize, n: usize) -> Vec<f32> {
    let mut state = 0x9e37_79b9_7f4a_7c15u64.wrapping_mul(rank as u64 + 1);
    let mut uniform = || {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        (state >> 40) as f32 / (1u32 << 24) as f32
    };
    let scale = |idx: usize| 10f32.powi(-((idx / 4096 % 7) as i32));
    (0..n).map(|idx| ((0..12).map(|_| uniform()).sum::<f32>() - 6.0) * scale(idx)).collect()
}
