//! `repartee export`.

use std::{path::PathBuf, process::ExitCode};

use repartee_engine::{WeightFormat, export_run};

use super::{print_json, print_line, shown};
use crate::context::Global;

/// Write the best model of a run as a new run folder without what only training needs, with smaller weights if wanted.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  repartee export --run runs/first --out first-int8 --weights int8
  repartee chat --run first-int8

f16 halves the file, int8 (one scale a row) makes a quarter of it. Models compute in f32 whatever their file holds.")]
pub(crate) struct Export {
    /// The run folder
    #[arg(long, value_name = "DIR")]
    run: PathBuf,
    /// The new run folder
    #[arg(long, value_name = "DIR")]
    out: PathBuf,
    /// f32, f16 or int8
    #[arg(long, default_value = "f16", value_name = "FORMAT")]
    weights: WeightFormat,
}

impl Export {
    pub(crate) fn run(self, global: &Global) -> anyhow::Result<ExitCode> {
        let exported = export_run(&self.run, &self.out, self.weights)?;
        if global.json {
            print_json(&exported)?;
        } else {
            let megabytes = |bytes: u64| bytes as f64 / 1e6;
            print_line(&format!(
                "written to {}: {:.2} MB (the run has {:.2} MB)",
                shown(&self.out),
                megabytes(exported.bytes),
                megabytes(exported.bytes_before)
            ))?;
        }
        Ok(ExitCode::SUCCESS)
    }
}
