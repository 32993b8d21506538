//! Figure 2 of the paper: where latents of one utterance lie, and how probable they make a given reply.
//!
//! Draws from prior and posterior are scored in one pass (`draws`), projected to the plane (`projection`) and drawn
//! (`figure`). The JSON form, [`LatentMap`], is what an interactive view reads.

mod draws;
mod figure;
mod projection;

use std::{path::Path, str::FromStr};

use repartee_generate::Draws;
use repartee_projection::{correlation, distance};
use repartee_train::run_directory::write_atomically;
use serde::{Deserialize, Serialize};

pub use projection::Projection;

use crate::{EngineError, LoadedRun};
use draws::draw;

/// An utterance with the reply whose probability is asked for.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct MapPair {
    /// x.
    pub context: String,
    /// y.
    pub response: String,
}

/// How log-probabilities become colours.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ColourScale {
    /// 2(c − min)/(max − min) − 1 over the prior draws of each panel, as in the paper: panels cannot be compared.
    #[default]
    Panel,
    /// The same over the prior draws of all panels of a pair: panels can be compared.
    Pair,
}

impl FromStr for ColourScale {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match text {
            "panel" => Ok(Self::Panel),
            "pair" => Ok(Self::Pair),
            _ => Err(format!("`{text}` is no colour scale; use panel or pair")),
        }
    }
}

/// How a map is made.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct LatentMapOptions {
    /// Draws from p(z|x); 300 in the paper.
    pub n_prior: usize,
    /// Draws from q(z|x,y); 50 in the paper.
    pub n_posterior: usize,
    /// How the latent space becomes a plane.
    pub projection: Projection,
    /// Perplexity of t-SNE.
    pub perplexity: f64,
    /// Besides one projection a panel, one of all runs' latents together.
    pub joint: bool,
    /// How log-probabilities become colours.
    pub colours: ColourScale,
    /// Names the draws.
    pub seed: u64,
}

impl Default for LatentMapOptions {
    fn default() -> Self {
        Self {
            n_prior: 300,
            n_posterior: 50,
            projection: Projection::Tsne,
            perplexity: 30.0,
            joint: false,
            colours: ColourScale::default(),
            seed: 0,
        }
    }
}

/// A draw on the map.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Point {
    /// Place in the panel's own projection.
    pub place: [f64; 2],
    /// Place in the projection of all runs, where there is one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub joint: Option<[f64; 2]>,
    /// Σ_t log p(y_t | y_<t, x, z) / T with `</s>`, nats per token.
    pub log_probability: f64,
    /// The name of a prior draw, with which `repartee generate --z-seed` speaks from it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub z_seed: Option<u64>,
}

/// One pair under one run.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Panel {
    /// The run's name in the map.
    pub run: String,
    /// Draws from p(z|x).
    pub prior: Vec<Point>,
    /// Draws from q(z|x,y).
    pub posterior: Vec<Point>,
    /// The mean of q(z|x,y).
    pub posterior_mean: Point,
    /// Lowest and highest log-probability of the prior draws, nats per token.
    pub range: [f64; 2],
    /// Pearson's correlation, over prior draws, of log-probability with the distance ‖z − μ_q‖. `None` where one of them
    /// does not vary.
    pub correlation_with_distance: Option<f64>,
}

/// One pair under all runs.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct PairMap {
    /// The pair.
    #[serde(flatten)]
    pub pair: MapPair,
    /// Tokens of the reply with `</s>`.
    pub n_tokens: usize,
    /// One a run.
    pub panels: Vec<Panel>,
}

/// What a map was made from.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct MapRun {
    /// Its name in the map.
    pub name: String,
    /// BLAKE3 of its checkpoint.
    pub checkpoint_blake3: String,
    /// Updates that it has seen.
    pub update: u64,
}

/// The maps of some pairs.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct LatentMap {
    /// How it was made.
    pub options: LatentMapOptions,
    /// From what.
    pub runs: Vec<MapRun>,
    /// The maps.
    pub pairs: Vec<PairMap>,
}

/// A run with the name that it has in the figure.
#[derive(Clone, Copy, Debug)]
pub struct NamedRun<'a> {
    /// Above its panels.
    pub name: &'a str,
    /// The run.
    pub run: &'a LoadedRun,
}

