//! The project folder.

use std::path::{Path, PathBuf};

use repartee_wire::engine::{EngineError, EngineErrorCode};

use crate::{StudioError, fault::invalid};

/// Folders of a project.
const FOLDERS: [&str; 4] = ["corpora", "runs", "models", "studies"];

/// Longest name of a run, in characters.
const MAX_NAME: usize = 64;

/// A project folder, with absolute paths.
pub(crate) struct Project {
    corpora: PathBuf,
    runs: PathBuf,
    models: PathBuf,
    studies: PathBuf,
}

impl Project {
    /// Opens a folder, and makes what it lacks.
    pub(crate) fn open(folder: &Path) -> Result<Self, StudioError> {
        let failed = |source| StudioError::Folder { path: folder.to_owned(), source };
        let folder = std::path::absolute(folder).map_err(failed)?;
        let [corpora, runs, models, studies] = FOLDERS.map(|name| folder.join(name));
        for path in [&corpora, &runs, &models, &studies] {
            fs_err::create_dir_all(path).map_err(failed)?;
        }
        Ok(Self { corpora, runs, models, studies })
    }

    pub(crate) fn corpora(&self) -> &Path {
        &self.corpora
    }

    pub(crate) fn runs(&self) -> &Path {
        &self.runs
    }

    pub(crate) fn models(&self) -> &Path {
        &self.models
    }

    pub(crate) fn studies(&self) -> &Path {
        &self.studies
    }

    /// The folder of a new run.
    pub(crate) fn new_run(&self, name: &str) -> Result<PathBuf, EngineError> {
        check_name(name)?;
        let folder = self.runs.join(name);
        if folder.exists() {
            return Err(invalid(format!("there is a run `{name}` already; choose another name")));
        }
        Ok(folder)
    }

    /// The folder of a run that is there.
    pub(crate) fn run(&self, name: &str) -> Result<PathBuf, EngineError> {
        check_name(name)?;
        let folder = self.runs.join(name);
        if folder.is_dir() {
            return Ok(folder);
        }
        Err(EngineError::new(EngineErrorCode::NotFound, format!("there is no run `{name}`; it may have been removed")))
    }

    /// The folder of a model by its id, `models/NAME` or `runs/NAME`.
    pub(crate) fn model(&self, id: &str) -> Result<PathBuf, EngineError> {
        let missing = || EngineError::new(EngineErrorCode::NotFound, format!("there is no model `{id}`"));
        let (kind, name) = id.split_once('/').ok_or_else(missing)?;
        check_name(name)?;
        let folder = match kind {
            "models" => self.models.join(name),
            "runs" => self.runs.join(name),
            _ => return Err(missing()),
        };
        if folder.is_dir() { Ok(folder) } else { Err(missing()) }
    }
}

/// A name must not lead out of its folder, nor look like an option.
fn check_name(name: &str) -> Result<(), EngineError> {
    let is_plain = |letter: char| letter.is_alphanumeric() || "-_. ".contains(letter);
    let is_right = name.chars().all(is_plain)
        && name.starts_with(char::is_alphanumeric)
        && !name.ends_with(['.', ' '])
        && name.chars().count() <= MAX_NAME;
    if is_right {
        return Ok(());
    }
    Err(invalid(format!(
        "`{name}` is no name for a run; begin with a letter or digit, then use letters, digits, `-`, `_`, `.` and blanks, \
         {MAX_NAME} at most"
    )))
}

/// Folders below one, by name.
pub(crate) fn folders(of: &Path) -> Vec<(String, PathBuf)> {
    let entries = std::fs::read_dir(of).into_iter().flatten().flatten();
    let named = entries.filter_map(|entry| Some((entry.file_name().into_string().ok()?, entry.path())));
    let mut folders: Vec<_> = named.filter(|(name, path)| path.is_dir() && check_name(name).is_ok()).collect();
    folders.sort();
    folders
}
