// head_score_wide: head_score for software adapters, with tiles of 64 by 256.
// Why here:  they read the workgroup's memory a value at a time, so a lane has eight by thirty-two logits, with five eighths
//            of the reads; their sums lie on the host's stack. On a GPU they would not fit the registers.
// Dispatch:  as head_score.
// Reads:     as head_score.   Writes: as head_score.
// Twin:      crates/kernels/src/reference/head_score_wide.rs      Tolerance: 1e-5 absolute for m + log(sum).
// #import score_tile
// #import single_products

const LANES: u32 = 64u;
const ROW_GROUPS: u32 = 8u;
const TOKEN_GROUPS: u32 = 8u;
const TOKEN_RUNS: u32 = 8u;
const STEP: u32 = 8u;
