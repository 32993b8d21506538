//! Run files: by path or by the name of one that is built in, layer over layer.
//!
//! A run file may begin with `extends = "base"`: it then changes single values of another one. A table with a `kind`
//! replaces the other's whole, other tables are merged key by key.

use std::path::{Path, PathBuf};

use repartee_train::{RunFile, TrainError, config::wrong_line};
use toml::{Table, Value};

use crate::error::EngineError;

/// The built-in run files, the presets of sizes first.
const BUILT_IN: [(&str, &str); 9] = [
    ("tiny", include_str!("../../../configs/tiny.toml")),
    ("small", include_str!("../../../configs/small.toml")),
    ("base", include_str!("../../../configs/base.toml")),
    ("vanilla", include_str!("../../../configs/vanilla.toml")),
    ("cyclical", include_str!("../../../configs/cyclical.toml")),
    ("spacefusion", include_str!("../../../configs/spacefusion.toml")),
    ("bow", include_str!("../../../configs/bow.toml")),
    ("monte-carlo", include_str!("../../../configs/monte-carlo.toml")),
    ("speculative", include_str!("../../../configs/speculative.toml")),
];

/// The first of [`BUILT_IN`] are sizes, the others methods at the size of the paper.
const N_SIZES: usize = 3;

/// A run file that is built in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BuiltIn {
    /// Its name.
    pub name: &'static str,
    /// What it is: its comments at the beginning.
    pub summary: String,
    /// Whether it is a size, not a method.
    pub is_size: bool,
}

/// The built-in run files, the sizes first.
pub fn built_in_run_files() -> Vec<BuiltIn> {
    let describe = |(idx, &(name, text)): (usize, &(&'static str, &str))| BuiltIn {
        name,
        summary: summary(text),
        is_size: idx < N_SIZES,
    };
    BUILT_IN.iter().enumerate().map(describe).collect()
}

/// The comments at the beginning of a run file, as one line.
pub fn summary(text: &str) -> String {
    let comments = text.lines().map_while(|line| line.strip_prefix('#'));
    comments.map(str::trim).collect::<Vec<_>>().join(" ")
}

/// A run file extends another one, which may extend a third; longer chains are circles.
const MAX_LAYERS: usize = 8;

/// How a run file is put together.
#[derive(Clone, Debug)]
pub struct RunFileRequest<'a> {
    /// A path, or the name of a built-in run file: `small` and, where no such file exists, `configs/small.toml` both
    /// mean the preset.
    pub path: &'a Path,
    /// Extend this one instead of what the run file says: a method's run file at another size.
    pub preset: Option<&'a Path>,
    /// Single values, as `key.key=value`, laid over all.
    pub settings: &'a [String],
}

/// The run file at `path` as it stands.
///
/// # Errors
/// When there is none, or it is wrong.
pub fn run_file(path: &Path) -> Result<RunFile, EngineError> {
    RunFileRequest { path, preset: None, settings: &[] }.resolve()
}

impl RunFileRequest<'_> {
    /// The run file with all its layers.
    ///
    /// # Errors
    /// When a layer does not exist or is wrong, or the whole is.
    pub fn resolve(&self) -> Result<RunFile, EngineError> {
        let Layer { text, path, mut table } = Layer::open(self.path, None)?;
        let extends = take_extends(&mut table, &path)?;
        if extends.is_none() && self.settings.is_empty() && self.preset.is_none() {
            return Ok(RunFile::parse(&text, &path)?);
        }
        let below = match (self.preset, extends) {
            (Some(preset), Some(_)) => Some(Layer::open(preset, None)?),
            (None, Some(name)) => Some(Layer::open(&name, path.parent())?),
            (Some(_), None) => return Err(EngineError::ExtendsNothing { path }),
            (None, None) => None,
        };
        let mut whole = below.map(|layer| layer.flatten(MAX_LAYERS)).transpose()?.unwrap_or_default();
        merge(&mut whole, table);
        for setting in self.settings {
            apply(&mut whole, setting)?;
        }
        Ok(RunFile::from_table(whole, &text, &path)?)
    }
}

/// One run file before it is checked.
struct Layer {
    text: String,
    path: PathBuf,
    table: Table,
}

impl Layer {
    /// Opens a file, relative to `folder` if it is there, or a built-in one.
    fn open(name: &Path, folder: Option<&Path>) -> Result<Self, EngineError> {
        let beside = folder.map(|folder| folder.join(name)).filter(|path| path.is_file());
        let file = beside.or_else(|| name.is_file().then(|| name.to_owned()));
        let (path, text) = match file {
            Some(path) => {
                let text = std::fs::read_to_string(&path);
                let text = text.map_err(|source| TrainError::Read { path: path.clone(), source })?;
                (path, text)
            }
            None => (name.to_owned(), built_in(name)?.to_owned()),
        };
        let table = text.parse().map_err(|error| wrong_line(&text, &path, &error))?;
        Ok(Self { text, path, table })
    }

    /// Laid over what it extends.
    fn flatten(mut self, max_layers: usize) -> Result<Table, EngineError> {
        let Some(name) = take_extends(&mut self.table, &self.path)? else { return Ok(self.table) };
        if max_layers == 0 {
            return Err(EngineError::ExtendsInACircle { path: self.path });
        }
        let mut whole = Self::open(&name, self.path.parent())?.flatten(max_layers - 1)?;
        merge(&mut whole, self.table);
        Ok(whole)
    }
}

fn built_in(name: &Path) -> Result<&'static str, EngineError> {
    let stem = name.strip_prefix("configs").unwrap_or(name).with_extension("");
    let found = BUILT_IN.iter().find(|(built_in, _)| Path::new(built_in) == stem);
    found.map(|(_, text)| *text).ok_or_else(|| EngineError::NoRunFile {
        path: name.to_owned(),
        presets: BUILT_IN.map(|(built_in, _)| built_in).join(", "),
    })
}

fn take_extends(table: &mut Table, path: &Path) -> Result<Option<PathBuf>, EngineError> {
    match table.remove("extends") {
        None => Ok(None),
        Some(Value::String(name)) => Ok(Some(PathBuf::from(name))),
        Some(other) => {
            let message = format!("`extends` is the name of a run file, not {other}; correct it");
            Err(TrainError::RunValue { path: path.to_owned(), message }.into())
        }
    }
}

fn merge(below: &mut Table, above: Table) {
    for (key, value) in above {
        match (below.get_mut(&key), value) {
            (Some(Value::Table(below)), Value::Table(above)) if !above.contains_key("kind") => merge(below, above),
            (_, value) => {
                below.insert(key, value);
            }
        }
    }
}

/// Sets one value: `loss.kl.weight=0.5`.
fn apply(table: &mut Table, setting: &str) -> Result<(), EngineError> {
    let wrong = || EngineError::Setting { setting: setting.to_owned() };
    let (path, value) = setting.split_once('=').ok_or_else(wrong)?;
    let (parents, key) = path.rsplit_once('.').unwrap_or(("", path));
    // A word without quotes is a string.
    let value = format!("value = {value}").parse::<Table>().ok().and_then(|mut parsed| parsed.remove("value"));
    let value = value.unwrap_or_else(|| Value::String(setting[path.len() + 1..].to_owned()));
    let mut at = table;
    for parent in parents.split('.').filter(|parent| !parent.is_empty()) {
        let entry = at.entry(parent.to_owned()).or_insert_with(|| Value::Table(Table::new()));
        at = entry.as_table_mut().ok_or_else(wrong)?;
    }
    at.insert(key.to_owned(), value);
    Ok(())
}
