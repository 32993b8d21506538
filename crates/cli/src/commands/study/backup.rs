//! `repartee study backup`.

use std::path::PathBuf;

use repartee_study::Store;

use super::shown;
use crate::context::Global;

/// Copy a study while others go on rating.
#[derive(Debug, clap::Args)]
pub(super) struct Backup {
    /// The study
    study: PathBuf,
    /// The copy to make
    #[arg(long, value_name = "FILE")]
    out: PathBuf,
}

impl Backup {
    pub(super) fn run(self, global: &Global) -> anyhow::Result<()> {
        Store::open(&self.study)?.backup(&self.out)?;
        global.note(&format!("written: {}", shown(&self.out)));
        Ok(())
    }
}
