// head_combine: x = s where s >= 0, else slope * s, with s = a[b, t] + latent[b]; 0 where the target is below 0.
// Why here:  the winner's combined states are read by three stages, and are no larger than the states themselves.
// Dispatch:  one invocation per four columns of a row, folded into (65535, rows, 1) workgroups.
// Reads:     states [B, T, D], latents [B, D] f32 in vectors of four; targets [B, T] i32;
//            info [4] u32 = B T D / 4, T, D / 4, bits of slope.   Writes: every cell of x [B, T, D].
// Twin:      crates/kernels/src/reference/head_combine.rs           Tolerance: exact.
// #import numeric

@group(0) @binding(0) var<storage, read_write> x: array<vec4<f32>>;
@group(0) @binding(1) var<storage, read_write> states: array<vec4<f32>>;
@group(0) @binding(2) var<storage, read_write> latents: array<vec4<f32>>;
@group(0) @binding(3) var<storage, read_write> targets: array<i32>;
@group(0) @binding(4) var<storage, read_write> info: array<u32>;

@compute @workgroup_size(256, 1, 1)
fn main(@builtin(workgroup_id) group: vec3<u32>, @builtin(local_invocation_index) lane: u32) {
    let i = (group.y * 65535u + group.x) * 256u + lane;
    if (i < info[0]) {
        let d4 = info[2];
        let row = i / d4;
        let s = states[i] + latents[row / info[1] * d4 + i % d4];
        x[i] = select(vec4<f32>(0.0), leaky(s, bitcast<f32>(info[3])), targets[row] >= 0);
    }
}
