// head_score: of each row its maximal logit m and sum_v exp(x . E_v - m) over a part of the vocabulary ("split");
//   x = s where s >= 0, else slope * s, with s = a[b, t] + latent[b, k], row = (b K + k) T + t.
// Why here:  the logits of K latents are K T V numbers a sentence; here a tile of 32 by 256 lives in registers, and x is
//            built while the tile is loaded.
// Dispatch:  one workgroup per (32 rows from `first` on, split), splits fastest, folded into (65535, rows, 1) workgroups.
// Reads:     states [B, T, D], latents [B, K, D], embedding [V, D] f32 in vectors of four; info [9] u32 = end of the rows,
//            first, K, T, D / 4, V, tokens a split, splits, bits of slope.
// Writes:    every cell of partials [end - first, splits, 2] f32 = m, sum.
// Twin:      crates/kernels/src/reference/head_score.rs           Tolerance: 1e-5 absolute for m + log(sum).

@group(0) @binding(0) var<storage, read_write> states: array<vec4<f32>>;
@group(0) @binding(1) var<storage, read_write> latents: array<vec4<f32>>;
@group(0) @binding(2) var<storage, read_write> embedding: array<vec4<f32>>;
@group(0) @binding(3) var<storage, read_write> partials: array<f32>;
@group(0) @binding(4) var<storage, read_write> info: array<u32>;

const LOWEST: f32 = -3.0e38;
const LANES: u32 = 128u;
// A lane has two tokens, and all rows of the tile: what it reads of x is the same for all lanes.
const ROWS: u32 = 32u;
const TOKENS: u32 = 256u;
// Columns of x and E at a time, and the distance of two columns of E, which spreads them over the banks.
const STEP: u32 = 8u;
const STRIDE: u32 = 260u;
// The same for the merging of eight rows' maxima, and then sums.
const MERGE_STRIDE: u32 = 136u;
const MERGE_SUMS: u32 = 1088u;

var<workgroup> shape: vec4<u32>;
var<workgroup> plan: vec4<u32>;
var<workgroup> slope_bits: u32;
var<workgroup> x_tile: array<vec4<f32>, 64>; // [column][row / 4]
var<workgroup> e_tile: array<f32, 2176>; // [column][token]
var<workgroup> merged: array<vec2<f32>, 128>; // [row][part of the lanes]

fn join(a: vec2<f32>, b: vec2<f32>) -> vec2<f32> {
    let m = max(a.x, b.x);
    return vec2<f32>(m, a.y * exp(a.x - m) + b.y * exp(b.x - m));
}

// Merges the lanes' maxima and sums of eight rows, in a fixed order, and writes them.
fn merge(lane: u32, m: array<vec4<f32>, 2>, sum: array<vec4<f32>, 2>, first: u32, n_rows: u32, n_splits: u32, split: u32) {
    for (var i = 0u; i < 4u; i++) {
        e_tile[i * MERGE_STRIDE + lane] = m[0][i];
        e_tile[(i + 4u) * MERGE_STRIDE + lane] = m[1][i];
        e_tile[MERGE_SUMS + i * MERGE_STRIDE + lane] = sum[0][i];
        e_tile[MERGE_SUMS + (i + 4u) * MERGE_STRIDE + lane] = sum[1][i];
    }
    workgroupBarrier();
    let from_place = lane / 16u * MERGE_STRIDE + lane % 16u;
    var pair = vec2<f32>(LOWEST, 0.0);
    for (var i = 0u; i < 128u; i += 16u) {
        pair = join(pair, vec2<f32>(e_tile[from_place + i], e_tile[MERGE_SUMS + from_place + i]));
    }
    merged[lane] = pair;
    workgroupBarrier();
    if (lane < 8u && first + lane < n_rows) {
        var all = vec2<f32>(LOWEST, 0.0);
        for (var i = 0u; i < 16u; i++) {
            all = join(all, merged[lane * 16u + i]);
        }
        let place = ((first + lane) * n_splits + split) * 2u;
        partials[place] = all.x;
        partials[place + 1u] = all.y;
    }
}

