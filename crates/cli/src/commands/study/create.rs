//! `repartee study create`.

use std::path::PathBuf;

use anyhow::Context as _;
use repartee_study::{Design, Store};

use super::{now_ms, print_json, print_line, shown};
use crate::context::Global;

/// Make a study. Options override the design file.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
A design file:
  name = \"Six methods, Japanese\"
  language = \"ja\"
  raters_per_item = 2
  baseline = \"T-CVAE\"          # the others are tested against it
  reference = \"Reference\"      # people's replies: rated, not tested
  lease_minutes = 30           # then an untouched item may go to another rater
  seed = 0
  guidelines = \"...\"           # what raters read first
  [quality]
  control_every = 10           # every 10th page is a control; 0 for none
  repeat_gap = 5               # an item is repeated after 5 other pages or more
  repeats = true
  degraded = true")]
pub(super) struct Create {
    /// The study to make
    study: PathBuf,
    /// A design file (TOML)
    #[arg(long, value_name = "FILE")]
    design: Option<PathBuf>,
    /// Title; raters see it
    #[arg(long, required_unless_present = "design")]
    name: Option<String>,
    /// Raters of each item
    #[arg(long, value_name = "K", required_unless_present = "design")]
    raters_per_item: Option<u32>,
    /// The system that the others are tested against
    #[arg(long, value_name = "SYSTEM")]
    baseline: Option<String>,
    /// The system that is people's replies
    #[arg(long, value_name = "SYSTEM")]
    reference: Option<String>,
    /// Language of the replies [default: en]
    #[arg(long)]
    language: Option<String>,
    /// Every how many pages one is a control; 0 for none [default: 10]
    #[arg(long, value_name = "N")]
    control_every: Option<u32>,
    /// A text file with the guidelines for raters
    #[arg(long, value_name = "FILE")]
    guidelines: Option<PathBuf>,
}

impl Create {
    pub(super) fn run(self, global: &Global) -> anyhow::Result<()> {
        let read = |path: &PathBuf| {
            std::fs::read_to_string(path).with_context(|| format!("cannot read `{}`; check the path", shown(path)))
        };
        let mut design = match &self.design {
            Some(path) => {
                Design::from_toml(&read(path)?).with_context(|| format!("`{}` is not a design", shown(path)))?
            }
            None => Design::new(self.name.as_deref().unwrap_or_default(), self.raters_per_item.unwrap_or_default()),
        };
        design.name = self.name.unwrap_or(design.name);
        design.raters_per_item = self.raters_per_item.unwrap_or(design.raters_per_item);
        design.baseline = self.baseline.or(design.baseline);
        design.reference = self.reference.or(design.reference);
        design.language = self.language.unwrap_or(design.language);
        design.quality.control_every = self.control_every.unwrap_or(design.quality.control_every);
        design.seed = global.seed.unwrap_or(design.seed);
        if let Some(path) = &self.guidelines {
            design.guidelines = read(path)?;
        }
        Store::create(&self.study, &design, now_ms())?;
        if global.json {
            return print_json(&design);
        }
        print_line(&format!("{}: made; next: repartee study import", shown(&self.study)))
    }
}
