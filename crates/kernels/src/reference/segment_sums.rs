//! Twin of `shaders/segment_sums.wgsl`.

/// Adds to each row of `sums`, whose numbers begin with `first`, the rows of `x` of its number, in their order.
pub fn segment_sums(x: &[f32], order: &[usize], sorted: &[i32], first: i32, sums: &mut [f32], width: usize) {
    let start = sorted.partition_point(|&id| id < first);
    for (&i, &id) in order[start..].iter().zip(&sorted[start..]) {
        let Some(sum) = sums.get_mut((id - first) as usize * width..).filter(|rest| rest.len() >= width) else {
            return;
        };
        sum.iter_mut().zip(&x[i * width..][..width]).for_each(|(sum, x)| *sum += x);
    }
}
