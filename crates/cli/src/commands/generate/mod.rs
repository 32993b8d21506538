//! `repartee generate`.

mod answer;
mod input;
mod partial;
mod record;

use std::{io::IsTerminal as _, path::PathBuf, process::ExitCode};

use anyhow::bail;
use repartee_engine::{GenerateOptions, Latent, LoadedRun, Presentation, ReplyRequest};

use super::chat::{Chat, talk};
use crate::{
    context::Global,
    decoding::{Decoding, Resolved},
};
use answer::{Job, answer};
use input::Utterances;
pub(super) use record::Record;

/// Reply to utterances from a file, a pipe or the keyboard
///
/// Input is one utterance a line, or JSON lines with a field `context` or `utterance` (file name .jsonl). Output is JSON
/// lines for --json or an output name .jsonl; else text: the utterance, then one reply a line after a tab.
///
/// Each utterance is answered from --samples latents, equal replies are merged, and the most probable come first. In
/// JSON every reply carries its latent as `z_seed`; with --z-seed and the same options it is made again. Utterances are
/// read up to 1,024 tokens.
///
/// A job with an output .jsonl that was interrupted goes on where it stopped when the same command is given again.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  repartee generate --run runs/first --samples 6
  echo \"I lost my keys again.\" | repartee generate --run runs/first --samples 4 --top-p 0.9
  repartee generate --run runs/first --input test.jsonl --output replies.jsonl
  repartee generate --run runs/first --samples 64 --diverse 6 < utterances.txt")]
pub(crate) struct Generate {
    /// The run folder
    #[arg(long, value_name = "DIR")]
    run: PathBuf,
    /// Utterances [default: the keyboard or a pipe]
    #[arg(long, value_name = "FILE")]
    input: Option<PathBuf>,
    /// Where replies go [default: stdout]
    #[arg(long, value_name = "FILE")]
    output: Option<PathBuf>,
    /// Latents to draw for each utterance; equal replies are merged and the most probable come first
    #[arg(long, default_value_t = 1, value_name = "N", value_parser = clap::value_parser!(u16).range(1..))]
    samples: u16,
    /// Use these latents and draw none: z seeds of replies, separated by commas, or A-B@0.5 for one between two
    #[arg(long, value_name = "Z", value_delimiter = ',', conflicts_with_all = ["samples", "distinct"])]
    z_seed: Vec<Latent>,
    /// Show so many of the more probable replies that differ most
    #[arg(long, value_name = "N", conflicts_with_all = ["each_latent", "distinct"])]
    diverse: Option<usize>,
    /// Show the reply of each latent, in the order of the latents
    #[arg(long, conflicts_with = "distinct")]
    each_latent: bool,
    /// Draw more latents until --samples replies differ
    #[arg(long)]
    distinct: bool,
    #[command(flatten)]
    decoding: Decoding,
}

impl Generate {
    pub(crate) fn run(self, global: &Global) -> anyhow::Result<ExitCode> {
        let input = match &self.input {
            Some(path) => Some(Utterances::open(path)?),
            None if std::io::stdin().is_terminal() => None,
            None => Some(Utterances::stdin()),
        };
        if input.is_none() && self.output.is_some() {
            bail!("--output needs utterances; give them with --input or a pipe");
        }
        let device = global.open_device()?;
        let run = LoadedRun::open(&self.run, &device)?;
        let request = self.request(global, self.decoding.resolve(run.decoding())?);
        match input {
            None => talk(global, Chat::new(run, request)),
            Some(utterances) => answer(Job { global, run: &run, request: &request, output: self.output }, utterances),
        }
    }

    fn request(&self, global: &Global, resolved: Resolved) -> ReplyRequest {
        let Resolved { strategy, controls, max_length } = resolved;
        let n_samples = if self.z_seed.is_empty() { usize::from(self.samples) } else { self.z_seed.len() };
        let presentation = match self.diverse {
            Some(n) => Presentation::Diverse(n),
            None if self.distinct => Presentation::Distinct,
            // One latent leaves nothing to merge, and its hypotheses are ranked already.
            None if self.each_latent || n_samples == 1 => Presentation::EachLatent,
            None => Presentation::Ranked,
        };
        ReplyRequest {
            options: GenerateOptions { strategy, controls, n_samples, max_length, seed: global.seed() },
            latents: (!self.z_seed.is_empty()).then(|| self.z_seed.clone()),
            presentation,
        }
    }
}
