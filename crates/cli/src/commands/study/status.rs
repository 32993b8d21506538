//! `repartee study status`.

use std::path::PathBuf;

use comfy_table::{CellAlignment, ContentArrangement, Table, presets::UTF8_HORIZONTAL_ONLY};
use repartee_study::Store;

use super::{print_json, print_line};
use crate::context::Global;

/// Show how far a study is. For who rated how, see the report.
#[derive(Debug, clap::Args)]
pub(super) struct Status {
    /// The study
    study: PathBuf,
}

impl Status {
    pub(super) fn run(self, global: &Global) -> anyhow::Result<()> {
        let mut store = Store::open(&self.study)?;
        let ratings = store.ratings()?;
        let progress = ratings.progress();
        if global.json {
            return print_json(&serde_json::json!({
                "name": ratings.design.name, "design_hash": store.design_hash()?, "progress": progress,
            }));
        }
        print_line(&ratings.design.name)?;
        match store.design_hash()? {
            Some(hash) => print_line(&format!("frozen: {hash}"))?,
            None => print_line("not frozen yet: import, then `repartee study freeze`")?,
        }
        let k = ratings.design.raters_per_item;
        print_line(&format!("{} items of {} systems, {k} raters each", progress.n_items, progress.n_systems))?;
        let percent = 100.0 * progress.n_pages_done as f64 / progress.n_pages_wanted.max(1) as f64;
        print_line(&format!(
            "{} of {} pages done ({percent:.0} %), {} open",
            progress.n_pages_done, progress.n_pages_wanted, progress.n_pages_open
        ))?;
        for (n_raters, n_items) in &progress.items_by_raters_done {
            print_line(&format!("  {n_items} items finished by {n_raters} raters"))?;
        }
        if progress.n_items_over > 0 {
            print_line(&format!("  {} items have more than {k} raters, after a merge", progress.n_items_over))?;
        }
        if progress.raters.is_empty() {
            return Ok(());
        }
        let mut table = Table::new();
        table.load_style(UTF8_HORIZONTAL_ONLY).set_content_arrangement(ContentArrangement::Disabled);
        table.set_header(["rater", "done", "open", "handed on", "controls", "skipped"]);
        for rater in &progress.raters {
            let counts = [rater.n_done, rater.n_open, rater.n_abandoned, rater.n_controls_done, rater.n_skipped];
            table.add_row(std::iter::once(rater.name.clone()).chain(counts.map(|count| count.to_string())));
        }
        for column in table.column_iter_mut().skip(1) {
            column.set_cell_alignment(CellAlignment::Right);
        }
        print_line(&table.to_string())
    }
}
