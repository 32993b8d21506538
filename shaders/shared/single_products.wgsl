// The products of a tile in f32, for logit_tile; and merge for score_tile.
alias Part = f32;

fn add_products(logits: ptr<function, array<vec4<f32>, LOGITS>>, row_group: u32, token_group: u32) {
    for (var c = 0u; c < STEP; c++) {
        let x = x_tile[c * X_STRIDE + row_group];
        let other_x = x_tile[c * X_STRIDE + ROW_GROUPS + row_group];
        for (var run = 0u; run < TOKEN_RUNS; run++) {
            let e = e_tile[c * E_STRIDE + run * TOKEN_GROUPS + token_group];
            for (var i = 0u; i < 4u; i++) {
                (*logits)[8u * run + 2u * i] += x * e[i];
                (*logits)[8u * run + 2u * i + 1u] += other_x * e[i];
            }
        }
    }
}

// The tile of E is read no more when the lanes are merged.
fn merge(place: u32) -> vec4<f32> {
    return e_tile[place];
}

fn set_merge(place: u32, values: vec4<f32>) {
    e_tile[place] = values;
}
