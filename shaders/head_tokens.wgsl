// head_tokens: of each row its log-partition, merged from the splits of head_score, and its target's NLL,
//   log-partition - x . E_y; both 0 where the target is below 0.
// Why here:  one pass over rows that are never in memory as x.
// Dispatch:  one workgroup per row from `first` on, folded into (65535, rows, 1) workgroups.
// Reads:     states [B, T, D], latents [B, K, D], embedding [V, D] f32 in vectors of four; partials [n, splits, 2] f32;
//            targets [B, T] i32; info [9] u32 = R, first, n, K, T, D / 4, V, splits, bits of slope.
// Writes:    of out [2, R] f32 the rows first .. first + n.
// Twin:      crates/kernels/src/reference/head_tokens.rs           Tolerance: 1e-5 absolute.
// #import numeric

@group(0) @binding(0) var<storage, read_write> states: array<vec4<f32>>;
@group(0) @binding(1) var<storage, read_write> latents: array<vec4<f32>>;
@group(0) @binding(2) var<storage, read_write> embedding: array<vec4<f32>>;
@group(0) @binding(3) var<storage, read_write> targets: array<i32>;
@group(0) @binding(4) var<storage, read_write> partials: array<f32>;
@group(0) @binding(5) var<storage, read_write> out: array<f32>;
@group(0) @binding(6) var<storage, read_write> info: array<u32>;

const LANES: u32 = 64u;

var<workgroup> lane_sum: array<f32, 64>;

@compute @workgroup_size(64, 1, 1)
fn main(@builtin(workgroup_id) group: vec3<u32>, @builtin(local_invocation_index) lane: u32) {
    let index = group.y * 65535u + group.x;
    let n_rows = info[0];
    // Groups past the last row came from the folding; they repeat the last one and write nothing.
    let local_row = min(index, info[2] - 1u);
    let row = info[1] + local_row;
    let length = info[4];
    let d4 = info[5];
    let slope = bitcast<f32>(info[8]);
    let latent = row / length;
    let position = latent / info[3] * length + row % length;
    let target_token = targets[position];
    // A token beyond the vocabulary is the caller's fault; it reads the last row instead of foreign memory.
    let token = min(u32(max(target_token, 0)), info[6] - 1u);

    var sum = 0.0;
    for (var c = lane; c < d4; c += LANES) {
        let s = states[position * d4 + c] + latents[latent * d4 + c];
        sum += dot(leaky(s, slope), embedding[token * d4 + c]);
    }
    lane_sum[lane] = sum;
    workgroupBarrier();
    for (var half = LANES / 2u; half > 0u; half /= 2u) {
        if (lane < half) {
            lane_sum[lane] += lane_sum[lane + half];
        }
        workgroupBarrier();
    }
    if (lane == 0u && index < info[2]) {
        let n_splits = info[7];
        var highest = LOWEST;
        for (var split = 0u; split < n_splits; split++) {
            highest = max(highest, partials[(local_row * n_splits + split) * 2u]);
        }
        var total = 0.0;
        for (var split = 0u; split < n_splits; split++) {
            let place = (local_row * n_splits + split) * 2u;
            total += partials[place + 1u] * exp(partials[place] - highest);
        }
        let log_partition = highest + log(total);
        out[row] = select(0.0, log_partition, target_token >= 0);
        out[n_rows + row] = select(0.0, log_partition - lane_sum[0], target_token >= 0);
    }
}
