//! CPU twins of the shaders, one per stage: the same names and arithmetic, one element at a time. The cpu device runs
//! them over blocks in parallel; the parity tests compare the shaders with them.

pub mod adam_step;
pub mod affine;
pub mod affine_whole;
pub mod attend;
pub mod column_sums;
pub mod dropout;
pub mod exp;
pub mod head_combine;
pub mod head_logits_grad;
pub mod head_loss;
pub mod head_lowest;
pub mod head_rows;
pub mod head_score;
pub mod head_score_f16;
pub mod head_score_wide;
pub mod head_sentence;
pub mod head_states;
pub mod head_tokens;
pub mod layer_norm;
pub mod leaky_relu;
pub mod radix_sort;
pub mod segment_sums;
pub mod top;
