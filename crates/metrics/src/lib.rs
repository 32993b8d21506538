//! Automatic metrics of generated replies, in `f64`, and how sure they are.
//!
//! Owns the formulas ([`metrics`], one file and one line each), the segmentation of text into tokens
//! ([`segment`]), and resampling. Reads no file and knows no model; all draws are named by a seed.
//! Every metric has a defined value for empty input; none gives NaN.

pub mod metrics;
mod modes;
mod n_grams;
mod report;
mod sample;
pub mod segment;
mod text;
mod uncertainty;

pub use metrics::{Direction, Interval, Metric, Prepared, Scope};
pub use modes::{KnownModes, MODE_CHRF, ModeCoverage, mode_coverage};
pub use report::{Row, Versus, report};
pub use sample::{Sample, SampleError, Size};
pub use segment::{Segmentation, UnknownSegmentation};
pub use text::{Interner, Text};
pub use uncertainty::{Resampling, paired_bootstrap_p, percentile_interval};
