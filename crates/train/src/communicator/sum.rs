//! The sum over ranks, in the order of ranks: S = ((g₀ + g₁) + g₂) + …, what one process that adds micro-batch to
//! micro-batch would get, to the bit. Floating-point addition is not associative, so a sum in the order in which a
//! library's all-reduce happens to add is another one, and Adam makes much of little where a gradient is near 0.
//!
//! Values travel in buckets along the chain of ranks: up, from rank 0 to the last, each adds its own; down, from the
//! last to rank 0, each keeps the sum. All hops of all buckets go on at once, so that with many buckets a rank sends and
//! receives 2 · n values in all, no more than in a ring all-reduce of many ranks. In tick t of n_buckets + 2 N − 2, rank
//! r receives bucket t − r from below and bucket t − (2N − 2 − r) from above, and sends on what it got in tick t − 1.

use std::ops::Range;

use super::{Communicator, Compression, half_precision};
use crate::error::TrainError;

/// Bandwidth times delay of a usual cluster network (10 Gbit/s, 50 µs): below it a bucket costs as much as an empty one.
const BANDWIDTH_DELAY_BYTES: f64 = 65_536.0;
const BUCKET_BYTES: [f64; 2] = [65_536.0, 4_194_304.0];

/// Values in a bucket when `n_values` are summed over `n_ranks`. The time is (n/b + 2N − 2) · (delay + b/bandwidth),
/// least at b = √(n · bandwidth · delay / (2N − 2)).
pub fn bucket_values(n_values: usize, n_ranks: usize) -> usize {
    let hops = (2 * n_ranks).saturating_sub(2).max(1) as f64;
    let bytes = (4.0 * n_values as f64 * BANDWIDTH_DELAY_BYTES / hops).sqrt();
    (bytes.clamp(BUCKET_BYTES[0], BUCKET_BYTES[1]) / 4.0) as usize
}

/// Steps that a sum over `n_ranks` takes, each the time of a bucket's hop.
pub fn n_ticks(n_buckets: usize, n_ranks: usize) -> usize {
    n_buckets + 2 * n_ranks - 2
}

/// How a sum is made.
#[derive(Clone, Copy, Debug)]
pub struct SumOptions {
    /// How values travel.
    pub compression: Compression,
    /// So many values at the end travel as they are, whatever the compression.
    pub n_exact: usize,
}

/// What one rank adds to a sum.
pub(super) trait Summand {
    /// Makes the values before `end` ready; called while others travel.
    fn load(&mut self, end: usize);

    /// Adds the values of `range` to `sum`, one micro-batch after the other; rank 0's first one is put there instead.
    fn add(&self, range: Range<usize>, sum: &mut [f32], is_first: bool);
}

/// Sums slices of one length over ranks in place; every rank gets the same bits.
///
/// # Errors
/// As [`Communicator::exchange`].
pub fn sum_slices(
    communicator: &dyn Communicator,
    values: &mut [f32],
    compression: Compression,
) -> Result<(), TrainError> {
    struct Slice(Vec<f32>);
    impl Summand for Slice {
        fn load(&mut self, _end: usize) {}
        fn add(&self, range: Range<usize>, sum: &mut [f32], is_first: bool) {
            add_to(sum, &self.0[range], is_first);
        }
    }
    if communicator.n_ranks() == 1 {
        return Ok(());
    }
    let mut own = Slice(values.to_vec());
    sum_in_order(communicator, &mut own, values, SumOptions { compression, n_exact: 0 })
}

/// `sum += values`, or `sum = values`.
pub(super) fn add_to(sum: &mut [f32], values: &[f32], is_first: bool) {
    if is_first {
        sum.copy_from_slice(values);
    } else {
        sum.iter_mut().zip(values).for_each(|(sum, value)| *sum += value);
    }
}

struct Bucket<'a> {
    range: Range<usize>,
    compression: Compression,
    values: &'a mut [f32],
}

/// Sums the ranks' summands into `sum`, which every rank gets.
pub(super) fn sum_in_order(
    communicator: &dyn Communicator,
    summand: &mut dyn Summand,
    sum: &mut [f32],
    options: SumOptions,
) -> Result<(), TrainError> {
    let (rank, n_ranks) = (communicator.rank(), communicator.n_ranks());
    let mut buckets = buckets(sum, n_ranks, options);
    let mut chain = Chain { communicator, n_buckets: buckets.len() };
    for tick in 0..n_ticks(buckets.len(), n_ranks) {
        chain.hop(&mut buckets, tick, summand)?;
        if let Some(at) = chain.bucket(tick, rank) {
            let Bucket { range, compression, values } = &mut buckets[at];
            summand.add(range.clone(), values, rank == 0);
            // The last rank keeps what the others will get.
            if rank + 1 == n_ranks && *compression == Compression::F16 {
                half_precision::unpack(&half_precision::pack(values), values);
            }
        }
    }
    Ok(())
}

