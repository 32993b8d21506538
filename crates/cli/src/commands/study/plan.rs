//! `repartee study plan`.

use std::path::PathBuf;

use anyhow::Context as _;
use comfy_table::{CellAlignment, ContentArrangement, Table, presets::UTF8_HORIZONTAL_ONLY};
use repartee_study::{
    Criterion, Store,
    plan::{Components, Plan as PowerPlan, Power, components},
};

use super::{print_json, print_line, shown};
use crate::context::Global;

/// How many items and raters a study needs to find a difference between two systems.
///
/// Simulates studies with the given standard deviations of a judgement's parts (or those of a pilot) and counts how many
/// find the difference by a paired t-test over items at the 5 % level, two-sided, before any correction. With c tests
/// against a baseline, plan with --level 0.05/c.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  repartee study plan --difference 0.28
  repartee study plan --difference 0.2 --items 200,400,800 --raters 2,3 --pilot pilot.sqlite")]
pub(super) struct Plan {
    /// The difference to be found, in points
    #[arg(long, value_name = "POINTS")]
    difference: f64,
    /// Mean of the weaker system
    #[arg(long, default_value_t = 3.5, value_name = "POINTS")]
    mean: f64,
    /// Numbers of items
    #[arg(long, value_delimiter = ',', default_values_t = [100, 200, 300, 400], value_name = "N,...", value_parser = clap::value_parser!(u32).range(2..=100_000))]
    items: Vec<u32>,
    /// Numbers of raters of each item
    #[arg(long, value_delimiter = ',', default_values_t = [1, 2, 3, 5], value_name = "K,...", value_parser = clap::value_parser!(u32).range(1..=100))]
    raters: Vec<u32>,
    /// Take the standard deviations from a study that was rated
    #[arg(long, value_name = "FILE", conflicts_with_all = ["item_sd", "reply_sd", "rater_sd", "noise_sd"])]
    pilot: Option<PathBuf>,
    /// Standard deviation between items
    #[arg(long, default_value_t = Components::default().item)]
    item_sd: f64,
    /// Standard deviation between replies of a system beyond that
    #[arg(long, default_value_t = Components::default().reply)]
    reply_sd: f64,
    /// Standard deviation between raters' severities
    #[arg(long, default_value_t = Components::default().rater)]
    rater_sd: f64,
    /// Standard deviation of a single judgement
    #[arg(long, default_value_t = Components::default().noise)]
    noise_sd: f64,
    /// Level of the test
    #[arg(long, default_value_t = 0.05)]
    level: f64,
    /// Simulated studies of each size
    #[arg(long, default_value_t = 1_000, value_name = "N", value_parser = clap::value_parser!(u32).range(1..))]
    simulations: u32,
}

impl Plan {
    pub(super) fn run(self, global: &Global) -> anyhow::Result<()> {
        let parts = match &self.pilot {
            Some(path) => components(&Store::open(path)?.ratings()?, Criterion::Sensibleness).with_context(|| {
                format!("`{}` has too few ratings: two systems and two raters on some replies are needed", shown(path))
            })?,
            None => Components { item: self.item_sd, reply: self.reply_sd, rater: self.rater_sd, noise: self.noise_sd },
        };
        let spreads = [parts.item, parts.reply, parts.rater, parts.noise];
        let is_valid = spreads.iter().all(|spread| spread.is_finite() && *spread >= 0.0)
            && [self.difference, self.mean].iter().all(|value| value.is_finite())
            && self.level > 0.0
            && self.level < 1.0;
        anyhow::ensure!(is_valid, "give finite points, standard deviations of 0 or more, and a level between 0 and 1");
        let plan = PowerPlan {
            mean: self.mean,
            difference: self.difference,
            components: parts,
            level: self.level,
            n_simulations: self.simulations,
            seed: global.seed(),
        };
        let sizes = self.items.iter().flat_map(|&items| self.raters.iter().map(move |&raters| (items, raters)));
        let powers: Vec<Power> = sizes.map(|(items, raters)| plan.power(items as usize, raters as usize)).collect();
        if global.json {
            return print_json(&serde_json::json!({ "plan": plan, "sizes": powers }));
        }
        print_line(&format!(
            "standard deviations: item {:.2}, reply {:.2}, rater {:.2}, judgement {:.2}{}",
            parts.item,
            parts.reply,
            parts.rater,
            parts.noise,
            if self.pilot.is_some() { " (of the pilot)" } else { " (assumed; a pilot gives better ones: --pilot)" }
        ))?;
        print_line(&table(&powers, self.difference))
    }
}

fn table(powers: &[Power], difference: f64) -> String {
    let mut table = Table::new();
    table.load_style(UTF8_HORIZONTAL_ONLY).set_content_arrangement(ContentArrangement::Disabled);
    let power = format!("power for {difference}");
    table.set_header(["items", "raters each", "judgements of two systems", &power, "found in 80 %"]);
    for size in powers {
        table.add_row([
            size.n_items.to_string(),
            size.n_raters.to_string(),
            size.n_judgements.to_string(),
            format!("{:.2}", size.power),
            format!("{:.2}", size.detectable),
        ]);
    }
    for column in table.column_iter_mut() {
        column.set_cell_alignment(CellAlignment::Right);
    }
    table.to_string()
}
