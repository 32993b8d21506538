//! From the latent space to the plane: t-SNE as in the paper, or principal components.

use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// Gradient steps of t-SNE, the first 250 of them with exaggerated affinities.
const N_STEPS: usize = 1000;
/// Rounds of the power iteration; far more than the eye needs.
const N_POWER_STEPS: usize = 500;

/// How the latent space becomes a plane.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Projection {
    /// t-SNE (van der Maaten & Hinton 2008), exact, begun at the principal components so that it needs no randomness.
    ///
    /// Deviation: the authors use FFT-accelerated t-SNE, an approximation that a few hundred points do not need.
    Tsne,
    /// The first two principal components.
    Pca,
}

impl FromStr for Projection {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match text {
            "tsne" => Ok(Self::Tsne),
            "pca" => Ok(Self::Pca),
            _ => Err(format!("`{text}` is no projection; use tsne or pca")),
        }
    }
}

impl Projection {
    /// Places of the points, equal to the bit in every run. `perplexity` is t-SNE's.
    ///
    /// # Panics
    /// When there are no points, or not more than three times the perplexity.
    pub fn places(self, points: &[&[f64]], perplexity: f64) -> Vec<[f64; 2]> {
        let components = principal_components(points);
        match self {
            Self::Pca => components,
            Self::Tsne => tsne(points, &components, perplexity),
        }
    }
}

/// The library sums in parallel in an order that depends on its threads, so it is given one.
fn tsne(points: &[&[f64]], start: &[[f64; 2]], perplexity: f64) -> Vec<[f64; 2]> {
    let spread = (start.iter().map(|[x, _]| x * x).sum::<f64>() / start.len() as f64).sqrt();
    let scale = if spread > 0.0 { 1e-4 / spread } else { 0.0 };
    let start: Vec<f64> = start.iter().flatten().map(|value| value * scale).collect();
    let fit = || {
        let mut fit = bhtsne::tSNE::<f64, &[f64], 2>::new(points);
        fit.perplexity(perplexity).epochs(N_STEPS).initial_embedding(start).exact(|a, b| distance(a, b).powi(2));
        fit.embedding()
    };
    let one_thread = rayon::ThreadPoolBuilder::new().num_threads(1).build();
    let flat = one_thread.expect("one more thread can be started").install(fit);
    flat.chunks(2).map(|place| [place[0], place[1]]).collect()
}

/// Coordinates of the centred points along the two directions of most variance, by power iteration. A direction's sign is
/// that of its largest part.
fn principal_components(points: &[&[f64]]) -> Vec<[f64; 2]> {
    let (n, size) = (points.len(), points[0].len());
    let mean: Vec<f64> = (0..size).map(|d| points.iter().map(|point| point[d]).sum::<f64>() / n as f64).collect();
    let centred: Vec<Vec<f64>> =
        points.iter().map(|point| point.iter().zip(&mean).map(|(a, b)| a - b).collect()).collect();
    let mut places = vec![[0.0; 2]; n];
    let mut first: Option<Vec<f64>> = None;
    for axis in 0..2 {
        // Any start does that is orthogonal to nothing; this one is fixed.
        let mut direction: Vec<f64> = (0..size).map(|d| 1.0 + ((d * 7 + axis * 3) % 11) as f64).collect();
        for _ in 0..N_POWER_STEPS {
            if let Some(first) = &first {
                let along = dot(&direction, first);
                direction.iter_mut().zip(first).for_each(|(value, part)| *value -= along * part);
            }
            let mut next = vec![0.0; size];
            for point in &centred {
                let along = dot(point, &direction);
                next.iter_mut().zip(point).for_each(|(value, part)| *value += along * part);
            }
            let length = dot(&next, &next).sqrt();
            if length == 0.0 {
                break; // No variance is left.
            }
            direction = next.into_iter().map(|value| value / length).collect();
        }
        let largest = direction.iter().copied().fold(0.0, |a: f64, b| if b.abs() > a.abs() { b } else { a });
        let sign = if largest < 0.0 { -1.0 } else { 1.0 };
        for (place, point) in places.iter_mut().zip(&centred) {
            place[axis] = sign * dot(point, &direction);
        }
        first.get_or_insert(direction);
    }
    places
}

fn dot(a: &[f64], b: &[f64]) -> f64 {
    a.iter().zip(b).map(|(a, b)| a * b).sum()
}

/// ‖a − b‖.
pub(super) fn distance(a: &[f64], b: &[f64]) -> f64 {
    a.iter().zip(b).map(|(a, b)| (a - b).powi(2)).sum::<f64>().sqrt()
}
