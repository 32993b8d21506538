//! The options that say how replies are made, the same for every command that makes some. What is not given comes from
//! the run's `[decoding]` section.

use anyhow::bail;
use repartee_engine::{Beam, Controls, DecodingConfig, Greedy, Sample, Strategy};

/// How tokens are chosen.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub(crate) enum StrategyName {
    /// The most probable token each time
    Greedy,
    /// Draws tokens from the model's distribution
    Sample,
    /// Beam search, as in the paper
    Beam,
}

/// See the module.
#[derive(Clone, Debug, clap::Args)]
#[command(next_help_heading = "Decoding")]
pub(crate) struct Decoding {
    /// How tokens are chosen [default: what the other options imply, else beam]
    #[arg(long, value_name = "NAME")]
    strategy: Option<StrategyName>,
    /// Beam search with so many beams [default: the run's; the paper has 5]
    #[arg(long, value_name = "N")]
    beam: Option<usize>,
    /// Beam search: score = log p / length^ALPHA [default: the run's; the authors have 1.2]
    #[arg(long, value_name = "ALPHA", allow_negative_numbers = true)]
    length_penalty: Option<f64>,
    /// Beam search: return the N best replies of each latent
    #[arg(long, value_name = "N")]
    n_best: Option<usize>,
    /// Sample from softmax(logits / T)
    #[arg(long, value_name = "T")]
    temperature: Option<f32>,
    /// Sample from the N most probable tokens
    #[arg(long, value_name = "N")]
    top_k: Option<usize>,
    /// Sample from the fewest tokens that together have probability P
    #[arg(long, value_name = "P")]
    top_p: Option<f64>,
    /// Sample from tokens that are at least the share P of the most probable one
    #[arg(long, value_name = "P")]
    min_p: Option<f64>,
    /// No N tokens occur twice in a reply in the same order
    #[arg(long, value_name = "N")]
    no_repeat_ngram: Option<usize>,
    /// Make tokens that a reply already has less probable; above 1
    #[arg(long, value_name = "X")]
    repetition_penalty: Option<f32>,
    /// End replies after so many tokens [default: the run's; the authors have 200]
    #[arg(long, value_name = "N")]
    max_length: Option<usize>,
}

/// The resolved options.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Resolved {
    pub(crate) strategy: Strategy,
    pub(crate) controls: Controls,
    pub(crate) max_length: usize,
}

impl Decoding {
    /// With what the run says where nothing was given.
    pub(crate) fn resolve(&self, run: &DecodingConfig) -> anyhow::Result<Resolved> {
        Ok(Resolved {
            strategy: self.strategy(run)?,
            controls: Controls {
                no_repeat_ngram: self.no_repeat_ngram.unwrap_or(0),
                repetition_penalty: self.repetition_penalty.unwrap_or(1.0),
            },
            max_length: self.max_length.unwrap_or(run.max_length),
        })
    }

    fn strategy(&self, run: &DecodingConfig) -> anyhow::Result<Strategy> {
        let given = |options: &[(&'static str, bool)]| options.iter().find(|option| option.1).map(|option| option.0);
        let of_beam = given(&[
            ("--beam", self.beam.is_some()),
            ("--length-penalty", self.length_penalty.is_some()),
            ("--n-best", self.n_best.is_some()),
        ]);
        let of_sample = given(&[
            ("--temperature", self.temperature.is_some()),
            ("--top-k", self.top_k.is_some()),
            ("--top-p", self.top_p.is_some()),
            ("--min-p", self.min_p.is_some()),
        ]);
        let name = match (self.strategy, of_beam, of_sample) {
            (None, Some(beam), Some(sample)) => {
                bail!("`{beam}` belongs to beam search and `{sample}` to sampling; leave one of them out")
            }
            (Some(StrategyName::Greedy), Some(option), _) | (Some(StrategyName::Sample), Some(option), _) => {
                bail!("`{option}` belongs to beam search; leave it out or use --strategy beam")
            }
            (Some(StrategyName::Greedy), _, Some(option)) | (Some(StrategyName::Beam), _, Some(option)) => {
                bail!("`{option}` belongs to sampling; leave it out or use --strategy sample")
            }
            (Some(name), _, _) => name,
            (None, None, Some(_)) => StrategyName::Sample,
            (None, _, None) => StrategyName::Beam,
        };
        Ok(match name {
            StrategyName::Greedy => Strategy::Greedy(Greedy {}),
            StrategyName::Sample => Strategy::Sample(Sample {
                temperature: self.temperature.unwrap_or(1.0),
                top_k: self.top_k.unwrap_or(0),
                top_p: self.top_p.unwrap_or(1.0),
                min_p: self.min_p.unwrap_or(0.0),
            }),
            StrategyName::Beam => Strategy::Beam(Beam {
                size: self.beam.unwrap_or(run.beam_size),
                length_penalty: self.length_penalty.unwrap_or(run.length_penalty),
                n_best: self.n_best.unwrap_or(1),
            }),
        })
    }
}
