// head_score: of each row its maximal logit m and sum_v exp(x . E_v - m) over a part of the vocabulary ("split");
//   x = s where s >= 0, else slope * s, with s = a[b, t] + latent[b, k], row = (b K + k) T + t.
// Why here:  the logits of K latents are K T V numbers a sentence; here a tile of 64 by 128 lives in registers, and x is
//            built while the tile is loaded.
// Dispatch:  one workgroup per (64 rows from `first` on, split), splits fastest, folded into (65535, rows, 1) workgroups.
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
// A lane has eight rows and eight tokens of the tile, each in two runs of four.
const ROWS: u32 = 64u;
const TOKENS: u32 = 128u;
// Columns of x and E at a time, and the distances of two columns in vectors of four, which spread them over the banks.
const STEP: u32 = 16u;
const X_STRIDE: u32 = 17u;
const E_STRIDE: u32 = 33u;

var<workgroup> shape: vec4<u32>;
var<workgroup> plan: vec4<u32>;
var<workgroup> slope_bits: u32;
var<workgroup> x_tile: array<vec4<f32>, 272>; // [column][row / 4]
var<workgroup> e_tile: array<vec4<f32>, 528>; // [column][token / 4]; at the end the lanes' maxima and sums

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

    // What this lane loads of x: four columns of two rows.
    let part = lane % 4u;
    var state_place: array<u32, 2>;
    var latent_place: array<u32, 2>;
    for (var i = 0u; i < 2u; i++) {
        let row = min(first_row + lane / 4u + i * 32u, n_rows - 1u) + sizes.y;
        let latent = row / sizes.w;
        state_place[i] = (latent / sizes.z * sizes.w + row % sizes.w) * d4 + part;
        latent_place[i] = latent * d4 + part;
    }
    let row_group = lane / 16u;
    let token_group = lane % 16u;

    // Of the rows 4 row_group .. and 32 + 4 row_group ..
    var highest = array<vec4<f32>, 2>(vec4<f32>(LOWEST), vec4<f32>(LOWEST));
    var total = array<vec4<f32>, 2>(vec4<f32>(0.0), vec4<f32>(0.0));
    for (var first = start; first < end; first += TOKENS) {
        // [token][run of rows]
        var logits: array<vec4<f32>, 16>;
        for (var i = 0u; i < 16u; i++) {
            logits[i] = vec4<f32>(0.0);
        }
        for (var column = 0u; column < d4; column += 4u) {
            let is_column = column + part < d4;
            for (var i = 0u; i < 2u; i++) {
                var x = vec4<f32>(0.0);
                if (is_column) {
                    let s = states[state_place[i] + column] + latents[latent_place[i] + column];
                    x = select(s * slope, s, s >= vec4<f32>(0.0));
                }
                let place = part * 4u * X_STRIDE + lane / 16u + i * 8u;
                let component = lane / 4u % 4u;
                x_tile[place][component] = x.x;
                x_tile[place + X_STRIDE][component] = x.y;
                x_tile[place + 2u * X_STRIDE][component] = x.z;
                x_tile[place + 3u * X_STRIDE][component] = x.w;
            }
            for (var token = lane / 4u; token < TOKENS; token += LANES / 4u) {
                var e = vec4<f32>(0.0);
                if (is_column && first + token < end) {
                    e = embedding[(first + token) * d4 + column + part];
                }
                let place = part * 4u * E_STRIDE + token / 4u;
                let component = token % 4u;
                e_tile[place][component] = e.x;
                e_tile[place + E_STRIDE][component] = e.y;
                e_tile[place + 2u * E_STRIDE][component] = e.z;
                e_tile[place + 3u * E_STRIDE][component] = e.w;
            }
            workgroupBarrier();
            for (var c = 0u; c < STEP; c++) {
                let x = x_tile[c * X_STRIDE + row_group];
                let other_x = x_tile[c * X_STRIDE + 8u + row_group];
                let e = e_tile[c * E_STRIDE + token_group];
                let other_e = e_tile[c * E_STRIDE + 16u + token_group];
                for (var i = 0u; i < 4u; i++) {
                    logits[2u * i] += x * e[i];
                    logits[2u * i + 1u] += other_x * e[i];
                    logits[2u * i + 8u] += x * other_e[i];
                    logits[2u * i + 9u] += other_x * other_e[i];
                }
            }
            workgroupBarrier();
        }
        for (var run = 0u; run < 2u; run++) {
            var m = highest[run];
            for (var i = 0u; i < 8u; i++) {
                let token = first + i / 4u * 64u + token_group * 4u + i % 4u;
                m = max(m, select(vec4<f32>(LOWEST), logits[2u * i + run], token < end));
            }
            var sum = total[run] * exp(highest[run] - m);
            for (var i = 0u; i < 8u; i++) {
                let token = first + i / 4u * 64u + token_group * 4u + i % 4u;
                sum += select(vec4<f32>(0.0), exp(logits[2u * i + run] - m), token < end);
            }
            highest[run] = m;
            total[run] = sum;
        }
    }

    // The sixteen lanes of a row are merged in a fixed order.
    e_tile[lane * 4u] = highest[0];
    e_tile[lane * 4u + 1u] = highest[1];
    e_tile[lane * 4u + 2u] = total[0];
    e_tile[lane * 4u + 3u] = total[1];
    workgroupBarrier();
    if (lane < ROWS && first_row + lane < n_rows) {
        let first_place = lane % 32u / 4u * 64u + lane / 32u;
        var m = LOWEST;
        for (var i = 0u; i < 64u; i += 4u) {
            m = max(m, e_tile[first_place + i][lane % 4u]);
        }
        var sum = 0.0;
        for (var i = 0u; i < 64u; i += 4u) {
            sum += e_tile[first_place + i + 2u][lane % 4u] * exp(e_tile[first_place + i][lane % 4u] - m);
        }
        let place = ((first_row + lane) * n_splits + split) * 2u;
        partials[place] = m;
        partials[place + 1u] = sum;
    }
}
