//! SpaceFusion's regularisation: the two points of a pair attract, points of different pairs repel (Gao et al. 2019).

use burn::tensor::Tensor;

/// Keeps the square root differentiable where two points coincide, as in the authors' code.
const EPSILON: f32 = 1e-9;

/// What decides [`fusion`].
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Distances {
    /// Distances beyond this count as this.
    pub maximum: f32,
    /// Whether the attraction too is cut at `maximum`.
    pub clip_attraction: bool,
}

/// d(a_i, b_i) − Σ_j d(a_i, a_j)/(B−1) − Σ_j d(b_i, b_j)/(B−1), with d(a, b) = min(√(mean_z (a − b)² + 1e-9), maximum).
///
/// Deviation: the authors divide by B − 1 also where B = 1; there is nothing to repel then, and we divide by 1.
///
/// # Shapes
/// both `[B, Z]`; returns `[B]`
pub fn fusion(a: Tensor<2>, b: Tensor<2>, distances: Distances) -> Tensor<1> {
    let [n_sentences, _] = a.dims();
    let others = n_sentences.saturating_sub(1).max(1) as f32;
    let attraction = (a.clone() - b.clone()).square().mean_dim(1).add_scalar(EPSILON).sqrt().reshape([n_sentences]);
    let attraction = if distances.clip_attraction { attraction.clamp_max(distances.maximum) } else { attraction };
    let repulsion = |points| to_all(points, distances.maximum).div_scalar(others);
    attraction - repulsion(a) - repulsion(b)
}

/// Σ_j d(x_i, x_j), `[B]`.
fn to_all(x: Tensor<2>, maximum: f32) -> Tensor<1> {
    let [n_sentences, size] = x.dims();
    let difference = x.clone().reshape([n_sentences, 1, size]) - x.reshape([1, n_sentences, size]); // [B, B, Z]
    let distance = difference.square().mean_dim(2).add_scalar(EPSILON).sqrt().clamp_max(maximum); // [B, B, 1]
    distance.sum_dim(1).reshape([n_sentences])
}
