// layer_norm: y[r, i] = (x[r, i] - mean_r) / sqrt(variance_r + epsilon) * gamma[i] + beta[i], the variance over D, not D - 1.
// Why here:  the tensor ops take nine launches, one of which multiplies a tensor by itself: browsers refuse to bind a buffer
//            twice where a stage may write it.
// Dispatch:  one workgroup per row, folded into (65535, rows, 1) workgroups.
// Reads:     x [R, D] f32; gamma, beta [D] f32; info [3] u32 = R, D, bits of epsilon.   Writes: every cell of y [R, D].
// Twin:      crates/kernels/src/reference/layer_norm.rs         Tolerance: 1e-5 absolute (contracted products).

@group(0) @binding(0) var<storage, read_write> x: array<f32>;
@group(0) @binding(1) var<storage, read_write> gamma: array<f32>;
@group(0) @binding(2) var<storage, read_write> beta: array<f32>;
@group(0) @binding(3) var<storage, read_write> y: array<f32>;
@group(0) @binding(4) var<storage, read_write> info: array<u32>;

const LANES: u32 = 64u;

var<workgroup> sums: array<f32, LANES>;

// The sum over all lanes, in the order of a tree.
fn total(lane: u32, sum: f32) -> f32 {
    workgroupBarrier();
    sums[lane] = sum;
    workgroupBarrier();
    for (var half = LANES / 2u; half > 0u; half /= 2u) {
        if (lane < half) {
            sums[lane] += sums[lane + half];
        }
        workgroupBarrier();
    }
    return sums[0];
}

@compute @workgroup_size(LANES, 1, 1)
fn main(@builtin(workgroup_id) group: vec3<u32>, @builtin(local_invocation_index) lane: u32) {
    let d_model = info[1];
    // The last row again where there is none, so that the barriers stand in uniform control flow.
    let first = min(group.y * 65535u + group.x, info[0] - 1u) * d_model;
    var sum = 0.0;
    for (var i = lane; i < d_model; i += LANES) {
        sum += x[first + i];
    }
    let mean = total(lane, sum) / f32(d_model);
    sum = 0.0;
    for (var i = lane; i < d_model; i += LANES) {
        let centred = x[first + i] - mean;
        sum += centred * centred;
    }
    let deviation = sqrt(total(lane, sum) / f32(d_model) + bitcast<f32>(info[2]));
    for (var i = lane; i < d_model; i += LANES) {
        y[first + i] = (x[first + i] - mean) / deviation * gamma[i] + beta[i];
    }
}
