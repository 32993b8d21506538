// head_states: the gradient of the states from that of x, whose parts it adds in the order of the splits:
//   dstates = sum_split parts where a + latent >= 0, else slope times that.
// Why here:  the last of the parts' owners; one pass.
// Dispatch:  one invocation per four columns of a row, folded into (65535, rows, 1) workgroups.
// Reads:     parts [splits, n, D], states [B, T, D], latents [B, D] f32 in vectors of four; info [7] u32 = n D / 4, first
//            row, T, D / 4, splits, vectors of four a split, bits of slope.
// Writes:    rows first .. first + n of grad [B, T, D].
// Twin:      crates/kernels/src/reference/head_states.rs           Tolerance: exact.

@group(0) @binding(0) var<storage, read_write> grad: array<vec4<f32>>;
@group(0) @binding(1) var<storage, read_write> parts: array<vec4<f32>>;
@group(0) @binding(2) var<storage, read_write> states: array<vec4<f32>>;
@group(0) @binding(3) var<storage, read_write> latents: array<vec4<f32>>;
@group(0) @binding(4) var<storage, read_write> info: array<u32>;

@compute @workgroup_size(256, 1, 1)
fn main(@builtin(workgroup_id) group: vec3<u32>, @builtin(local_invocation_index) lane: u32) {
    let i = (group.y * 65535u + group.x) * 256u + lane;
    if (i < info[0]) {
        let d4 = info[3];
        var sum = vec4<f32>(0.0);
        for (var split = 0u; split < info[4]; split++) {
            sum += parts[split * info[5] + i];
        }
        let place = info[1] * d4 + i;
        let s = states[place] + latents[place / d4 / info[2] * d4 + place % d4];
        grad[place] = select(sum * bitcast<f32>(info[6]), sum, s >= vec4<f32>(0.0));
    }
}
