//! Twin of `shaders/top.wgsl`, but for the log-partition.

/// Stands in a place for which the row has no value.
pub const LOWEST: f32 = -3.0e38;

/// The highest values of a row, from the highest on, ties to the lower column, and their columns as numbers. Values of
/// −3e38 and below do not count.
#[inline(always)]
pub fn top(row: &[f32], values: &mut [f32], columns: &mut [f32]) {
    // Blocks whose maximum is too low are skipped: the maximum of a block needs no branch, so it runs in SIMD.
    const BLOCK: usize = 64;
    let n = values.len();
    values.fill(LOWEST);
    columns.fill(0.0);
    for (block_idx, block) in row.chunks(BLOCK).enumerate() {
        if block.iter().fold(LOWEST, |max, &x| if x > max { x } else { max }) <= values[n - 1] {
            continue;
        }
        for (i, &x) in block.iter().enumerate() {
            if x > values[n - 1] {
                let place = values.partition_point(|&other| other >= x);
                values[place..].rotate_right(1);
                columns[place..].rotate_right(1);
                values[place] = x;
                columns[place] = (block_idx * BLOCK + i) as f32;
            }
        }
    }
}
