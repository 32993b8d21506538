// head_grad: out[i] = sum_j g_ij other[j] with g the loss's gradient by the logits, g = (g1 + g2) exp(mine_i . other_j - l)
//   - [y = v] g1 - g2 / V, where of i and j one is a row, of log-partition l, weights g1, g2 and target y, and one a token v.
//   With mine = x and other = E it is the gradient of x, with mine = E and other = x that of E.
// Why here:  the probabilities are made again, a tile of 32 by 64 at a time, and never leave the workgroup.
// Dispatch:  one workgroup per (32 of mine from `first` on, split of the others), splits fastest, folded into
//            (65535, rows, 1) workgroups. It alone writes its part of out, so it may sum there.
// Reads:     mine [I, D], other [J, D], rows [R, 4] f32 in vectors of four; info [11] u32 = end of mine, first, first and
//            end of the others, others a split, splits, D / 4, 1 if mine are the rows, bits of 1 / V, 1 if out already holds
//            a sum, rows of out a split.
// Writes:    rows 0 .. end - first of each split of out [splits, rows a split, D].
// Twin:      crates/kernels/src/reference/head_grad.rs           Tolerance: 3e-5 absolute and relative (the sums' order).

@group(0) @binding(0) var<storage, read_write> mine: array<vec4<f32>>;
@group(0) @binding(1) var<storage, read_write> other: array<vec4<f32>>;
@group(0) @binding(2) var<storage, read_write> rows: array<vec4<f32>>;
@group(0) @binding(3) var<storage, read_write> out: array<vec4<f32>>;
@group(0) @binding(4) var<storage, read_write> info: array<u32>;

const LANES: u32 = 64u;
// A lane has four of mine and eight of the others, in two runs of four; then four columns of half of mine.
const MINE: u32 = 32u;
const OTHERS: u32 = 64u;
// Columns at a time, and the distances of two columns in vectors of four, which spread them over the banks.
const STEP: u32 = 16u;
const MINE_STRIDE: u32 = 9u;
const OTHER_STRIDE: u32 = 17u;

var<workgroup> range: vec4<u32>;
var<workgroup> plan: vec4<u32>;
var<workgroup> mode: vec4<u32>;
var<workgroup> row_tile: array<vec4<f32>, 32>; // of mine
var<workgroup> mine_tile: array<vec4<f32>, 144>; // [column][mine / 4]
var<workgroup> other_tile: array<vec4<f32>, 272>; // [column][other / 4]
var<workgroup> g_tile: array<vec4<f32>, 512>; // [other][mine / 4]

fn gradient(logit: f32, row: vec4<f32>, token: u32, share: f32) -> f32 {
    let hit = select(0.0, row.y, row.w == f32(token));
    return (row.y + row.z) * exp(logit - row.x) - hit - row.z * share;
}

