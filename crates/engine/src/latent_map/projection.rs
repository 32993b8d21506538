//! From the latent space to the plane: t-SNE as in the paper, or principal components.

use std::str::FromStr;

use repartee_projection::{distance, principal_components};
use serde::{Deserialize, Serialize};

/// Gradient steps of t-SNE, the first 250 of them with exaggerated affinities.
const N_STEPS: usize = 1000;

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
