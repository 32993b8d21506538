//! The work folder: what a stage leaves for the next, so that a build that was killed goes on.
//!
//! A stage's output gets its name by a rename when it is whole, so what is there can be used. Owns the layout, the lock,
//! and the check that the folder belongs to this build.

use std::io::Write;
use std::path::{Path, PathBuf};

use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::ArchiveError;

/// Changes when any file of the folder changes its form.
const FORMAT: u32 = 2;

const MARK: &str = "build.json";
const LOCK: &str = "lock";
/// Names of all that is ever in the folder, without extensions.
const STEMS: [&str; 9] =
    ["build", "lock", "segments", "scratch", "verdicts", "pairs", "near-duplicates", "unfinished", "report"];

/// The folder, locked for as long as this is held.
#[derive(Debug)]
pub(crate) struct Work {
    folder: PathBuf,
    _lock: fs_err::File,
    /// Whether a former build left something here.
    pub(crate) resumed: bool,
}

#[derive(Debug, PartialEq, Serialize, serde::Deserialize)]
struct Mark {
    format: u32,
    fingerprint: String,
}

impl Work {
    /// Opens the work of a former build of the same fingerprint, or begins anew.
    ///
    /// # Errors
    /// [`ArchiveError::OtherWork`], [`ArchiveError::ForeignWork`] or [`ArchiveError::WorkInUse`] if the folder is not
    /// this build's to use.
    pub(crate) fn open(folder: &Path, fingerprint: String, restart: bool) -> Result<Self, ArchiveError> {
        let mark_path = folder.join(MARK);
        if folder.exists() && !mark_path.exists() && !is_ours(folder)? {
            return Err(ArchiveError::ForeignWork { path: folder.to_path_buf() });
        }
        fs_err::create_dir_all(folder).map_err(ArchiveError::write(folder))?;
        let lock_path = folder.join(LOCK);
        let lock = fs_err::File::create(&lock_path).map_err(ArchiveError::write(&lock_path))?;
        if lock.file().try_lock().is_err() {
            return Err(ArchiveError::WorkInUse { path: folder.to_path_buf() });
        }
        let mark = Mark { format: FORMAT, fingerprint };
        let mut work = Self { folder: folder.to_path_buf(), _lock: lock, resumed: false };
        let old: Option<Mark> = if restart { None } else { work.load(MARK) };
        match old {
            Some(old) if old == mark => work.resumed = true,
            Some(_) => return Err(ArchiveError::OtherWork { path: folder.to_path_buf() }),
            None => {
                work.clear()?;
                work.save(MARK, &mark)?;
            }
        }
        work.empty_scratch()?;
        fs_err::create_dir_all(work.segments()).map_err(ArchiveError::write(folder))?;
        Ok(work)
    }

