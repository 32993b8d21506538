//! Twin of `shaders/head_rows.wgsl`.

/// What the probabilities of a row need.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct GradRow {
    /// l.
    pub log_partition: f32,
    /// g₁, the gradient of the sentence's NLL.
    pub nll: f32,
    /// g₂, that of its uniform loss.
    pub uniform: f32,
    /// y as a number; −1 where the row does not count, and all else is 0.
    pub target: f32,
}

/// The row's numbers.
pub fn head_rows(log_partition: f32, [nll, uniform]: [f32; 2], target: i32) -> GradRow {
    match target {
        ..0 => GradRow { log_partition: 0.0, nll: 0.0, uniform: 0.0, target: -1.0 },
        _ => GradRow { log_partition, nll, uniform, target: target as f32 },
    }
}
