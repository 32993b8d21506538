//! Ranks: processes that train one model together, each on its own device.
//!
//! A [`Communicator`] moves bytes between them; sums over ranks are made here, in one fixed order, so that they are the
//! sums of a single process to the bit. With one rank nothing is moved and nothing is copied.

pub(crate) mod gradients;
mod half_precision;
mod sum;

use std::{fmt::Debug, ops::Range};

use serde::Serialize;

use crate::error::TrainError;

pub use sum::{SumOptions, bucket_values, n_ticks, sum_slices};

/// How ranks reach one another.
pub trait Communicator: Debug {
    /// This process, from 0.
    fn rank(&self) -> usize;

    /// How many there are.
    fn n_ranks(&self) -> usize;

    /// Sends and receives at the same time, each buffer to or from the rank beside it, and does `meanwhile` while the
    /// bytes travel. Both ends call it with buffers of the same length; between two ranks at most one buffer travels in
    /// each direction.
    ///
    /// # Errors
    /// A rank that does not answer in time.
    fn exchange(
        &self,
        sends: &[(usize, &[u8])],
        receives: &mut [(usize, &mut [u8])],
        meanwhile: &mut dyn FnMut(),
    ) -> Result<(), TrainError>;
}

/// A single process.
#[derive(Clone, Copy, Debug, Default)]
pub struct Alone;

impl Communicator for Alone {
    fn rank(&self) -> usize {
        0
    }

    fn n_ranks(&self) -> usize {
        1
    }

    fn exchange(
        &self,
        _sends: &[(usize, &[u8])],
        _receives: &mut [(usize, &mut [u8])],
        meanwhile: &mut dyn FnMut(),
    ) -> Result<(), TrainError> {
        meanwhile();
        Ok(())
    }
}

/// How gradients travel.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Compression {
    /// As they are, in f32.
    #[default]
    None,
    /// In f16 with a scale a bucket: half the bytes; sums are rounded at every rank.
    F16,
}

impl Compression {
    /// Bytes that a gradient's value takes on its way.
    pub fn bytes_per_value(self) -> usize {
        match self {
            Self::None => 4,
            Self::F16 => 2,
        }
    }
}

/// Which of `n` things belong to this rank: neighbours to one rank, in the order of ranks, their numbers as equal as can
/// be. Rank 0 has one whenever there is any.
pub fn share(n: usize, communicator: &dyn Communicator) -> Range<usize> {
    let (rank, n_ranks) = (communicator.rank(), communicator.n_ranks());
    (n * rank).div_ceil(n_ranks)..(n * (rank + 1)).div_ceil(n_ranks)
}

/// Of a broadcast, what travels at once.
const PIECE_BYTES: usize = 4 << 20;

/// Rank 0's bytes, on every rank.
///
/// # Errors
/// As [`Communicator::exchange`].
pub fn broadcast(communicator: &dyn Communicator, bytes: Vec<u8>) -> Result<Vec<u8>, TrainError> {
    let mut length = (bytes.len() as u64).to_le_bytes();
    relay(communicator, &mut length)?;
    let mut bytes = bytes;
    // A length that a rank's memory cannot hold came from rank 0's, which did.
    bytes.resize(usize::try_from(u64::from_le_bytes(length)).unwrap_or(usize::MAX), 0);
    for piece in bytes.chunks_mut(PIECE_BYTES) {
        relay(communicator, piece)?;
    }
    Ok(bytes)
}

/// From the rank before to the rank behind.
fn relay(communicator: &dyn Communicator, piece: &mut [u8]) -> Result<(), TrainError> {
    let (rank, n_ranks) = (communicator.rank(), communicator.n_ranks());
    if rank > 0 {
        communicator.exchange(&[], &mut [(rank - 1, &mut *piece)], &mut || ())?;
    }
    if rank + 1 < n_ranks {
        communicator.exchange(&[(rank + 1, &*piece)], &mut [], &mut || ())?;
    }
    Ok(())
}
