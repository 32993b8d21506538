//! `repartee study import`.

use std::path::PathBuf;

use anyhow::bail;
use repartee_study::{
    Content, ItemKind, Store,
    exchange::{
        Controls, RepliesFrom, Sheet, add_controls, add_replies, ratings_of_sheets, reimport, replies_of_sheets,
    },
};

use super::{named_file, now_ms, print_json, print_line, shown};
use crate::context::Global;

/// Add replies and items to a study that is not frozen yet; all files or none.
///
/// Files are CSV or JSON lines with columns or fields `context` (or `utterance`), `reply` (or `response`), `system` (or
/// `model`), and `id` where contexts repeat. Lines of `repartee generate` are understood, too.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  repartee study import eval.sqlite replies.csv                      each row names its system
  repartee study import eval.sqlite --system T-CVAE=a.jsonl --system BoW=b.jsonl
  repartee study import eval.sqlite --sheet Reference=x.0.csv --sheet T-CVAE=x.1.csv     the authors' layout
  repartee study import eval.sqlite --sheet Reference=anna.0.csv --sheet T-CVAE=anna.1.csv --rater anna
  repartee study import copy.sqlite --export ratings.csv             a new study from an export")]
pub(super) struct Import {
    /// The study
    study: PathBuf,
    /// Files whose rows name their system
    files: Vec<PathBuf>,
    /// A file of one system
    #[arg(long, value_name = "NAME=FILE", value_parser = named_file)]
    system: Vec<(String, PathBuf)>,
    /// Which of several replies to take from a line of `repartee generate`, from 0
    #[arg(long, default_value_t = 0, value_name = "N")]
    nth: usize,
    /// Items to practise on: also columns `sensibleness`, `specificity` (as 4 or 4..5) and `explanation`
    #[arg(long, value_name = "FILE")]
    training: Vec<PathBuf>,
    /// Items with known answers, shown among the others: columns as for --training
    #[arg(long, value_name = "FILE")]
    gold: Vec<PathBuf>,
    /// A sheet in the authors' layout: columns ID, utterance, response, Sensibleness, Specificity
    #[arg(long, value_name = "NAME=FILE", value_parser = named_file)]
    sheet: Vec<(String, PathBuf)>,
    /// Take the scores of the sheets as this rater's; the study must be frozen
    #[arg(long, value_name = "NAME", requires = "sheet", conflicts_with_all = ["files", "system", "training", "gold"])]
    rater: Option<String>,
    /// An export of a study; the study must not be there yet
    #[arg(long, value_name = "FILE", conflicts_with_all = ["files", "system", "training", "gold", "sheet", "rater"])]
    export: Option<PathBuf>,
}

impl Import {
    pub(super) fn run(self, global: &Global) -> anyhow::Result<()> {
        if let Some(export) = &self.export {
            let ratings = reimport(export)?;
            Store::restore(&self.study, &ratings, now_ms())?;
            return print_line(&format!("{}: the study of {}", shown(&self.study), shown(export)));
        }
        let no_systems = [&self.system, &self.sheet].iter().all(|files| files.is_empty());
        if self.files.is_empty() && no_systems && self.training.is_empty() && self.gold.is_empty() {
            bail!("there is nothing to import; give a file, or see `repartee study import --help`");
        }
        let mut store = Store::open(&self.study)?;
        let sheets: Vec<Sheet> = self.sheet.into_iter().map(|(system, path)| Sheet { system, path }).collect();
        if let Some(rater) = &self.rater {
            let scores = ratings_of_sheets(&store.content()?, &sheets)?;
            let n_items = store.add_sheets(rater, &scores, now_ms())?;
            return print_line(&format!("{n_items} items rated by {rater}"));
        }
        let (files, system, nth, training, gold) = (self.files, self.system, self.nth, self.training, self.gold);
        let content = store.extend(|content| {
            let all = files.into_iter().map(|path| (None, path));
            for (system, path) in all.chain(system.into_iter().map(|(system, path)| (Some(system), path))) {
                add_replies(content, &path, &RepliesFrom { system, nth })?;
            }
            replies_of_sheets(content, &sheets)?;
            for path in &training {
                add_controls(content, path, Controls::Training)?;
            }
            for path in &gold {
                add_controls(content, path, Controls::Gold)?;
            }
            Ok(())
        })?;
        summarise(global, &content)
    }
}

fn summarise(global: &Global, content: &Content) -> anyhow::Result<()> {
    let count = |kind| content.items.iter().filter(|item| item.kind == kind).count();
    let [main, training, gold] = [ItemKind::Main, ItemKind::Training, ItemKind::Gold].map(count);
    if global.json {
        return print_json(&serde_json::json!({
            "systems": content.systems, "items": main, "training": training, "gold": gold,
        }));
    }
    print_line(&format!("systems: {}", content.systems.join(", ")))?;
    print_line(&format!("items: {main}, training: {training}, gold: {gold}"))
}
