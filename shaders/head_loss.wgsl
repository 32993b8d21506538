// head_loss: of each token its NLL, log-partition - x . E_y, and its uniform loss, log-partition - x . mean of E; both 0
//   where the target is below 0.
// Why here:  label smoothing in closed form: no logit beyond the target's is made.
// Dispatch:  one workgroup per row (b, t), folded into (65535, rows, 1) workgroups.
// Reads:     x [B, T, D], embedding [V, D], mean [D] f32 in vectors of four; log_partition [B, T] f32; targets [B, T] i32;
//            info [4] u32 = B T, T, D / 4, V.   Writes: every cell of out [B, 2, T] f32.
// Twin:      crates/kernels/src/reference/head_loss.rs           Tolerance: 1e-5 absolute.

@group(0) @binding(0) var<storage, read_write> x: array<vec4<f32>>;
@group(0) @binding(1) var<storage, read_write> embedding: array<vec4<f32>>;
@group(0) @binding(2) var<storage, read_write> mean: array<vec4<f32>>;
@group(0) @binding(3) var<storage, read_write> log_partition: array<f32>;
@group(0) @binding(4) var<storage, read_write> targets: array<i32>;
@group(0) @binding(5) var<storage, read_write> out: array<f32>;
@group(0) @binding(6) var<storage, read_write> info: array<u32>;

const LANES: u32 = 64u;

// Sums of x . E_y and of x . mean.
var<workgroup> lane_sums: array<vec2<f32>, 64>;

@compute @workgroup_size(64, 1, 1)
fn main(@builtin(workgroup_id) group: vec3<u32>, @builtin(local_invocation_index) lane: u32) {
    let index = group.y * 65535u + group.x;
    // Groups past the last row came from the folding; they repeat the last one and write nothing.
    let row = min(index, info[0] - 1u);
    let d4 = info[2];
    let target_token = targets[row];
    // A token beyond the vocabulary is the caller's fault; it reads the last row instead of foreign memory.
    let token = min(u32(max(target_token, 0)), info[3] - 1u);
    var sums = vec2<f32>(0.0);
    for (var c = lane; c < d4; c += LANES) {
        let state = x[row * d4 + c];
        sums += vec2<f32>(dot(state, embedding[token * d4 + c]), dot(state, mean[c]));
    }
    lane_sums[lane] = sums;
    workgroupBarrier();
    for (var half = LANES / 2u; half > 0u; half /= 2u) {
        if (lane < half) {
            lane_sums[lane] += lane_sums[lane + half];
        }
        workgroupBarrier();
    }
    if (lane == 0u && index < info[0]) {
        let length = info[1];
        let place = row / length * 2u * length + row % length;
        let losses = select(vec2<f32>(0.0), vec2<f32>(log_partition[row]) - lane_sums[0], target_token >= 0);
        out[place] = losses.x;
        out[place + length] = losses.y;
    }
}
