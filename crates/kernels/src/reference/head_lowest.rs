//! Twin of `shaders/head_lowest.wgsl`.

/// The index of the lowest value, ties to the lowest index; the last where one is NaN.
pub fn head_lowest(scores: &[f32]) -> i32 {
    let best = scores.iter().enumerate().fold(0, |best, (k, score)| if *score < scores[best] { k } else { best });
    let has_nan = scores.iter().any(|score| score.is_nan());
    if has_nan { scores.len() as i32 - 1 } else { best as i32 }
}
