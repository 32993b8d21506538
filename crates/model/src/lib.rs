//! The Transformer CVAE (T-CVAE), its training methods, losses and schedules, as functions of tensors. Owns the
//! mathematics; does no I/O, reads no clock and draws no noise of its own: seeds, latent noise and dropout keys are
//! arguments.
//!
//! Shape legend: `B` batch, `S` source length, `T` target length, `D` d_model, `H` heads, `Z` latent size,
//! `V` vocabulary, `K` latent samples.

pub mod batch;
pub mod config;
pub mod decoding;
pub mod gaussian;
pub mod layers;
pub mod losses;
pub mod methods;
pub mod pass;
pub mod random;
pub mod schedules;
pub mod tcvae;

pub use batch::{Batch, TokenBatch};
pub use config::{Architecture, Heads, ModelConfig, ModelConfigError};
pub use gaussian::Gaussian;
pub use pass::Pass;
pub use random::{Dropout, Noise, RandomStreams};
pub use tcvae::Tcvae;
