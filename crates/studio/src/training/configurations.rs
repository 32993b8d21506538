//! The run files that are there: the built-in ones.

use repartee_engine::built_in_run_files;
use repartee_wire::engine::Configuration;

/// The sizes first, then the methods.
pub(crate) fn configurations() -> Vec<Configuration> {
    let of = |built_in: repartee_engine::BuiltIn| Configuration {
        name: built_in.name.to_owned(),
        summary: built_in.summary,
        is_size: built_in.is_size,
    };
    built_in_run_files().into_iter().map(of).collect()
}
