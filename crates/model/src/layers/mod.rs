//! Building blocks of the model: every shared block lives here once.

pub mod attention;
pub mod embedding;
pub mod initializer;
pub mod latent;
pub mod linear;
pub mod transformer;
