// dropout: y[i] = x[i] * scale where hash(key, i) >= threshold, else 0; scale = 1 / (1 - rate).
// Why here:  the mask is a function of (key, i), so it is the same on every device, is never stored, and the
//            backward pass is the same stage applied to the gradient.
// Dispatch:  one invocation per element, folded into (65535, rows, 1) workgroups.
// Reads:     x [n] f32; info [5] u32 = n, key_low, key_high, threshold, bits of scale.   Writes: every cell of y [n].
// Twin:      crates/kernels/src/reference/dropout.rs           Tolerance: exact.

@group(0) @binding(0) var<storage, read_write> x: array<f32>;
@group(0) @binding(1) var<storage, read_write> y: array<f32>;
@group(0) @binding(2) var<storage, read_write> info: array<u32>;

// Bit mixer with full avalanche (Wellons' "lowbias32" constants).
fn mix(seed: u32) -> u32 {
    var h = seed;
    h ^= h >> 16u;
    h *= 0x7feb352du;
    h ^= h >> 15u;
    h *= 0x846ca68bu;
    h ^= h >> 16u;
    return h;
}

@compute @workgroup_size(256, 1, 1)
fn main(@builtin(workgroup_id) group: vec3<u32>, @builtin(local_invocation_index) lane: u32) {
    let i = (group.y * 65535u + group.x) * 256u + lane;
    if (i < info[0]) {
        let h = mix(mix(i ^ info[1]) ^ info[2]);
        y[i] = select(0.0, x[i] * bitcast<f32>(info[4]), h >= info[3]);
    }
}
