//! Names of latents. A name is a seed, so that a reply carries in one number the z that it came from; ε ~ N(0, I) is
//! drawn from it, and z = μ + σ ⊙ ε under the prior of whatever utterance it is used with.

use std::{fmt, str::FromStr};

use rand::Rng as _;
use rand_chacha::ChaCha8Rng;
use repartee_model::{RandomStreams, random::standard_normal};
use serde::{Deserialize, Serialize};

use crate::error::GenerateError;

/// A latent's name: a seed, or a point on the way from its noise to another's.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Latent {
    /// Names ε, and the draws of tokens where the strategy draws. Below 2⁵³, so that every JSON reader keeps it.
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

impl Latent {
    /// The latent with this seed.
    pub fn new(z_seed: u64) -> Self {
        Self { z_seed, toward: None }
    }

    /// Latent number `sample` of an utterance: named by the text, so that neither batch nor order matters.
    pub fn numbered(seed: u64, utterance: &str, sample: u64) -> Self {
        let mut stream = RandomStreams::new(seed).stream(&format!("reply {utterance}"), &[sample]);
        Self::new(stream.next_u64() >> 11)
    }

    /// The latent that lies `share` of the way from `self` to `other`.
    pub fn toward(self, other: Self, share: f64) -> Self {
        Self { z_seed: self.z_seed, toward: Some(Toward { z_seed: other.z_seed, share }) }
    }

    /// ε, `[Z]`. Between two latents along the great circle: points on the straight line would be shorter than any draw
    /// from N(0, I) in many dimensions.
    pub fn noise(&self, latent_size: usize) -> Vec<f32> {
        let draw = |z_seed| standard_normal(&mut RandomStreams::new(z_seed).stream("latent", &[]), latent_size);
        let start = draw(self.z_seed);
        let Some(Toward { z_seed, share }) = self.toward else { return start };
        let end = draw(z_seed);
        let dot = |a: &[f32], b: &[f32]| a.iter().zip(b).map(|(&a, &b)| f64::from(a) * f64::from(b)).sum::<f64>();
        let cosine = dot(&start, &end) / (dot(&start, &start) * dot(&end, &end)).sqrt();
        let angle = cosine.clamp(-1.0, 1.0).acos();
        // Equal or opposite ends have no great circle of their own.
        let (from, to) = if angle.sin() < 1e-6 {
            (1.0 - share, share)
        } else {
            (((1.0 - share) * angle).sin() / angle.sin(), (share * angle).sin() / angle.sin())
        };
        start.iter().zip(&end).map(|(&a, &b)| (from * f64::from(a) + to * f64::from(b)) as f32).collect()
    }

    /// The stream of token draws.
    pub(crate) fn token_stream(&self) -> ChaCha8Rng {
        RandomStreams::new(self.z_seed).stream("tokens", &[])
    }
}

impl fmt::Display for Latent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.toward {
            None => write!(f, "{}", self.z_seed),
            Some(Toward { z_seed, share }) => write!(f, "{}-{z_seed}@{share}", self.z_seed),
        }
    }
}

impl FromStr for Latent {
    type Err = GenerateError;

    fn from_str(text: &str) -> Result<Self, GenerateError> {
        let wrong = || GenerateError::Latent { text: text.to_owned() };
        let seed = |text: &str| text.trim().parse::<u64>().map_err(|_| wrong());
        let Some((start, rest)) = text.split_once('-') else { return Ok(Self::new(seed(text)?)) };
        let (end, share) = rest.split_once('@').ok_or_else(wrong)?;
        let share: f64 = share.parse().map_err(|_| wrong())?;
        if !(0.0..=1.0).contains(&share) {
            return Err(wrong());
        }
        Ok(Self::new(seed(start)?).toward(Self::new(seed(end)?), share))
    }
}
