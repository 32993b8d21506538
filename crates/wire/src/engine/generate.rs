//! Replies.

use serde::{Deserialize, Serialize};

/// Replies to an utterance -> [`GenerateEvent`]s, of which the last is `Done`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Generate {
    /// An open model.
    pub model: String,
    /// To what.
    pub utterance: String,
    /// Latents to draw, if none are given.
    pub n_samples: usize,
    /// Latents to reply from; empty draws `n_samples`. The same names mean the same noise in every model.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub latents: Vec<Latent>,
    /// Names the latents that are drawn.
    pub seed: u64,
    /// How tokens are chosen.
    pub strategy: Strategy,
    /// Replies are ended after this many tokens.
    pub max_length: usize,
    /// Which replies are shown.
    #[serde(default)]
    pub presentation: Presentation,
}

/// Which of the replies are shown.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Presentation {
    /// That of each latent, in order.
    EachLatent,
    /// Latents are drawn until `n_samples` replies differ, at most `16 · n_samples` of them. Not with given latents.
    #[default]
    Distinct,
}

/// How tokens are chosen.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "kebab-case")]
pub enum Strategy {
    /// The most probable token.
    Greedy,
    /// Beam search.
    Beam {
        /// Hypotheses.
        size: usize,
        /// α: hypotheses are ranked by log p / length^α.
        length_penalty: f64,
        /// Hypotheses to return for each latent.
        n_best: usize,
    },
    /// Draws of tokens.
    Sample {
        /// Above 0.
        temperature: f32,
        /// Only so many most probable tokens; 0 is off.
        top_k: usize,
        /// Only the fewest tokens that together have this probability; 1 is off.
        top_p: f64,
        /// Only tokens that are at least this share of the most probable one; 0 is off.
        min_p: f64,
    },
}

/// A latent's name: a seed, or a point on the way from its noise to another's.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Latent {
    /// Names the noise. Below 2⁵³.
    pub z_seed: u64,
    /// Another latent, and how far towards it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub toward: Option<Toward>,
}

/// The other end of an interpolation.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Toward {
    /// Names the noise at the end.
    pub z_seed: u64,
    /// 0 is the beginning, 1 the end.
    pub share: f64,
}

/// A reply.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Reply {
    /// Its text.
    pub text: String,
    /// Where it came from.
    #[serde(flatten)]
    pub latent: Latent,
    /// Σ_t log p(y_t | y_<t, x, z), `</s>` included, in nats.
    pub log_probability_nats: f64,
    /// Tokens, `</s>` included.
    pub n_tokens: usize,
    /// Whether it ended by itself.
    pub finished: bool,
}

/// What is told while replies are made.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "event", rename_all = "kebab-case")]
pub enum GenerateEvent {
    /// After a step: the replies in the making, in the order of their latents.
    Step {
        /// Their texts so far.
        texts: Vec<String>,
    },
    /// A reply is there.
    Reply(Reply),
    /// All are.
    Done {
        /// Latents that were drawn for them.
        n_latents: usize,
        /// Tokens of all replies that were made.
        n_tokens: usize,
        /// Milliseconds from the first step to the last.
        milliseconds: f64,
    },
}
