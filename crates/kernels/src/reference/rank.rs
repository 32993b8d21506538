//! Twin of `shaders/rank.wgsl`.

/// The places of the numbers in ascending order, equal ones as they stand, and the numbers in that order.
pub fn rank(ids: &[i32]) -> (Vec<usize>, Vec<i32>) {
    let mut order: Vec<usize> = (0..ids.len()).collect();
    order.sort_by_key(|&i| ids[i]);
    let sorted = order.iter().map(|&i| ids[i]).collect();
    (order, sorted)
}
