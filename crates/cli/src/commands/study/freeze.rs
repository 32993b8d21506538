//! `repartee study freeze`.

use std::path::PathBuf;

use repartee_study::Store;

use super::{now_ms, print_json, print_line};
use crate::context::Global;

/// Fix design and items. Their hash goes into a pre-registration; every export and report has it.
#[derive(Debug, clap::Args)]
pub(super) struct Freeze {
    /// The study
    study: PathBuf,
}

impl Freeze {
    pub(super) fn run(self, global: &Global) -> anyhow::Result<()> {
        let hash = Store::open(&self.study)?.freeze(now_ms())?;
        if global.json {
            return print_json(&serde_json::json!({ "design_hash": hash }));
        }
        print_line(&hash)
    }
}