/// Maps each pair under each run; `on_panel` hears how many panels are done.
///
/// # Errors
/// [`EngineError::Map`] for numbers that make no map, and for a side of a pair without tokens.
pub fn latent_map(
    runs: &[NamedRun<'_>],
    pairs: &[MapPair],
    options: &LatentMapOptions,
    on_panel: &mut dyn FnMut(usize),
) -> Result<LatentMap, EngineError> {
    check(runs, options)?;
    let mut maps = Vec::with_capacity(pairs.len());
    for pair in pairs {
        let mut drawn: Vec<Draws> = Vec::with_capacity(runs.len());
        for NamedRun { run, .. } in runs {
            drawn.push(draw(run, pair, options)?);
        }
        let joint = if options.joint {
            let all: Vec<&[f64]> = drawn.iter().flat_map(|draws| draws.latents.iter().map(Vec::as_slice)).collect();
            Some(options.projection.places(&all, options.perplexity))
        } else {
            None
        };
        let mut panels = Vec::with_capacity(runs.len());
        let mut start = 0;
        for (NamedRun { name, .. }, draws) in runs.iter().zip(&drawn) {
            let n = draws.latents.len();
            let joint = joint.as_ref().map(|places| &places[start..start + n]);
            start += n;
            panels.push(panel(name, draws, joint, options));
            on_panel(maps.len() * runs.len() + panels.len());
        }
        maps.push(PairMap { pair: pair.clone(), n_tokens: drawn[0].n_tokens, panels });
    }
    let runs = runs.iter().map(|&NamedRun { name, run }| MapRun {
        name: name.to_owned(),
        checkpoint_blake3: run.checkpoint_blake3.clone(),
        update: run.update,
    });
    Ok(LatentMap { options: options.clone(), runs: runs.collect(), pairs: maps })
}

fn check(runs: &[NamedRun<'_>], options: &LatentMapOptions) -> Result<(), EngineError> {
    let wrong = |message: String| Err(EngineError::Map { message });
    let &LatentMapOptions { n_prior, n_posterior, perplexity, .. } = options;
    let Some(first) = runs.first() else { return wrong("there is no run; name one with --run".to_owned()) };
    if n_prior < 2 {
        return wrong(format!("{n_prior} draws from the prior make no map; ask for at least 2"));
    }
    let n_points = n_prior + n_posterior + 1;
    // The bandwidth search needs more neighbours than it is to find.
    if options.projection == Projection::Tsne && !(perplexity >= 1.0 && 3.0 * perplexity < (n_points - 1) as f64) {
        return wrong(format!(
            "perplexity {perplexity} does not fit {n_points} points; it must be at least 1 and less than a third of them"
        ));
    }
    let size = |named: &NamedRun<'_>| named.run.model.config().latent_size;
    match runs.iter().find(|named| size(named) != size(first)) {
        Some(other) if options.joint => wrong(format!(
            "the latents of `{}` have {} dimensions and those of `{}` {}; a joint projection needs equal sizes",
            first.name,
            size(first),
            other.name,
            size(other)
        )),
        _ => Ok(()),
    }
}

fn panel(name: &str, draws: &Draws, joint: Option<&[[f64; 2]]>, options: &LatentMapOptions) -> Panel {
    let latents: Vec<&[f64]> = draws.latents.iter().map(Vec::as_slice).collect();
    let places = options.projection.places(&latents, options.perplexity);
    let n_prior = draws.z_seeds.len();
    let points: Vec<Point> = (0..places.len())
        .map(|idx| Point {
            place: places[idx],
            joint: joint.map(|joint| joint[idx]),
            log_probability: draws.log_probabilities[idx],
            z_seed: draws.z_seeds.get(idx).copied(),
        })
        .collect();
    let mean = latents[latents.len() - 1];
    let scores = &draws.log_probabilities[..n_prior];
    let distances: Vec<f64> = latents[..n_prior].iter().map(|z| distance(z, mean)).collect();
    let range = scores.iter().fold([f64::INFINITY, f64::NEG_INFINITY], |[low, high], &c| [low.min(c), high.max(c)]);
    Panel {
        run: name.to_owned(),
        prior: points[..n_prior].to_vec(),
        posterior: points[n_prior..points.len() - 1].to_vec(),
        posterior_mean: points[points.len() - 1],
        range,
        correlation_with_distance: correlation(scores, &distances),
    }
}

impl LatentMap {
    /// Writes `map.json`, and `pair-N.svg` and `pair-N.png` for each pair, with `-joint` for the joint projection. Returns
    /// the files' names, and why there is no PNG if there is none.
    ///
    /// # Errors
    /// When a file cannot be written.
    pub fn write(&self, out: &Path) -> Result<(Vec<String>, Option<String>), EngineError> {
        fs_err::create_dir_all(out).map_err(|source| EngineError::WriteResults { path: out.to_owned(), source })?;
        let mut names = Vec::new();
        let mut put = |name: String, bytes: &[u8]| {
            write_atomically(&out.join(&name), bytes)?;
            names.push(name);
            Ok::<(), EngineError>(())
        };
        let json = serde_json::to_string(self).expect("texts and finite numbers are JSON") + "\n";
        put("map.json".to_owned(), json.as_bytes())?;
        let painter = figure::Painter::new();
        for (number, pair) in (1..).zip(&self.pairs) {
            for joint in [false, true].into_iter().take(1 + usize::from(self.options.joint)) {
                let svg = figure::svg(pair, &self.options, joint);
                let name = format!("pair-{number}{}", if joint { "-joint" } else { "" });
                put(format!("{name}.svg"), svg.as_bytes())?;
                if let Ok(painter) = &painter {
                    put(format!("{name}.png"), &painter.png(&svg))?;
                }
            }
        }
        Ok((names, painter.err()))
    }
}
