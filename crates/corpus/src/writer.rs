//! Writes a corpus folder so that it is there as a whole or not at all.
//!
//! Owns the temporary sibling folder, the check of every byte on its way to the disk, and the rename at the end.
//! Which pair goes to which split is decided by the caller.

use std::collections::{BTreeMap, HashSet};
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};

use crate::embedding::EMBEDDINGS_FILE;
use crate::manifest::MANIFEST_FILE;
use crate::vocabulary::VOCABULARY_FILE;
use crate::{CorpusError, Manifest, Pair, Split, SplitEntry};

/// A corpus folder in the making. Dropped unfinished, it leaves nothing behind.
pub(crate) struct CorpusWriter {
    folder: tempfile::TempDir,
    out: PathBuf,
    overwrite: bool,
    splits: Vec<(Split, SplitFile)>,
}

impl CorpusWriter {
    /// Opens the split files in a new folder beside `out`.
    ///
    /// # Errors
    /// See [`check_output`]; [`CorpusError::Write`] if the folder cannot be made.
    pub(crate) fn create(out: &Path, overwrite: bool) -> Result<Self, CorpusError> {
        check_output(out, overwrite)?;
        let folder = sibling_folder(out).map_err(|source| CorpusError::Write { path: out.to_path_buf(), source })?;
        let mut splits = Vec::new();
        for split in Split::ALL {
            splits.push((split, SplitFile::create(&folder.path().join(file_name(split)))?));
        }
        Ok(Self { folder, out: out.to_path_buf(), overwrite, splits })
    }

    /// Appends a pair. `context_hash` is any hash of the context that tells contexts apart.
    pub(crate) fn write(&mut self, split: Split, pair: &Pair, context_hash: u64) -> Result<(), CorpusError> {
        self.file(split).write(pair, context_hash)
    }

    /// Number of pairs written to a split.
    pub(crate) fn n_pairs(&mut self, split: Split) -> u64 {
        self.file(split).n_pairs
    }

    /// Closes the split files, lets the caller describe them, and puts the folder in its place.
    ///
    /// # Errors
    /// [`CorpusError::Write`] if anything does not reach the disk.
    pub(crate) fn finish(
        mut self,
        describe: impl FnOnce(BTreeMap<String, SplitEntry>) -> Manifest,
    ) -> Result<Manifest, CorpusError> {
        let mut entries = BTreeMap::new();
        for (split, file) in self.splits.drain(..) {
            entries.insert(split.name().to_owned(), file.finish(file_name(split))?);
        }
        let manifest = describe(entries);
        let path = self.folder.path().join(MANIFEST_FILE);
        let mut json = serde_json::to_vec_pretty(&manifest)
            .map_err(|source| CorpusError::Write { path: path.clone(), source: source.into() })?;
        json.push(b'\n');
        write_synced(&path, &json).map_err(|source| CorpusError::Write { path, source })?;
        self.put_in_place()?;
        Ok(manifest)
    }

    /// Renames the folder to its final name; an old corpus is first set aside, so that it is back if that does not work.
    fn put_in_place(self) -> Result<(), CorpusError> {
        let write_error = |source| CorpusError::Write { path: self.out.clone(), source };
        check_output(&self.out, self.overwrite)?;
        let set_aside = if self.out.join(MANIFEST_FILE).exists() {
            let set_aside = sibling_folder(&self.out).map_err(write_error)?;
            fs_err::rename(&self.out, set_aside.path().join("old")).map_err(write_error)?;
            Some(set_aside)
        } else {
            None
        };
        if let Err(source) = fs_err::rename(self.folder.path(), &self.out) {
            if let Some(set_aside) = &set_aside {
                fs_err::rename(set_aside.path().join("old"), &self.out).map_err(write_error)?;
            }
            return Err(write_error(source));
        }
        // The folder has a new name now, there is nothing left to remove under the old one.
        let _ = self.folder.keep();
        Ok(())
    }

    fn file(&mut self, split: Split) -> &mut SplitFile {
        &mut self.splits[split as usize].1
    }
}

/// Checks that a corpus may be written to `out`.
///
/// # Errors
/// [`CorpusError::OutputExists`] unless `overwrite`, [`CorpusError::OutputForeign`] if files of others would be lost,
/// [`CorpusError::Option`] if `out` has no name of its own.
pub(crate) fn check_output(out: &Path, overwrite: bool) -> Result<(), CorpusError> {
    if out.file_name().is_none() {
        let problem = format!("`{}` has no name of its own; give the path of a new folder", out.display());
        return Err(CorpusError::Option { option: "--out", problem });
    }
    let entries = match fs_err::read_dir(out) {
        Ok(entries) => entries,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
        Err(source) => return Err(CorpusError::Write { path: out.to_path_buf(), source }),
    };
    for entry in entries {
        let entry = entry.map_err(|source| CorpusError::Read { path: out.to_path_buf(), source })?;
        let name = entry.file_name().to_string_lossy().into_owned();
        let known = [MANIFEST_FILE, VOCABULARY_FILE, EMBEDDINGS_FILE].contains(&name.as_str())
            || Split::ALL.into_iter().any(|split| file_name(split) == name);
        if !known {
            return Err(CorpusError::OutputForeign { path: out.to_path_buf(), entry: name });
        }
        if !overwrite {
            return Err(CorpusError::OutputExists { path: out.to_path_buf() });
        }
    }
    Ok(())
}

