// head_score_f16: head_score with tiles, products and the sums of eight products in f16, and all else in f32.
// Why here:  f16 has twice the rate of f32 on most GPUs, and the scores only choose the winner.
// Dispatch:  as head_score.
// Reads:     as head_score.   Writes: as head_score.
// Twin:      crates/kernels/src/reference/head_score_f16.rs         Tolerance: 4e-3 absolute for m + log(sum).

enable f16;
// #import score_tile
// #import tile_sizes

alias Part = f16;

var<workgroup> merge_tile: array<vec4<f32>, 4u * LANES>;

fn add_products(logits: ptr<function, array<vec4<f32>, LOGITS>>, row_group: u32, token_group: u32) {
    for (var eight = 0u; eight < STEP; eight += 8u) {
        var sums: array<vec4<f16>, LOGITS>;
        for (var i = 0u; i < LOGITS; i++) {
            sums[i] = vec4<f16>(0.0h);
        }
        for (var c = eight; c < eight + 8u; c++) {
            let x = x_tile[c * X_STRIDE + row_group];
            let other_x = x_tile[c * X_STRIDE + ROW_GROUPS + row_group];
            for (var run = 0u; run < TOKEN_RUNS; run++) {
                let e = e_tile[c * E_STRIDE + run * TOKEN_GROUPS + token_group];
                for (var i = 0u; i < 4u; i++) {
                    sums[8u * run + 2u * i] += x * e[i];
                    sums[8u * run + 2u * i + 1u] += other_x * e[i];
                }
            }
        }
        for (var i = 0u; i < LOGITS; i++) {
            (*logits)[i] += vec4<f32>(sums[i]);
        }
    }
}

fn merge(place: u32) -> vec4<f32> {
    return merge_tile[place];
}

fn set_merge(place: u32, values: vec4<f32>) {
    merge_tile[place] = values;
}
