//! Twin of `shaders/column_sums.wgsl`.

/// `scale` times the sums of the columns of each part of `rows_a_part` rows of `width` values.
pub fn column_sums(x: &[f32], width: usize, rows_a_part: usize, scale: f32) -> Vec<f32> {
    let sums = x.chunks(rows_a_part * width).map(|part| {
        part.chunks(width).fold(vec![0f32; width], |mut sum, row| {
            sum.iter_mut().zip(row).for_each(|(sum, x)| *sum += x);
            sum
        })
    });
    sums.flatten().map(|sum| sum * scale).collect()
}
