// affine_whole: affine for software adapters, each sum in one piece.
// Why here:  they pay more for a workgroup's memory and barrier than for all the sums of a small layer.
// Dispatch:  as affine.
// Reads:     as affine.   Writes: as affine.
// Twin:      crates/kernels/src/reference/affine_whole.rs      Tolerance: 1e-5 √K absolute (contracted products).
// #import affine_products

@compute @workgroup_size(COLUMNS, 1, 1)
fn main(@builtin(workgroup_id) group: vec3<u32>, @builtin(local_invocation_index) lane: u32) {
    let n_outputs = info[2];
    let place = row_and_column(group, lane);
    let first_row = place.x;
    let n = place.y;
    if (n >= n_outputs || first_row >= info[0]) {
        return;
    }
    let sums = products(first_row, n, 0u, info[1]);
    let start = bias_of(n);
    for (var i = 0u; i < min(ROWS, info[0] - first_row); i++) {
        y[(first_row + i) * n_outputs + n] = start + select(sums.low[i % 4u], sums.high[i % 4u], i >= 4u);
    }
}
