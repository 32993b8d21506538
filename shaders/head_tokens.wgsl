// head_tokens: of each row its log-partition, merged from the splits of head_score, and its target's NLL,
//   log-partition - x . E_y; both 0 where the target is below 0.
// Why here:  one pass over rows that are never in memory as x.
// Dispatch:  one workgroup per row, folded into (65535, rows, 1) workgroups.
// Reads:     states [B, T, D], latents [B, K, D], embedding [V, D], partials [R, splits, 2] f32; targets [B, T] i32;
//            info [7] u32 = R, K, T, D, V, splits, bits of slope.   Writes: every cell of out [2, R] f32.
// Twin:      crates/kernels/src/reference/head_tokens.rs           Tolerance: 1e-5 absolute.

@group(0) @binding(0) var<storage, read_write> states: array<f32>;
@group(0) @binding(1) var<storage, read_write> latents: array<f32>;
@group(0) @binding(2) var<storage, read_write> embedding: array<f32>;
@group(0) @binding(3) var<storage, read_write> targets: array<i32>;
@group(0) @binding(4) var<storage, read_write> partials: array<f32>;
@group(0) @binding(5) var<storage, read_write> out: array<f32>;
@group(0) @binding(6) var<storage, read_write> info: array<u32>;

const LANES: u32 = 64u;
const LOWEST: f32 = -3.0e38;

var<workgroup> lane_sum: array<f32, 64>;

@compute @workgroup_size(64, 1, 1)
fn main(@builtin(workgroup_id) group: vec3<u32>, @builtin(local_invocation_index) lane: u32) {
    let index = group.y * 65535u + group.x;
    let n_rows = info[0];
    // Groups past the last row came from the folding; they repeat the last one and write nothing.
    let row = min(index, n_rows - 1u);
    let length = info[2];
    let d_model = info[3];
    let slope = bitcast<f32>(info[6]);
    let latent = row / length;
    let position = latent / info[1] * length + row % length;
    let target_token = targets[position];
    // A token beyond the vocabulary is the caller's fault; it reads the last row instead of foreign memory.
    let token = min(u32(max(target_token, 0)), info[4] - 1u);

    var sum = 0.0;
    for (var c = lane; c < d_model; c += LANES) {
        let s = states[position * d_model + c] + latents[latent * d_model + c];
        sum += select(s * slope, s, s >= 0.0) * embedding[token * d_model + c];
    }
    lane_sum[lane] = sum;
    workgroupBarrier();
    for (var half = LANES / 2u; half > 0u; half /= 2u) {
        if (lane < half) {
            lane_sum[lane] += lane_sum[lane + half];
        }
        workgroupBarrier();
    }
    if (lane == 0u && index < n_rows) {
        let n_splits = info[5];
        var highest = LOWEST;
        for (var split = 0u; split < n_splits; split++) {
            highest = max(highest, partials[(row * n_splits + split) * 2u]);
        }
        var total = 0.0;
        for (var split = 0u; split < n_splits; split++) {
            let place = (row * n_splits + split) * 2u;
            total += partials[place + 1u] * exp(partials[place] - highest);
        }
        let log_partition = highest + log(total);
        out[row] = select(0.0, log_partition, target_token >= 0);
        out[n_rows + row] = select(0.0, log_partition - lane_sum[0], target_token >= 0);
    }
}