    /// A file of the folder.
    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.folder.join(name)
    }

    /// Where the posts that were read are.
    pub(crate) fn segments(&self) -> PathBuf {
        self.path("segments")
    }

    /// Where sorted runs are for as long as they are needed.
    pub(crate) fn scratch(&self) -> PathBuf {
        self.path("scratch")
    }

    /// What a stage saved, if it did.
    pub(crate) fn load<T: DeserializeOwned>(&self, name: &str) -> Option<T> {
        serde_json::from_slice(&fs_err::read(self.path(name)).ok()?).ok()
    }

    /// Saves what a stage found, as a whole or not at all.
    pub(crate) fn save<T: Serialize>(&self, name: &str, value: &T) -> Result<(), ArchiveError> {
        let path = self.path(name);
        let temporary = path.with_extension("tmp");
        let write = || {
            let json = serde_json::to_vec(value)?;
            let mut file = fs_err::File::create(&temporary)?;
            file.write_all(&json)?;
            fs_err::rename(&temporary, &path)
        };
        write().map_err(ArchiveError::write(&path))
    }

    /// Gives a file that is whole its name.
    pub(crate) fn publish(&self, temporary: &Path, name: &str) -> Result<(), ArchiveError> {
        let path = self.path(name);
        fs_err::rename(temporary, &path).map_err(ArchiveError::write(&path))
    }

    /// Removes a file or folder that is needed no more.
    pub(crate) fn discard(&self, path: &Path) -> Result<(), ArchiveError> {
        let removed = if path.is_dir() { fs_err::remove_dir_all(path) } else { fs_err::remove_file(path) };
        match removed {
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => Err(ArchiveError::write(path)(error)),
            _ => Ok(()),
        }
    }

    fn empty_scratch(&self) -> Result<(), ArchiveError> {
        let scratch = self.scratch();
        self.discard(&scratch)?;
        fs_err::create_dir_all(&scratch).map_err(ArchiveError::write(&scratch))
    }

    /// Removes all but the lock. The mark goes first: of a folder without it no build goes on, so it does not matter what
    /// is left in it by a program that is killed here.
    fn clear(&self) -> Result<(), ArchiveError> {
        self.discard(&self.path(MARK))?;
        for entry in fs_err::read_dir(&self.folder).map_err(ArchiveError::read(&self.folder))? {
            let entry = entry.map_err(ArchiveError::read(&self.folder))?;
            if entry.file_name() != LOCK {
                self.discard(&entry.path())?;
            }
        }
        Ok(())
    }

    /// Removes the folder: the build is done.
    pub(crate) fn remove(self) -> Result<(), ArchiveError> {
        self.clear()?;
        fs_err::remove_dir_all(&self.folder).map_err(ArchiveError::write(&self.folder))
    }
}

/// Whether a folder without the mark is empty, or what is left of a work folder that was being removed.
fn is_ours(folder: &Path) -> Result<bool, ArchiveError> {
    let entries = fs_err::read_dir(folder).map_err(ArchiveError::read(folder))?;
    let paths: Vec<PathBuf> = entries.flatten().map(|entry| entry.path()).collect();
    let is_known = |path: &PathBuf| {
        let stem = path.file_stem().and_then(|stem| stem.to_str()).unwrap_or_default();
        STEMS.contains(&stem)
    };
    Ok(paths.is_empty() || (folder.join(LOCK).exists() && paths.iter().all(is_known)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_same_build_goes_on() {
        let folder = tempfile::tempdir().unwrap();
        let at = folder.path().join("work");
        let open = |fingerprint: &str, restart| Work::open(&at, fingerprint.to_owned(), restart);
        let work = open("a", false).unwrap();
        assert!(!work.resumed);
        work.save("stage.json", &7).unwrap();
        assert!(matches!(open("a", false), Err(ArchiveError::WorkInUse { .. })));
        drop(work);
        let work = open("a", false).unwrap();
        assert!(work.resumed);
        assert_eq!(work.load::<u32>("stage.json"), Some(7));
        drop(work);
        assert!(matches!(open("b", false), Err(ArchiveError::OtherWork { .. })));
        let work = open("b", true).unwrap();
        assert_eq!((work.resumed, work.load::<u32>("stage.json")), (false, None));
        work.remove().unwrap();

        std::fs::create_dir(&at).unwrap();
        std::fs::write(at.join("thesis.tex"), "").unwrap();
        assert!(matches!(open("a", true), Err(ArchiveError::ForeignWork { .. })));
        assert!(at.join("thesis.tex").exists());
        std::fs::remove_file(at.join("thesis.tex")).unwrap();
        std::fs::write(at.join("report.json"), "").unwrap();
        assert!(
            matches!(open("a", true), Err(ArchiveError::ForeignWork { .. })),
            "a file of this name may be anybody's"
        );

        // What a program leaves that is killed while it removes its work folder.
        std::fs::write(at.join("lock"), "").unwrap();
        let work = open("a", false).unwrap();
        assert!(!work.resumed && !at.join("report.json").exists());
    }
}
