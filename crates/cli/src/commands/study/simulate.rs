//! `repartee study simulate`.

use std::{path::PathBuf, sync::Arc};

use anyhow::bail;
use repartee_server::{
    App, Background, Config, Log, Password,
    simulate::{Guest, Pace, Work, simulate as simulate_over_http},
};
use repartee_study::{
    NewInvite, Store,
    simulate::{Qualities, Simulated, SimulatedRater, Truth, simulate},
};

use super::{now_ms, print_json, print_line};
use crate::context::Global;

/// Let simulated raters do a frozen study: use --into, or a copy. Each rater is NAME:SEVERITY:NOISE:CARELESSNESS, in points (a
/// severity below 0 is severe) and a share.
///
/// The planted systems rise in even steps from 2.5 to 4 points of sensibleness, in the order of import, unless --truth
/// says otherwise.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  repartee study simulate eval.sqlite --into trial.sqlite --rater a:0.3:0.6:0 --rater b:-0.5:0.8:0.1
  repartee study simulate eval.sqlite --into trial.sqlite --serve --rater a:0.3:0.6:0 --rater b:-0.5:0.8:0.1
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
    /// Leave the study alone and do a trial of the same design and items in a new file; equal seeds make equal trials
    #[arg(long, value_name = "FILE")]
    into: Option<PathBuf>,
    /// Work through the server that serves this study here, all raters at once
    #[arg(long, value_name = "URL", conflicts_with_all = ["serve", "into"])]
    http: Option<String>,
    /// Work through a server that is started for this, all raters at once
    #[arg(long)]
    serve: bool,
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
        if let Some(into) = &self.into {
            store = store.trial(into, global.seed(), now_ms())?;
        }
        let systems = store.content()?.systems;
        let mut truth = Truth::in_steps(&systems);
        for (system, means) in self.truth {
            if !systems.contains(&system) {
                bail!("there is no system `{system}`; the study has {}", systems.join(", "));
            }
            truth.systems.insert(system, means);
        }
        let seed = global.seed();
        let qualities = truth.qualities(&store.content()?, seed);
        let done = match self.http {
            Some(base) => over_http(global, &mut store, &base, &self.rater, &qualities)?,
            None if self.serve => {
                let server = Background::start(App::open(alone(&store))?.0)?;
                over_http(global, &mut store, &server.base(), &self.rater, &qualities)?
            }
            None => simulate(&mut store, &self.rater, &truth, seed, now_ms())?,
        };
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

/// A server for simulated raters alone.
fn alone(store: &Store) -> Config {
    Config {
        paths: vec![store.path().to_path_buf()],
        password: Password::Nobody,
        secure_cookies: false,
        origin: None,
        log: Log::silent(),
        clock: Arc::new(now_ms),
        local: None,
    }
}

/// Lets all raters work at once through a server; their links are made here and revoked in the end.
fn over_http(
    global: &Global,
    store: &mut Store,
    base: &str,
    raters: &[SimulatedRater],
    qualities: &Qualities,
) -> anyhow::Result<Simulated> {
    let (mut guests, mut invites) = (Vec::new(), Vec::new());
    for rater in raters {
        let new = NewInvite { rater: &rater.name, language: "en", expires_ms: None };
        let (invite, token) = store.invite(&new, now_ms())?;
        guests.push(Guest { rater: rater.clone(), token });
        invites.push(invite.id);
    }
    let worked = simulate_over_http(base, &guests, qualities, Pace { seed: global.seed(), ..Pace::default() });
    for invite in &invites {
        store.revoke(invite, now_ms())?;
    }
    let works: Vec<Work> = worked?;
    let mut save_ms: Vec<f64> = works.iter().flat_map(|work| work.save_ms.iter().copied()).collect();
    save_ms.sort_by(f64::total_cmp);
    let quantile = |share: f64| save_ms.get((save_ms.len() as f64 * share) as usize).copied().unwrap_or_default();
    global.note(&format!(
        "saving took {:.1} ms in the median, {:.1} ms at the 95th percentile",
        quantile(0.5),
        quantile(0.95)
    ));
    Ok(Simulated {
        n_pages: works.iter().map(|work| work.n_pages).sum(),
        n_judgements: works.iter().map(|work| work.acknowledged.len()).sum(),
    })
}
