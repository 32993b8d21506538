// head_states: the gradient of the states from that of x: dstates = dx where a + latent >= 0, else slope times that.
// Why here:  the activation's slope from a sum that is not in memory, in one pass.
// Dispatch:  one invocation per four columns of a row, folded into (65535, rows, 1) workgroups.
// Reads:     dx [B T, D], states [B, T, D], latents [B, D] f32 in vectors of four; info [4] u32 = B T D / 4, T, D / 4, bits
//            of slope.
// Writes:    every cell of grad [B, T, D].
// Twin:      crates/kernels/src/reference/head_states.rs           Tolerance: exact.

@group(0) @binding(0) var<storage, read_write> grad: array<vec4<f32>>;
@group(0) @binding(1) var<storage, read_write> dx: array<vec4<f32>>;
@group(0) @binding(2) var<storage, read_write> states: array<vec4<f32>>;
@group(0) @binding(3) var<storage, read_write> latents: array<vec4<f32>>;
@group(0) @binding(4) var<storage, read_write> info: array<u32>;

@compute @workgroup_size(256, 1, 1)
fn main(@builtin(workgroup_id) group: vec3<u32>, @builtin(local_invocation_index) lane: u32) {
    let i = (group.y * 65535u + group.x) * 256u + lane;
    if (i < info[0]) {
        let d4 = info[2];
        let s = states[i] + latents[i / d4 / info[1] * d4 + i % d4];
        grad[i] = select(dx[i] * bitcast<f32>(info[3]), dx[i], s >= vec4<f32>(0.0));
    }
}
