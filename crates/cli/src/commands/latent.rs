//! `repartee latent`.

use std::{
    fs::File,
    io::{BufRead as _, BufReader},
    path::{Path, PathBuf},
    process::ExitCode,
    str::FromStr,
};

use anyhow::{Context as _, bail};
use repartee_engine::{ColourScale, LatentMap, LatentMapOptions, LoadedRun, MapPair, NamedRun, Projection, latent_map};
use serde::Deserialize;

use super::{print_json, print_line, shown};
use crate::{context::Global, progress::Progress};

/// Look at latent spaces.
#[derive(Debug, clap::Args)]
pub(crate) struct Latent {
    #[command(subcommand)]
    action: Action,
}

#[derive(Debug, clap::Subcommand)]
enum Action {
    // Without a line here, so that its own, longer text is shown.
    Map(Map),
}

/// Draw where latents of an utterance lie and how probable they make a reply: Figure 2 of the paper
///
/// Latents are drawn from prior and posterior of each pair, the reply is scored under every one of them, and t-SNE puts
/// them into a plane, fitted for each run and pair as in the paper, with --joint also for all runs together.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  repartee latent map --run runs/first --context \"I lost my keys.\" --response \"Did you look in your coat?\" --out map
  repartee latent map --run T-CVAE=runs/vanilla --run \"K = 5\"=runs/speculative --pairs pairs.jsonl --joint --out map

Written to the folder: pair-1.svg, pair-1.png and so on, and map.json, in which prior draws have the z_seed with which
`repartee generate --z-seed` speaks from them.")]
struct Map {
    /// A run folder, or NAME=DIR; can be given several times, for a panel each
    #[arg(long, value_name = "DIR", required = true)]
    run: Vec<Named>,
    /// Pairs as JSON lines with `context` and `response`
    #[arg(long, value_name = "FILE", conflicts_with_all = ["context", "response"])]
    pairs: Option<PathBuf>,
    /// Only the first so many pairs of the file
    #[arg(long, value_name = "N", requires = "pairs")]
    limit: Option<usize>,
    /// The utterance, instead of a file
    #[arg(long, value_name = "TEXT", requires = "response", required_unless_present = "pairs")]
    context: Option<String>,
    /// The reply to it
    #[arg(long, value_name = "TEXT", requires = "context")]
    response: Option<String>,
    /// The folder of the figures
    #[arg(long, value_name = "DIR")]
    out: PathBuf,
    /// Draws from the prior
    #[arg(long, default_value_t = 300, value_name = "N")]
    prior: usize,
    /// Draws from the posterior
    #[arg(long, default_value_t = 50, value_name = "N")]
    posterior: usize,
    /// tsne, or pca for principal components
    #[arg(long, default_value = "tsne", value_name = "NAME")]
    projection: Projection,
    /// Perplexity of t-SNE
    #[arg(long, default_value_t = 30.0, value_name = "P")]
    perplexity: f64,
    /// Also one projection of all runs' latents together
    #[arg(long)]
    joint: bool,
    /// Colours from lowest to highest log-probability of each panel, as in the paper, or of all panels of a pair
    #[arg(long, default_value = "panel", value_name = "panel|pair")]
    colours: ColourScale,
}

/// `DIR` or `NAME=DIR`; of several `=` the last one counts, so that names may have some.
#[derive(Clone, Debug)]
struct Named {
    name: String,
    folder: PathBuf,
}

impl FromStr for Named {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let folder = match text.rsplit_once('=') {
            Some((name, folder)) if !name.is_empty() && !folder.is_empty() => {
                return Ok(Self { name: name.to_owned(), folder: folder.into() });
            }
            Some(_) => return Err(format!("`{text}` is neither DIR nor NAME=DIR")),
            None => PathBuf::from(text),
        };
        let name = folder.file_name().map_or(text.to_owned(), |name| name.to_string_lossy().into_owned());
        Ok(Self { name, folder })
    }
}

impl Latent {
    pub(crate) fn run(self, global: &Global) -> anyhow::Result<ExitCode> {
        match self.action {
            Action::Map(action) => action.run(global),
        }
    }
}

impl Map {
    fn run(self, global: &Global) -> anyhow::Result<ExitCode> {
        let pairs = match (self.pairs, self.context, self.response) {
            (Some(path), ..) => read_pairs(&path, self.limit.unwrap_or(usize::MAX))?,
            (None, Some(context), Some(response)) => vec![MapPair { context, response }],
            _ => bail!("name a file with --pairs, or a pair with --context and --response"),
        };
        let device = global.open_device()?;
        let runs =
            self.run.iter().map(|named| LoadedRun::open(&named.folder, &device)).collect::<Result<Vec<_>, _>>()?;
        let named: Vec<NamedRun<'_>> =
            self.run.iter().zip(&runs).map(|(named, run)| NamedRun { name: &named.name, run }).collect();
        let options = LatentMapOptions {
            n_prior: self.prior,
            n_posterior: self.posterior,
            projection: self.projection,
            perplexity: self.perplexity,
            joint: self.joint,
            colours: self.colours,
            seed: global.seed(),
        };
        let mut progress = Progress::new(global, "latent map", Some((pairs.len() * runs.len()) as u64));
        let map = latent_map(&named, &pairs, &options, &mut |n_panels| progress.set(n_panels as u64, "panels"));
        progress.finish();
        let map = map?;
        let (files, without_png) = map.write(&self.out)?;
        if let Some(why) = without_png {
            global.note(&why);
        }
        if global.json {
            print_json(&map)?
        } else {
            describe(&map, &files, &self.out)?
        }
        Ok(ExitCode::SUCCESS)
    }
}

fn describe(map: &LatentMap, files: &[String], out: &Path) -> anyhow::Result<()> {
    for (number, pair) in (1..).zip(&map.pairs) {
        print_line(&format!("{number}. {} → {}", pair.pair.context, pair.pair.response))?;
        for panel in &pair.panels {
            let [low, high] = panel.range;
            let r = panel.correlation_with_distance.map_or("undefined".to_owned(), |r| format!("{r:+.2}"));
            print_line(&format!(
                "   {}: {low:.3} to {high:.3} nats per token; correlation with distance to posterior mean {r}",
                panel.run
            ))?;
        }
    }
    print_line(&format!("in {}: {}", shown(out), files.join(", ")))
}

fn read_pairs(path: &Path, limit: usize) -> anyhow::Result<Vec<MapPair>> {
    /// Other fields are ignored.
    #[derive(Deserialize)]
    struct Line {
        context: String,
        response: String,
    }
    let name = shown(path);
    let file = File::open(path).with_context(|| format!("cannot open `{name}`; check the path"))?;
    let mut pairs = Vec::new();
    for (number, line) in (1..).zip(BufReader::new(file).lines()) {
        if pairs.len() == limit {
            break;
        }
        let line = line.with_context(|| format!("`{name}` line {number} cannot be read; it must be UTF-8"))?;
        if line.trim().is_empty() {
            continue;
        }
        let Line { context, response } = serde_json::from_str(&line).with_context(|| {
            format!("`{name}` line {number}: not a pair; write {{\"context\": …, \"response\": …}} on each line")
        })?;
        pairs.push(MapPair { context, response });
    }
    if pairs.is_empty() {
        bail!("`{name}` has no pair; give at least one");
    }
    Ok(pairs)
}
