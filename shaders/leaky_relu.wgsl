// leaky_relu: y[i] = g[i] * (1 where x[i] >= 0, else slope). With x for g the activation, with g = dy its gradient.
// Why here:  the tensor ops make a mask and select by it, three passes forward and three backward.
// Dispatch:  one invocation per element, folded into (65535, rows, 1) workgroups.
// Reads:     x [n] f32; g [n] f32 if it is given; info [3] u32 = n, bits of slope, 1 if g is given and 0 for x in its place.
//            Writes: every cell of y [n].
// Twin:      crates/kernels/src/reference/leaky_relu.rs         Tolerance: exact.

@group(0) @binding(0) var<storage, read_write> x: array<f32>;
@group(0) @binding(1) var<storage, read_write> g: array<f32>;
@group(0) @binding(2) var<storage, read_write> y: array<f32>;
@group(0) @binding(3) var<storage, read_write> info: array<u32>;

@compute @workgroup_size(256, 1, 1)
fn main(@builtin(workgroup_id) group: vec3<u32>, @builtin(local_invocation_index) lane: u32) {
    let i = (group.y * 65535u + group.x) * 256u + lane;
    if (i < info[0]) {
        var gated = x[i];
        if (info[2] == 1u) {
            gated = g[i];
        }
        y[i] = select(gated * bitcast<f32>(info[1]), gated, x[i] >= 0.0);
    }
}
