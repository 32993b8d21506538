//! Twin of `shaders/segment_sums.wgsl`.

/// Adds to each row of `sums` the rows of `x` of its number, in their order. `starts`: where in `order` the rows of each of
/// these numbers start, and the end of the last's.
pub fn segment_sums(x: &[f32], order: &[usize], starts: &[usize], sums: &mut [f32], width: usize) {
    for (sum, ends) in sums.chunks_mut(width).zip(starts.windows(2)) {
        for &i in &order[ends[0]..ends[1]] {
            sum.iter_mut().zip(&x[i * width..][..width]).for_each(|(sum, x)| *sum += x);
        }
    }
}
