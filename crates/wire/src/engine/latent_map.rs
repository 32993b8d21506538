//! Where draws of z lie.

use serde::{Deserialize, Serialize};

use super::{Latent, Strategy};

/// Draws prior and posterior of a pair and projects them to their principal components -> [`MapEvent`]s: `Points` at once,
/// then replies from the prior draws, then `Done`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct LatentMap {
    /// An open model.
    pub model: String,
    /// x.
    pub context: String,
    /// y, whose probability under each draw is the colour.
    pub response: String,
    /// Draws from p(z|x).
    #[serde(default = "n_prior")]
    pub n_prior: usize,
    /// Draws from q(z|x,y).
    #[serde(default = "n_posterior")]
    pub n_posterior: usize,
    /// Names the draws.
    pub seed: u64,
    /// Whether a reply is decoded from each prior draw.
    #[serde(default)]
    pub with_replies: bool,
}

fn n_prior() -> usize {
    300
}

fn n_posterior() -> usize {
    50
}

/// Moves the points of a model's last map by t-SNE, from where they are -> [`MapEvent`]s: `Moved` now and then, then
/// `Done`. Stopping it is a pause: asked again it goes on.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Arrange {
    /// The model of a [`LatentMap`].
    pub model: String,
    /// About how many neighbours each point keeps near.
    pub perplexity: f64,
    /// From the principal components again.
    #[serde(default)]
    pub restart: bool,
}

/// A draw.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Point {
    /// From what.
    pub kind: PointKind,
    /// Where it lies.
    pub place: [f64; 2],
    /// Σ_t log p(y_t | y_<t, x, z) / T, nats per token.
    pub log_probability: f64,
    /// The name of a prior draw.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub z_seed: Option<u64>,
}

/// What a draw is from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum PointKind {
    /// p(z|x).
    Prior,
    /// q(z|x,y).
    Posterior,
    /// The mean of q(z|x,y).
    PosteriorMean,
}

/// What is told while a map is made.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "event", rename_all = "kebab-case")]
pub enum MapEvent {
    /// All draws, the prior's first, at their principal components.
    Points {
        /// The draws.
        points: Vec<Point>,
        /// Pearson's correlation, over prior draws, of log-probability with the distance to the posterior's mean.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        correlation_with_distance: Option<f64>,
    },
    /// Where t-SNE has them now.
    Moved {
        /// Places, in the order of the points.
        places: Vec<[f64; 2]>,
        /// Gradient steps made.
        step: usize,
        /// And to make.
        n_steps: usize,
    },
    /// Greedy replies of some prior draws.
    Replies {
        /// The number of the first of them.
        first: usize,
        /// Their texts.
        texts: Vec<String>,
    },
    /// That was all.
    Done {},
}

/// Replies from given latents, for a click on a map or a line between two draws -> the events of a generation.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Decode {
    /// An open model.
    pub model: String,
    /// x.
    pub utterance: String,
    /// From where.
    pub latents: Vec<Latent>,
    /// How tokens are chosen.
    pub strategy: Strategy,
}
