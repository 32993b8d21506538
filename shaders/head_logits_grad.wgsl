// head_logits_grad: the loss's gradient by the logits of a range of tokens v: g[r, v] = (g1 + g2) exp(x_r . E_v - l)
//   - [y = v] g1 - g2 / V, of a row's log-partition l, weights g1, g2 and target y.
// Why here:  the logits are made again, a tile in registers, and what is left of them is written once, for both products
//            of the backward pass, g E and g^T x. The range bounds its memory.
// Dispatch:  one workgroup per (64 rows, 128 tokens of the range), tokens fastest, folded into (65535, rows, 1) workgroups.
// Reads:     x [R, D], embedding [V, D], rows [R, 4] f32 in vectors of four; info [5] u32 = R, first and end of the range,
//            D / 4, bits of 1 / V.
// Writes:    every cell of g [R, end - first] f32.
// Twin:      crates/kernels/src/reference/head_logits_grad.rs           Tolerance: 1e-5 absolute.
// #import logit_tile
// #import tile_sizes
// #import single_products

@group(0) @binding(0) var<storage, read_write> x: array<vec4<f32>>;
@group(0) @binding(1) var<storage, read_write> embedding: array<vec4<f32>>;
@group(0) @binding(2) var<storage, read_write> rows: array<vec4<f32>>;
@group(0) @binding(3) var<storage, read_write> g: array<f32>;
@group(0) @binding(4) var<storage, read_write> info: array<u32>;

var<workgroup> plan: vec4<u32>;
// Where what this lane loads lies.
var<private> x_place: array<u32, ROWS / LOADED>;

fn x_at(i: u32, column: u32) -> vec4<f32> {
    return x[x_place[i] + column];
}

@compute @workgroup_size(LANES, 1, 1)
fn main(@builtin(workgroup_id) group: vec3<u32>, @builtin(local_invocation_index) lane: u32) {
    if (lane == 0u) {
        plan = vec4<u32>(info[0], info[1], info[2], info[3]);
    }
    // Equal in all lanes, so that the barriers below stand in uniform control flow.
    let sizes = workgroupUniformLoad(&plan);
    let n_rows = sizes.x;
    let width = sizes.z - sizes.y;
    let n_tiles = (width + TOKENS - 1u) / TOKENS;
    let index = group.y * 65535u + group.x;
    // Groups past the last row came from the folding; they write nothing.
    let first_row = index / n_tiles * ROWS;
    let first = sizes.y + index % n_tiles * TOKENS;
    for (var i = 0u; i < ROWS / LOADED; i++) {
        x_place[i] = min(first_row + loaded_row(lane, i), n_rows - 1u) * sizes.w + lane % PARTS;
    }
    var logits: array<vec4<f32>, LOGITS>;
    make_logits(&logits, lane, sizes.w, first, sizes.z);

    let share = bitcast<f32>(info[4]);
    for (var run = 0u; run < 2u; run++) {
        let row = first_row + first_row_of(lane, run);
        var four: array<vec4<f32>, 4>;
        for (var r = 0u; r < 4u; r++) {
            four[r] = rows[min(row + r, n_rows - 1u)];
        }
        let log_partition = vec4<f32>(four[0].x, four[1].x, four[2].x, four[3].x);
        let nll = vec4<f32>(four[0].y, four[1].y, four[2].y, four[3].y);
        let uniform_loss = vec4<f32>(four[0].z, four[1].z, four[2].z, four[3].z);
        let target_token = vec4<f32>(four[0].w, four[1].w, four[2].w, four[3].w);
        for (var i = 0u; i < 4u * TOKEN_RUNS; i++) {
            let token = first + token_of(lane, i);
            if (token < sizes.z) {
                let hit = select(vec4<f32>(0.0), nll, target_token == vec4<f32>(f32(token)));
                let p = exp(logits[2u * i + run] - log_partition);
                let grad = (nll + uniform_loss) * p - hit - uniform_loss * share;
                for (var r = 0u; r < 4u; r++) {
                    if (row + r < n_rows) {
                        g[(row + r) * width + token - sizes.y] = grad[r];
                    }
                }
            }
        }
    }
}