fn buckets(sum: &mut [f32], n_ranks: usize, options: SumOptions) -> Vec<Bucket<'_>> {
    let n_compressed = sum.len() - options.n_exact;
    let size = bucket_values(sum.len(), n_ranks);
    let (compressed, exact) = sum.split_at_mut(n_compressed);
    let parts = [(compressed, 0, options.compression), (exact, n_compressed, Compression::None)];
    let mut buckets = Vec::new();
    for (part, mut start, compression) in parts {
        for values in part.chunks_mut(size) {
            let range = start..start + values.len();
            start = range.end;
            buckets.push(Bucket { range, compression, values });
        }
    }
    buckets
}

/// The hops of one rank.
struct Chain<'a> {
    communicator: &'a dyn Communicator,
    n_buckets: usize,
}

impl Chain<'_> {
    /// The bucket that comes `delay` ticks after its number.
    fn bucket(&self, tick: usize, delay: usize) -> Option<usize> {
        tick.checked_sub(delay).filter(|&at| at < self.n_buckets)
    }

    /// One tick: up to two buckets leave and two arrive, while what is to be added next is loaded.
    fn hop(&mut self, buckets: &mut [Bucket<'_>], tick: usize, summand: &mut dyn Summand) -> Result<(), TrainError> {
        let (rank, n_ranks) = (self.communicator.rank(), self.communicator.n_ranks());
        let (below, above) = (rank.checked_sub(1), Some(rank + 1).filter(|&above| above < n_ranks));
        let from_above = 2 * n_ranks - 2 - rank;
        let at = |delay: usize, peer: Option<usize>| Some((self.bucket(tick, delay)?, peer?));
        // Every bucket is in one hop of a tick at most: their delays differ.
        let sends = [at(rank + 1, above), at(from_above + 1, below)];
        let receives = [at(rank, below), at(from_above, above)];
        let next = self.bucket(tick, rank).map(|at| buckets[at].range.end);
        let mut take = |hop: Option<(usize, usize)>| {
            let (at, peer) = hop?;
            let Bucket { compression, values, .. } = &mut buckets[at];
            Some((at, peer, *compression, std::mem::take(values)))
        };
        let mut out: Vec<_> = sends.into_iter().filter_map(&mut take).collect();
        let mut into: Vec<_> = receives.into_iter().filter_map(&mut take).collect();
        let packed: Vec<Option<Vec<u16>>> = out
            .iter()
            .map(|(_, _, compression, values)| (*compression == Compression::F16).then(|| half_precision::pack(values)))
            .collect();
        let mut arriving: Vec<Option<Vec<u16>>> = into
            .iter()
            .map(|(_, _, compression, values)| {
                (*compression == Compression::F16).then(|| vec![0; half_precision::packed_len(values.len())])
            })
            .collect();
        let sends: Vec<(usize, &[u8])> = out
            .iter()
            .zip(&packed)
            .map(|((_, peer, _, values), packed)| {
                (
                    *peer,
                    packed.as_ref().map_or_else(|| bytemuck::cast_slice(values), |packed| bytemuck::cast_slice(packed)),
                )
            })
            .collect();
        let mut receives: Vec<(usize, &mut [u8])> = into
            .iter_mut()
            .zip(&mut arriving)
            .map(|((_, peer, _, values), arriving)| match arriving {
                Some(arriving) => (*peer, bytemuck::cast_slice_mut(arriving)),
                None => (*peer, bytemuck::cast_slice_mut(values)),
            })
            .collect();
        let mut load = || next.into_iter().for_each(|end| summand.load(end));
        self.communicator.exchange(&sends, &mut receives, &mut load)?;
        for ((_, _, _, values), arriving) in into.iter_mut().zip(&arriving) {
            if let Some(arriving) = arriving {
                half_precision::unpack(arriving, values);
            }
        }
        for (at, _, _, values) in out.drain(..).chain(into.drain(..)) {
            buckets[at].values = values;
        }
        Ok(())
    }
}
