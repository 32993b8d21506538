//! From a social-media archive to training pairs: the paper's corpus pipeline for tens of millions of posts.
//!
//! Owns reading archives of several platforms, cleaning and masking text, the filters, the reply trees and the splits,
//! all in bounded memory. What it leaves is a corpus folder of `repartee-corpus`. It knows nothing of models.

mod build;
mod clean;
mod context;
mod error;
mod filters;
mod formats;
mod hash;
mod input;
mod memory;
mod options;
mod post;
mod sorter;
mod spool;
mod stages;
mod tally;
mod work;

pub use build::{BuildReport, build};
pub use context::BuildProgress;
pub use error::{ArchiveError, Fault};
pub use filters::{FILTERS, Filter, FilterSettings, Message, Occurrences, Preset, Scope};
pub use options::BuildOptions;
pub use tally::{Count, Tally};
