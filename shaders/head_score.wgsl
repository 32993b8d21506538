// head_score: of each row its maximal logit m and sum_v exp(x . E_v - m) over a part of the vocabulary ("split");
//   x = s where s >= 0, else slope * s, with s = a[b, t] + latent[b, k], row = (b K + k) T + t.
// Why here:  the logits of K latents are K T V numbers a sentence; here a tile of 64 by 64 lives in registers, and x is
//            built while the tile is loaded.
// Dispatch:  one workgroup per (64 rows, split), splits fastest, folded into (65535, rows, 1) workgroups.
// Reads:     states [B, T, D], latents [B, K, D], embedding [V, D] f32; info [8] u32 = R, K, T, D, V, tokens a split,
//            splits, bits of slope.   Writes: every cell of partials [R, splits, 2] f32 = m, sum.
// Twin:      crates/kernels/src/reference/head_score.rs           Tolerance: 1e-5 absolute for m + log(sum).

@group(0) @binding(0) var<storage, read_write> states: array<f32>;
@group(0) @binding(1) var<storage, read_write> latents: array<f32>;
@group(0) @binding(2) var<storage, read_write> embedding: array<f32>;
@group(0) @binding(3) var<storage, read_write> partials: array<f32>;
@group(0) @binding(4) var<storage, read_write> info: array<u32>;

const LOWEST: f32 = -3.0e38;
// Rows and tokens of a tile, and columns of x and E at a time.
const TILE: u32 = 64u;
const STEP: u32 = 16u;

var<workgroup> shape: vec4<u32>;
var<workgroup> plan: vec4<u32>;
// [column][row] and [column][token]; at the end maxima and sums, [row][lane of the row].
var<workgroup> x_tile: array<f32, 1024>;
var<workgroup> e_tile: array<f32, 1024>;

// Index of a row's first value in `states` and in `latents`.
fn places(row: u32, sizes: vec4<u32>) -> vec2<u32> {
    let latent = row / sizes.z;
    let state = latent / sizes.y * sizes.z + row % sizes.z;
    return vec2<u32>(state, latent) * sizes.w;
}

@compute @workgroup_size(256, 1, 1)
fn main(@builtin(workgroup_id) group: vec3<u32>, @builtin(local_invocation_index) lane: u32) {
    if (lane == 0u) {
        shape = vec4<u32>(info[0], info[1], info[2], info[3]);
        plan = vec4<u32>(info[4], info[5], info[6], info[7]);
    }
    // Equal in all lanes, so that the barriers below stand in uniform control flow.
    let sizes = workgroupUniformLoad(&shape);
    let split_sizes = workgroupUniformLoad(&plan);
    let d_model = sizes.w;
    let n_splits = split_sizes.z;
    let slope = bitcast<f32>(split_sizes.w);
    let index = group.y * 65535u + group.x;
    let first_row = index / n_splits * TILE;
    let split = index % n_splits;
    let start = split * split_sizes.y;
    let end = min(start + split_sizes.y, split_sizes.x);

    let row_group = lane / 16u;
    let token_group = lane % 16u;
    var highest = vec4<f32>(LOWEST);
    var total = vec4<f32>(0.0);
    for (var first = start; first < end; first += TILE) {
        var logits = array<vec4<f32>, 4>(vec4<f32>(0.0), vec4<f32>(0.0), vec4<f32>(0.0), vec4<f32>(0.0));
        for (var column = 0u; column < d_model; column += STEP) {
            for (var i = lane; i < TILE * STEP; i += 256u) {
                let c = column + i % STEP;
                let row = first_row + i / STEP;
                let token = first + i / STEP;
                var x = 0.0;
                var e = 0.0;
                if (c < d_model && row < sizes.x) {
                    let place = places(row, sizes);
                    let s = states[place.x + c] + latents[place.y + c];
                    x = select(s * slope, s, s >= 0.0);
                }
                if (c < d_model && token < end) {
                    e = embedding[token * d_model + c];
                }
                x_tile[i % STEP * TILE + i / STEP] = x;
                e_tile[i % STEP * TILE + i / STEP] = e;
            }
            workgroupBarrier();
            for (var c = 0u; c < STEP; c++) {
                let x = c * TILE + row_group * 4u;
                let t = c * TILE + token_group * 4u;
                let e = vec4<f32>(e_tile[t], e_tile[t + 1u], e_tile[t + 2u], e_tile[t + 3u]);
                logits[0] += x_tile[x] * e;
                logits[1] += x_tile[x + 1u] * e;
                logits[2] += x_tile[x + 2u] * e;
                logits[3] += x_tile[x + 3u] * e;
            }
            workgroupBarrier();
        }
        let tokens = vec4<u32>(first + token_group * 4u) + vec4<u32>(0u, 1u, 2u, 3u);
        let counts = tokens < vec4<u32>(end);
        for (var i = 0u; i < 4u; i++) {
            let l = select(vec4<f32>(LOWEST), logits[i], counts);
            let m = max(highest[i], max(max(l.x, l.y), max(l.z, l.w)));
            let e = select(vec4<f32>(0.0), exp(l - m), counts);
            total[i] = total[i] * exp(highest[i] - m) + (e.x + e.y + e.z + e.w);
            highest[i] = m;
        }
    }

    for (var i = 0u; i < 4u; i++) {
        x_tile[(row_group * 4u + i) * 16u + token_group] = highest[i];
        e_tile[(row_group * 4u + i) * 16u + token_group] = total[i];
    }
    workgroupBarrier();
    for (var half = 8u; half > 0u; half /= 2u) {
        if (token_group < half) {
            for (var i = 0u; i < 4u; i++) {
                let mine = (row_group * 4u + i) * 16u + token_group;
                let other = mine + half;
                let m = max(x_tile[mine], x_tile[other]);
                e_tile[mine] = e_tile[mine] * exp(x_tile[mine] - m) + e_tile[other] * exp(x_tile[other] - m);
                x_tile[mine] = m;
            }
        }
        workgroupBarrier();
    }
    // Groups past the last row came from the folding, and lanes past it from the last tile; they write nothing.
    if (lane < TILE && first_row + lane < sizes.x) {
        let place = ((first_row + lane) * n_splits + split) * 2u;
        partials[place] = x_tile[lane * 16u];
        partials[place + 1u] = e_tile[lane * 16u];
    }
}
