// head_rows: of each row (b, t) what its probabilities need: log-partition, the gradients of the sentence's NLL and uniform
//   loss, and the target as a number; 0, 0, 0 and -1 where the target is below 0.
// Why here:  head_logits_grad reads them as one vector.
// Dispatch:  one invocation per row, folded into (65535, rows, 1) workgroups.
// Reads:     log_partition [B, T], grad [B, 2] f32; targets [B, T] i32; info [2] u32 = B T, T.
// Writes:    every cell of rows [B, T, 4] f32.
// Twin:      crates/kernels/src/reference/head_rows.rs           Tolerance: exact.

@group(0) @binding(0) var<storage, read_write> rows: array<vec4<f32>>;
@group(0) @binding(1) var<storage, read_write> log_partition: array<f32>;
@group(0) @binding(2) var<storage, read_write> grad: array<f32>;
@group(0) @binding(3) var<storage, read_write> targets: array<i32>;
@group(0) @binding(4) var<storage, read_write> info: array<u32>;

@compute @workgroup_size(256, 1, 1)
fn main(@builtin(workgroup_id) group: vec3<u32>, @builtin(local_invocation_index) lane: u32) {
    let i = (group.y * 65535u + group.x) * 256u + lane;
    if (i < info[0]) {
        let sentence = i / info[1];
        let row = vec4<f32>(log_partition[i], grad[2u * sentence], grad[2u * sentence + 1u], f32(targets[i]));
        rows[i] = select(vec4<f32>(0.0, 0.0, 0.0, -1.0), row, targets[i] >= 0);
    }
}
