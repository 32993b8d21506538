//! Automatic metrics of generated replies: pure functions of token lists, in `f64`.
//!
//! Owns the formulas and the segmentation of text into tokens. Reads no file, knows no model, has no randomness.
//! Every metric has a defined value for empty input; none gives NaN.

mod bleu;
mod distinct;
mod length;
mod segment;

pub use bleu::{Bleu, BleuError, MAX_ORDER, bleu};
pub use distinct::{Distinct, distinct};
pub use length::{Length, length};
pub use segment::Segmentation;
