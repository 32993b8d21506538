// The sizes of a tile of logits (see logit_tile) that suit a GPU: 64 rows by 128 tokens, eight by eight a lane.
const LANES: u32 = 128u;
const ROW_GROUPS: u32 = 8u;
const TOKEN_GROUPS: u32 = 16u;
const TOKEN_RUNS: u32 = 2u;
const STEP: u32 = 16u;
