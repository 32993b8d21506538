//! All tests of the rooms that link Burn, in one binary.

mod affine;
mod claims;
mod config;
mod devices_agree;
mod export;
mod generation;
mod golden;
mod harness;
mod head;
mod head_stages;
mod kernels;
mod latent_map;
mod losses;
mod methods;
mod model;
mod modes;
mod ranks;
mod training;
