//! `repartee study simulate`.

use std::path::PathBuf;

use anyhow::bail;
use repartee_study::{
    Store,
    simulate::{SimulatedRater, Truth, simulate},
};

use super::{now_ms, print_json, print_line};
use crate::context::Global;

/// Let simulated raters do a frozen study: use a copy. Each rater is NAME:SEVERITY:NOISE:CARELESSNESS, in points (a
/// severity below 0 is severe) and a share.
///
/// The planted systems rise in even steps from 2.5 to 4 points of sensibleness, in the order of import, unless --truth
/// says otherwise.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  repartee study backup eval.sqlite --out trial.sqlite
  repartee study simulate trial.sqlite --rater a:0.3:0.6:0 --rater b:-0.5:0.8:0.1 --truth Reference=4.7:4.3
  repartee study report trial.sqlite --out trial.html")]
pub(super) struct Simulate {
    /// The study
    study: PathBuf,
    /// A rater
    #[arg(long, required = true, value_name = "RATER", value_parser = rater, allow_hyphen_values = true)]
    rater: Vec<SimulatedRater>,
    /// Mean sensibleness and specificity of a system
    #[arg(long, value_name = "SYSTEM=SENSIBLENESS:SPECIFICITY", value_parser = system_truth)]
    truth: Vec<(String, [f64; 2])>,
}

fn rater(text: &str) -> Result<SimulatedRater, String> {
    let parts: Vec<&str> = text.split(':').collect();
    let number = |text: &str| text.parse::<f64>().ok().filter(|number| number.is_finite());
    match parts[..] {
        [name, severity, noise, carelessness] if !name.is_empty() => {
            match (number(severity), number(noise), number(carelessness)) {
                (Some(severity), Some(noise), Some(carelessness))
                    if noise >= 0.0 && (0.0..=1.0).contains(&carelessness) =>
                {
                    Ok(SimulatedRater { name: name.to_owned(), severity, noise, carelessness })
                }
                _ => Err("severity is a number, noise one from 0 on, carelessness one from 0 to 1".to_owned()),
            }
        }
        _ => Err("write NAME:SEVERITY:NOISE:CARELESSNESS, for instance anna:0.2:0.6:0".to_owned()),
    }
}

fn system_truth(text: &str) -> Result<(String, [f64; 2]), String> {
    let parse = || {
        let (system, means) = text.rsplit_once('=')?;
        let (sensibleness, specificity) = means.split_once(':')?;
        let number = |text: &str| text.parse::<f64>().ok().filter(|number| number.is_finite());
        Some((system.to_owned(), [number(sensibleness)?, number(specificity)?]))
    };
    parse().ok_or_else(|| "write SYSTEM=SENSIBLENESS:SPECIFICITY, for instance Reference=4.7:4.3".to_owned())
}

impl Simulate {
    pub(super) fn run(self, global: &Global) -> anyhow::Result<()> {
        let mut store = Store::open(&self.study)?;
        let systems = store.content()?.systems;
        let mut truth = Truth::in_steps(&systems);
        for (system, means) in self.truth {
            if !systems.contains(&system) {
                bail!("there is no system `{system}`; the study has {}", systems.join(", "));
            }
            truth.systems.insert(system, means);
        }
        let done = simulate(&mut store, &self.rater, &truth, global.seed(), now_ms())?;
        if global.json {
            return print_json(
                &serde_json::json!({ "simulated": done, "sensibleness_and_specificity": truth.systems }),
            );
        }
        print_line(&format!("{} pages, {} judgements", done.n_pages, done.n_judgements))?;
        for (system, [sensibleness, specificity]) in &truth.systems {
            print_line(&format!("  planted: {system} {sensibleness:.2} {specificity:.2}"))?;
        }
        Ok(())
    }
}
