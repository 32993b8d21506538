//! The project folders that were open, the last one first.

use std::{
    fs, io,
    path::{Path, PathBuf},
};

use serde::{Deserialize, Serialize};

/// Projects that are remembered.
const MAX_RECENT: usize = 8;

/// See the module.
#[derive(Debug, Default, Serialize, Deserialize)]
pub(crate) struct Projects {
    recent: Vec<PathBuf>,
    /// Where they are remembered.
    #[serde(skip)]
    file: PathBuf,
}

impl Projects {
    /// What a file remembers; nothing, if it is not there or not understood.
    pub(crate) fn read(file: PathBuf) -> Self {
        let text = fs::read_to_string(&file).unwrap_or_default();
        let known: Self = serde_json::from_str(&text).unwrap_or_default();
        Self { file, ..known }
    }

    /// The folders, the last one first; without those that are gone.
    pub(crate) fn recent(&self) -> Vec<PathBuf> {
        self.recent.iter().filter(|folder| folder.is_dir()).cloned().collect()
    }

    /// Remembers a folder as the last one.
    ///
    /// # Errors
    /// When the file cannot be written; the folder is remembered until the app ends all the same.
    pub(crate) fn open(&mut self, folder: &Path) -> io::Result<()> {
        self.recent.retain(|known| known != folder);
        self.recent.insert(0, folder.to_owned());
        self.recent.truncate(MAX_RECENT);
        if let Some(parent) = self.file.parent() {
            fs::create_dir_all(parent)?;
        }
        let new = self.file.with_extension("new");
        fs::write(&new, serde_json::to_string_pretty(self)?)?;
        fs::rename(new, &self.file)
    }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test that cannot go on fails")]

    use super::*;

    #[test]
    fn the_last_projects_come_back_in_order_and_once() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("app/projects.json");
        let project = |name: usize| {
            let project = folder.path().join(name.to_string());
            fs::create_dir_all(&project).unwrap();
            project
        };
        let mut projects = Projects::read(file.clone());
        assert!(projects.recent().is_empty());
        for name in (0..10).chain([7]) {
            projects.open(&project(name)).unwrap();
        }
        fs::remove_dir(project(9)).unwrap();
        let expected: Vec<_> = [7, 8, 6, 5, 4, 3, 2].map(project).to_vec();
        assert_eq!(Projects::read(file.clone()).recent(), expected);
        fs::write(&file, "garbled").unwrap();
        assert!(Projects::read(file).recent().is_empty());
    }
}
