//! Twin of `shaders/head_score_wide.wgsl`, which differs from `head_score.wgsl` by who computes what.

pub use super::head_score::head_score as head_score_wide;