@compute @workgroup_size(64, 1, 1)
fn main(@builtin(workgroup_id) group: vec3<u32>, @builtin(local_invocation_index) lane: u32) {
    if (lane == 0u) {
        range = vec4<u32>(info[0], info[1], info[2], info[3]);
        plan = vec4<u32>(info[4], info[5], info[6], info[7]);
        mode = vec4<u32>(info[8], info[9], info[10], 0u);
    }
    // Equal in all lanes, so that the barriers below stand in uniform control flow.
    let ends = workgroupUniformLoad(&range);
    let sizes = workgroupUniformLoad(&plan);
    let others = workgroupUniformLoad(&mode);
    let d4 = sizes.z;
    let by_mine = sizes.w == 1u;
    let share = bitcast<f32>(others.x);
    let index = group.y * 65535u + group.x;
    let tile = index / sizes.y * MINE;
    let split = index % sizes.y;
    // Groups past the last came from the folding; they write nothing.
    let first = ends.y + tile;
    let n_mine = ends.x - min(ends.x, first);
    let start = ends.z + split * sizes.x;
    let end = min(start + sizes.x, ends.w);
    let out_first = split * others.z + tile;
    if (by_mine && lane < MINE) {
        row_tile[lane] = rows[min(first + lane, ends.x - 1u)];
    }

    let part = lane % 4u;
    let mine_group = lane / 8u;
    let other_group = lane % 8u;
    for (var at = start; at < end; at += OTHERS) {
        var logits: array<vec4<f32>, 8>;
        for (var j = 0u; j < 8u; j++) {
            logits[j] = vec4<f32>(0.0);
        }
        for (var column = 0u; column < d4; column += 4u) {
            let is_column = column + part < d4;
            for (var i = lane / 4u; i < MINE; i += LANES / 4u) {
                var x = vec4<f32>(0.0);
                if (is_column && i < n_mine) {
                    x = mine[(first + i) * d4 + column + part];
                }
                let place = part * 4u * MINE_STRIDE + i / 4u;
                mine_tile[place][i % 4u] = x.x;
                mine_tile[place + MINE_STRIDE][i % 4u] = x.y;
                mine_tile[place + 2u * MINE_STRIDE][i % 4u] = x.z;
                mine_tile[place + 3u * MINE_STRIDE][i % 4u] = x.w;
            }
            for (var i = lane / 4u; i < OTHERS; i += LANES / 4u) {
                var x = vec4<f32>(0.0);
                if (is_column && at + i < end) {
                    x = other[(at + i) * d4 + column + part];
                }
                let place = part * 4u * OTHER_STRIDE + i / 4u;
                other_tile[place][i % 4u] = x.x;
                other_tile[place + OTHER_STRIDE][i % 4u] = x.y;
                other_tile[place + 2u * OTHER_STRIDE][i % 4u] = x.z;
                other_tile[place + 3u * OTHER_STRIDE][i % 4u] = x.w;
            }
            workgroupBarrier();
            for (var c = 0u; c < STEP; c++) {
                let x = mine_tile[c * MINE_STRIDE + mine_group];
                let y = other_tile[c * OTHER_STRIDE + other_group];
                let other_y = other_tile[c * OTHER_STRIDE + 8u + other_group];
                for (var i = 0u; i < 4u; i++) {
                    logits[i] += x * y[i];
                    logits[i + 4u] += x * other_y[i];
                }
            }
            workgroupBarrier();
        }

        for (var j = 0u; j < 8u; j++) {
            let t = j / 4u * 32u + other_group * 4u + j % 4u;
            let own = rows[select(min(at + t, end - 1u), 0u, by_mine)];
            var g = vec4<f32>(0.0);
            for (var i = 0u; i < 4u; i++) {
                let m = mine_group * 4u + i;
                let token = select(first + m, at + t, by_mine);
                g[i] = gradient(logits[j][i], select(own, row_tile[m], by_mine), token, share);
            }
            g_tile[t * 8u + mine_group] = select(vec4<f32>(0.0), g, at + t < end);
        }
        workgroupBarrier();

        let n = min(OTHERS, end - at);
        let has_sum = at > start || others.y == 1u;
        for (var column = lane; column < d4; column += LANES) {
            for (var half = 0u; half < 2u; half++) {
                var sums: array<vec4<f32>, 16>;
                let out_place = (out_first + half * 16u) * d4 + column;
                for (var i = 0u; i < 16u; i++) {
                    sums[i] = vec4<f32>(0.0);
                    if (has_sum && half * 16u + i < n_mine) {
                        sums[i] = out[out_place + i * d4];
                    }
                }
                for (var t = 0u; t < n; t++) {
                    let x = other[(at + t) * d4 + column];
                    for (var i = 0u; i < 4u; i++) {
                        let g = g_tile[t * 8u + half * 4u + i];
                        sums[4u * i] += g.x * x;
                        sums[4u * i + 1u] += g.y * x;
                        sums[4u * i + 2u] += g.z * x;
                        sums[4u * i + 3u] += g.w * x;
                    }
                }
                for (var i = 0u; i < 16u; i++) {
                    if (half * 16u + i < n_mine) {
                        out[out_place + i * d4] = sums[i];
                    }
                }
            }
        }
        // The next tile of others overwrites what this one reads only after a barrier of its own.
    }
}
