//! From paths to JSON values: which files there are, how they are decoded, and where values begin and end.

pub(crate) mod decode;
pub(crate) mod time;
pub(crate) mod values;

use std::path::{Path, PathBuf};
use std::time::UNIX_EPOCH;

use crate::ArchiveError;

const FORMATS: [&str; 4] = ["json", "jsonl", "ndjson", "js"];
const COMPRESSIONS: [&str; 4] = ["gz", "bz2", "zst", "zstd"];

/// A file to read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct InputFile {
    pub(crate) path: PathBuf,
    pub(crate) bytes: u64,
    /// When it was last changed, in seconds since 1970.
    pub(crate) modified: u64,
}

impl InputFile {
    /// Its name without the folder, for examples.
    pub(crate) fn name(&self) -> String {
        self.path.file_name().map_or_else(String::new, |name| name.to_string_lossy().into_owned())
    }
}

/// The files that are named, and those in the folders that are named, by path. Named files may have any name, of
/// folders those are taken that look like posts.
///
/// # Errors
/// [`ArchiveError::MissingInput`], [`ArchiveError::Read`], and [`ArchiveError::NoInput`] if there is no file at all.
pub(crate) fn discover(inputs: &[PathBuf]) -> Result<Vec<InputFile>, ArchiveError> {
    let mut files = Vec::new();
    for input in inputs {
        if !input.exists() {
            return Err(ArchiveError::MissingInput { path: input.clone() });
        }
        if input.is_dir() {
            let mut found = Vec::new();
            walk(input, &mut found)?;
            found.sort();
            files.extend(found);
        } else {
            files.push(input.clone());
        }
    }
    if files.is_empty() {
        return Err(ArchiveError::NoInput);
    }
    files.into_iter().map(describe).collect()
}

fn describe(path: PathBuf) -> Result<InputFile, ArchiveError> {
    let metadata = fs_err::metadata(&path).map_err(ArchiveError::read(&path))?;
    let modified = metadata.modified().ok().and_then(|time| time.duration_since(UNIX_EPOCH).ok());
    Ok(InputFile { bytes: metadata.len(), modified: modified.map_or(0, |time| time.as_secs()), path })
}

fn walk(folder: &Path, found: &mut Vec<PathBuf>) -> Result<(), ArchiveError> {
    for entry in fs_err::read_dir(folder).map_err(ArchiveError::read(folder))? {
        let entry = entry.map_err(ArchiveError::read(folder))?;
        let kind = entry.file_type().map_err(ArchiveError::read(folder))?;
        // A link to a folder is not followed: it could lead in a circle.
        if kind.is_dir() {
            walk(&entry.path(), found)?;
        } else if has_posts(&entry.path()) && entry.path().is_file() {
            found.push(entry.path());
        }
    }
    Ok(())
}

fn has_posts(path: &Path) -> bool {
    let mut extensions = path.to_str().unwrap_or_default().rsplit('.').map(str::to_ascii_lowercase);
    let mut last = extensions.next().unwrap_or_default();
    if COMPRESSIONS.contains(&last.as_str()) {
        last = extensions.next().unwrap_or_default();
    }
    FORMATS.contains(&last.as_str())
}

/// Consecutive files that are read one after the other by one thread: large files alone, small ones together.
pub(crate) fn units(files: &[InputFile]) -> Vec<std::ops::Range<usize>> {
    /// Enough that what is written for a unit is not tiny, little enough to keep all threads busy.
    const UNIT_BYTES: u64 = 2 << 20;
    let mut units = Vec::new();
    let mut start = 0;
    let mut bytes = 0;
    for (idx, file) in files.iter().enumerate() {
        bytes += file.bytes;
        if bytes >= UNIT_BYTES || idx + 1 == files.len() {
            units.push(start..idx + 1);
            start = idx + 1;
            bytes = 0;
        }
    }
    units
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn folders_are_searched_by_name() {
        let folder = tempfile::tempdir().unwrap();
        for name in ["2017/02.jsonl.gz", "2017/01.json", "readme.txt", "tweets.js", "a.bz2", "b.NDJSON.zst"] {
            let path = folder.path().join(name);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(path, "x").unwrap();
        }
        let files = discover(&[folder.path().to_path_buf()]).unwrap();
        let names: Vec<_> = files.iter().map(InputFile::name).collect();
        assert_eq!(names, ["01.json", "02.jsonl.gz", "b.NDJSON.zst", "tweets.js"]);
        assert_eq!(discover(&[folder.path().join("readme.txt")]).unwrap().len(), 1, "a named file is read in any case");
        assert!(matches!(discover(&[folder.path().join("gone")]), Err(ArchiveError::MissingInput { .. })));
    }

    #[test]
    fn small_files_are_read_together() {
        let file = |bytes| InputFile { path: PathBuf::new(), bytes, modified: 0 };
        let files = [1, 1, 99 << 20, 1, 1].map(file);
        assert_eq!(units(&files), [0..3, 3..5]);
        assert!(units(&[]).is_empty());
    }
}
