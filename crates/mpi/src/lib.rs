//! Ranks over MPI: [`MpiCommunicator`] moves bytes between the processes of `mpirun`, and ends all of them when one is
//! lost. Empty without the feature `mpi`, so that builds and tests need no MPI.
//!
//! Source of what it calls: the MPI standard 3.1, by the crate `mpi`; the tests run it on Open MPI.

#[cfg(feature = "mpi")]
mod alarm;
#[cfg(feature = "mpi")]
mod bench;
#[cfg(feature = "mpi")]
mod communicator;

#[cfg(feature = "mpi")]
pub use bench::{SumBench, bench_sum};
#[cfg(feature = "mpi")]
pub use communicator::{MpiCommunicator, MpiError};
