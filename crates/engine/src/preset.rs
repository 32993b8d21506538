//! Run files by path, and the presets that are built in.

use std::path::Path;

use repartee_train::RunFile;

use crate::error::EngineError;

const PRESETS: [(&str, &str); 3] = [
    ("tiny", include_str!("../../../configs/tiny.toml")),
    ("small", include_str!("../../../configs/small.toml")),
    ("base", include_str!("../../../configs/base.toml")),
];

/// The run file at `path`, or the built-in preset whose name it is: `small` and, where no such file exists,
/// `configs/small.toml` both mean the preset.
///
/// # Errors
/// When neither exists, or the file is wrong.
pub fn run_file(path: &Path) -> Result<RunFile, EngineError> {
    if path.is_file() {
        return Ok(RunFile::read(path)?);
    }
    let name = path.strip_prefix("configs").unwrap_or(path).with_extension("");
    match PRESETS.iter().find(|(preset, _)| Path::new(preset) == name) {
        Some((_, text)) => Ok(RunFile::parse(text, path)?),
        None => {
            let presets = PRESETS.map(|(preset, _)| preset).join(", ");
            Err(EngineError::NoRunFile { path: path.to_owned(), presets })
        }
    }
}