/// Writes a file so that an error of the disk shows now and not later.
pub(crate) fn write_synced(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let mut file = fs_err::File::create(path)?;
    file.write_all(bytes)?;
    file.sync_all()
}

/// Writes a file so that it is there as a whole or not at all, in place of an older one if there is one.
pub(crate) fn replace(path: &Path, bytes: &[u8]) -> Result<(), CorpusError> {
    let mut name = path.file_name().unwrap_or_default().to_owned();
    name.push(".partial");
    let partial = path.with_file_name(name);
    write_synced(&partial, bytes).and_then(|()| fs_err::rename(&partial, path)).map_err(|source| {
        // Whether or not there is a partial file to remove, the error to tell is the first.
        let _ = fs_err::remove_file(&partial);
        CorpusError::Write { path: path.to_path_buf(), source }
    })
}

fn file_name(split: Split) -> String {
    format!("{split}.jsonl")
}

/// A new hidden folder beside `out`, on the same file system so that it can be renamed, removed when dropped.
fn sibling_folder(out: &Path) -> io::Result<tempfile::TempDir> {
    let parent = match out.parent() {
        Some(parent) if !parent.as_os_str().is_empty() => parent,
        _ => Path::new("."),
    };
    fs_err::create_dir_all(parent)?;
    let mut builder = tempfile::Builder::new();
    builder.prefix(".corpus-");
    #[cfg(unix)]
    {
        // Temporary folders are private by default; this one becomes an ordinary folder (the umask still applies).
        use std::os::unix::fs::PermissionsExt;
        builder.permissions(std::fs::Permissions::from_mode(0o777));
    }
    builder.tempdir_in(parent)
}

/// One split file, hashed as it is written.
struct SplitFile {
    path: PathBuf,
    writer: BufWriter<fs_err::File>,
    hasher: blake3::Hasher,
    line: Vec<u8>,
    n_pairs: u64,
    contexts: HashSet<u64>,
}

impl SplitFile {
    fn create(path: &Path) -> Result<Self, CorpusError> {
        let file =
            fs_err::File::create(path).map_err(|source| CorpusError::Write { path: path.to_path_buf(), source })?;
        Ok(Self {
            path: path.to_path_buf(),
            writer: BufWriter::new(file),
            hasher: blake3::Hasher::new(),
            line: Vec::new(),
            n_pairs: 0,
            contexts: HashSet::new(),
        })
    }

    fn write(&mut self, pair: &Pair, context_hash: u64) -> Result<(), CorpusError> {
        self.line.clear();
        let written = serde_json::to_writer(&mut self.line, pair).map_err(io::Error::from).and_then(|()| {
            self.line.push(b'\n');
            self.writer.write_all(&self.line)
        });
        written.map_err(|source| CorpusError::Write { path: self.path.clone(), source })?;
        self.hasher.update(&self.line);
        self.n_pairs += 1;
        self.contexts.insert(context_hash);
        Ok(())
    }

    fn finish(self, file: String) -> Result<SplitEntry, CorpusError> {
        let path = self.path;
        // A full disk may show only when the buffer is flushed or the file is synced.
        self.writer
            .into_inner()
            .map_err(io::IntoInnerError::into_error)
            .and_then(|file| file.sync_all())
            .map_err(|source| CorpusError::Write { path, source })?;
        Ok(SplitEntry {
            file,
            pairs: self.n_pairs,
            contexts: self.contexts.len() as u64,
            blake3: self.hasher.finalize().to_hex().to_string(),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pair(text: &str) -> Pair {
        Pair { context: text.to_owned(), response: text.to_owned(), topic: None, mode: None }
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn a_full_disk_is_an_error_that_names_path_and_remedy() {
        // `/dev/full` takes no byte: every write to it ends in "no space left on device".
        let mut small = SplitFile::create(Path::new("/dev/full")).unwrap();
        small.write(&pair("shows at the end"), 1).unwrap();
        let error = small.finish("train.jsonl".to_owned()).unwrap_err();
        assert_eq!(error.to_string(), "cannot write `/dev/full`; free some space or choose another output folder");
        let source = std::error::Error::source(&error).unwrap().to_string();
        assert!(source.contains("No space left on device"), "{source}");

        let mut large = SplitFile::create(Path::new("/dev/full")).unwrap();
        let error = (0..).find_map(|idx| large.write(&pair(&"long ".repeat(1000)), idx).err()).unwrap();
        assert!(matches!(error, CorpusError::Write { .. }));
        assert!(write_synced(Path::new("/dev/full"), b"manifest").is_err());
    }

    #[test]
    fn an_unfinished_corpus_leaves_nothing_behind() {
        let folder = tempfile::tempdir().unwrap();
        let mut writer = CorpusWriter::create(&folder.path().join("out"), false).unwrap();
        writer.write(Split::Train, &pair("a"), 1).unwrap();
        assert_eq!(writer.n_pairs(Split::Train), 1);
        drop(writer);
        assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 0);
    }

    #[test]
    fn folders_of_others_are_left_alone() {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("thesis.tex"), "").unwrap();
        for overwrite in [false, true] {
            let error = check_output(folder.path(), overwrite).unwrap_err().to_string();
            assert!(error.contains("holds `thesis.tex`, which is no part of a corpus; move it away"), "{error}");
        }
        let error = check_output(Path::new("/"), false).unwrap_err().to_string();
        assert_eq!(error, "--out `/` has no name of its own; give the path of a new folder");
    }
}