@compute @workgroup_size(128, 1, 1)
fn main(@builtin(workgroup_id) group: vec3<u32>, @builtin(local_invocation_index) lane: u32) {
    if (lane == 0u) {
        shape = vec4<u32>(info[0] - info[1], info[1], info[2], info[3]);
        plan = vec4<u32>(info[4], info[5], info[6], info[7]);
        slope_bits = info[8];
    }
    // Equal in all lanes, so that the barriers below stand in uniform control flow.
    let sizes = workgroupUniformLoad(&shape);
    let vocabulary = workgroupUniformLoad(&plan);
    let slope = bitcast<f32>(workgroupUniformLoad(&slope_bits));
    let n_rows = sizes.x;
    let d4 = vocabulary.x;
    let n_splits = vocabulary.w;
    let index = group.y * 65535u + group.x;
    // Groups past the last row came from the folding; they write nothing.
    let first_row = index / n_splits * ROWS;
    let split = index % n_splits;
    let start = split * vocabulary.z;
    let end = min(start + vocabulary.z, vocabulary.y);

    // What this lane loads of x: half of the columns of one row.
    let part = lane % 2u;
    let x_row = min(first_row + lane / 2u, n_rows - 1u) + sizes.y;
    let latent = x_row / sizes.w;
    let state_place = (latent / sizes.z * sizes.w + x_row % sizes.w) * d4 + part;
    let latent_place = latent * d4 + part;
    let x_place = part * 32u + lane / 8u;
    let x_component = lane / 2u % 4u;

    var highest: array<vec4<f32>, 8>;
    var total: array<vec4<f32>, 8>;
    for (var j = 0u; j < 8u; j++) {
        highest[j] = vec4<f32>(LOWEST);
        total[j] = vec4<f32>(0.0);
    }
    for (var first = start; first < end; first += TOKENS) {
        var logits: array<vec4<f32>, 8>;
        var other_logits: array<vec4<f32>, 8>;
        for (var j = 0u; j < 8u; j++) {
            logits[j] = vec4<f32>(0.0);
            other_logits[j] = vec4<f32>(0.0);
        }
        for (var column = 0u; column < d4; column += 2u) {
            let is_column = column + part < d4;
            if (lane < 64u) {
                var x = vec4<f32>(0.0);
                if (is_column) {
                    let s = states[state_place + column] + latents[latent_place + column];
                    x = select(s * slope, s, s >= vec4<f32>(0.0));
                }
                x_tile[x_place][x_component] = x.x;
                x_tile[x_place + 8u][x_component] = x.y;
                x_tile[x_place + 16u][x_component] = x.z;
                x_tile[x_place + 24u][x_component] = x.w;
            }
            for (var token = lane / 2u; token < TOKENS; token += LANES / 2u) {
                var e = vec4<f32>(0.0);
                if (is_column && first + token < end) {
                    e = embedding[(first + token) * d4 + column + part];
                }
                let place = part * 4u * STRIDE + token;
                e_tile[place] = e.x;
                e_tile[place + STRIDE] = e.y;
                e_tile[place + 2u * STRIDE] = e.z;
                e_tile[place + 3u * STRIDE] = e.w;
            }
            workgroupBarrier();
            for (var c = 0u; c < STEP; c++) {
                let e = e_tile[c * STRIDE + lane];
                let other_e = e_tile[c * STRIDE + LANES + lane];
                for (var j = 0u; j < 8u; j++) {
                    let x = x_tile[c * 8u + j];
                    logits[j] += x * e;
                    other_logits[j] += x * other_e;
                }
            }
            workgroupBarrier();
        }
        let counts = first + lane < end;
        let other_counts = first + LANES + lane < end;
        for (var j = 0u; j < 8u; j++) {
            let l = select(vec4<f32>(LOWEST), logits[j], counts);
            let other_l = select(vec4<f32>(LOWEST), other_logits[j], other_counts);
            let m = max(highest[j], max(l, other_l));
            let terms = select(vec4<f32>(0.0), exp(l - m), counts) + select(vec4<f32>(0.0), exp(other_l - m), other_counts);
            total[j] = total[j] * exp(highest[j] - m) + terms;
            highest[j] = m;
        }
    }

    // Written out, so that the arrays are never indexed by a variable and stay in registers.
    merge(lane, array(highest[0], highest[1]), array(total[0], total[1]), first_row, n_rows, n_splits, split);
    merge(lane, array(highest[2], highest[3]), array(total[2], total[3]), first_row + 8u, n_rows, n_splits, split);
    merge(lane, array(highest[4], highest[5]), array(total[4], total[5]), first_row + 16u, n_rows, n_splits, split);
    merge(lane, array(highest[6], highest[7]), array(total[6], total[7]), first_row + 24u, n_rows, n_splits, split);
}
