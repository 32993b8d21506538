//! Writes a corpus folder so that it is there as a whole or not at all.
//!
//! Owns the temporary sibling folder, the check of every byte on its way to the disk, and the rename at the end.
//! Which pair goes to which split is decided by the caller.

use std::collections::{BTreeMap, HashSet};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use crate::embedding::EMBEDDINGS_FILE;
use crate::manifest::MANIFEST_FILE;
use crate::vocabulary::VOCABULARY_FILE;
use crate::{CorpusError, Manifest, Pair, Split, SplitEntry};

/// Lines of a split file that are written at once.
const BUFFER_BYTES: usize = 1 << 16;

/// A corpus folder in the making. Dropped unfinished, it leaves nothing behind.
pub struct CorpusWriter {
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
    pub fn create(out: &Path, overwrite: bool) -> Result<Self, CorpusError> {
        Self::create_in_shards(out, overwrite, u64::MAX)
    }

    /// As [`CorpusWriter::create`]; a split goes on in a further file after every `pairs_per_file` pairs.
    ///
    /// # Errors
    /// As there.
    pub fn create_in_shards(out: &Path, overwrite: bool, pairs_per_file: u64) -> Result<Self, CorpusError> {
        check_output(out, overwrite)?;
        let folder = sibling_folder(out).map_err(|source| CorpusError::Write { path: out.to_path_buf(), source })?;
        let mut splits = Vec::new();
        for split in Split::ALL {
            splits.push((split, SplitFile::create(&folder.path().join(file_name(split)), pairs_per_file)?));
        }
        Ok(Self { folder, out: out.to_path_buf(), overwrite, splits })
    }

    /// Where the folder is until it is finished; a program that is killed leaves it behind.
    #[must_use]
    pub fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// Appends a pair. `context_hash` is any hash of the context that tells contexts apart.
    ///
    /// # Errors
    /// [`CorpusError::Write`] if it does not reach the disk.
    pub fn write(&mut self, split: Split, pair: &Pair, context_hash: u64) -> Result<(), CorpusError> {
        self.file(split).write(pair, context_hash)
    }

    /// Appends lines that are pairs in JSON, each with its line end. Their contexts are not counted here: see
    /// [`CorpusWriter::add_contexts`].
    ///
    /// # Errors
    /// [`CorpusError::Write`] if they do not reach the disk.
    pub fn write_line(&mut self, split: Split, line: &[u8]) -> Result<(), CorpusError> {
        self.file(split).write_line(line)
    }

    /// Counts contexts that the caller has told apart itself.
    pub fn add_contexts(&mut self, split: Split, n_contexts: u64) {
        self.file(split).more_contexts += n_contexts;
    }

    /// Number of pairs written to a split.
    pub fn n_pairs(&mut self, split: Split) -> u64 {
        self.file(split).n_pairs
    }

    /// Closes the split files, lets the caller describe them, and puts the folder in its place.
    ///
    /// # Errors
    /// [`CorpusError::Write`] if anything does not reach the disk.
    pub fn finish(
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
pub fn check_output(out: &Path, overwrite: bool) -> Result<(), CorpusError> {
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
            || Split::ALL.into_iter().any(|split| is_split_file(split, &name));
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

/// `train.jsonl`, or a further shard as `train-00002.jsonl`.
fn is_split_file(split: Split, name: &str) -> bool {
    let rest = name.strip_prefix(split.name()).and_then(|rest| rest.strip_suffix(".jsonl"));
    let is_number = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    rest.is_some_and(|rest| rest.is_empty() || rest.strip_prefix('-').is_some_and(is_number))
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

/// The file or the files of one split, hashed as they are written.
struct SplitFile {
    path: PathBuf,
    file: fs_err::File,
    /// Lines that are neither written nor hashed yet: hashing many bytes at once is several times as fast.
    buffer: Vec<u8>,
    hasher: blake3::Hasher,
    line: Vec<u8>,
    pairs_per_file: u64,
    n_pairs: u64,
    contexts: HashSet<u64>,
    more_contexts: u64,
    more_files: Vec<String>,
}

impl SplitFile {
    fn create(path: &Path, pairs_per_file: u64) -> Result<Self, CorpusError> {
        Ok(Self {
            path: path.to_path_buf(),
            file: create_file(path)?,
            buffer: Vec::new(),
            hasher: blake3::Hasher::new(),
            line: Vec::new(),
            pairs_per_file: pairs_per_file.max(1),
            n_pairs: 0,
            contexts: HashSet::new(),
            more_contexts: 0,
            more_files: Vec::new(),
        })
    }

    fn write(&mut self, pair: &Pair, context_hash: u64) -> Result<(), CorpusError> {
        let mut line = std::mem::take(&mut self.line);
        line.clear();
        serde_json::to_writer(&mut line, pair)
            .map_err(|source| CorpusError::Write { path: self.path.clone(), source: source.into() })?;
        line.push(b'\n');
        let written = self.write_line(&line);
        self.line = line;
        self.contexts.insert(context_hash);
        written
    }

    fn write_line(&mut self, line: &[u8]) -> Result<(), CorpusError> {
        if self.n_pairs > 0 && self.n_pairs.is_multiple_of(self.pairs_per_file) {
            self.next_file()?;
        }
        self.buffer.extend_from_slice(line);
        self.n_pairs += 1;
        if self.buffer.len() < BUFFER_BYTES { Ok(()) } else { self.flush() }
    }

    fn flush(&mut self) -> Result<(), CorpusError> {
        self.hasher.update(&self.buffer);
        let written = self.file.write_all(&self.buffer);
        self.buffer.clear();
        written.map_err(|source| CorpusError::Write { path: self.path.clone(), source })
    }

    /// A full disk may show only when the rest is written or the file is synced.
    fn sync(&mut self) -> Result<(), CorpusError> {
        self.flush()?;
        self.file.sync_all().map_err(|source| CorpusError::Write { path: self.path.clone(), source })
    }

    fn next_file(&mut self) -> Result<(), CorpusError> {
        let stem = self.path.file_stem().unwrap_or_default().to_string_lossy().into_owned();
        // `train`, also when the file before was `train-00002`.
        let split = stem.split('-').next().unwrap_or_default();
        let name = format!("{split}-{:05}.jsonl", self.more_files.len() + 2);
        let path = self.path.with_file_name(&name);
        self.sync()?;
        self.file = create_file(&path)?;
        self.path = path;
        self.more_files.push(name);
        Ok(())
    }

    fn finish(mut self, file: String) -> Result<SplitEntry, CorpusError> {
        self.sync()?;
        Ok(SplitEntry {
            file,
            more_files: self.more_files,
            pairs: self.n_pairs,
            contexts: self.contexts.len() as u64 + self.more_contexts,
            blake3: self.hasher.finalize().to_hex().to_string(),
        })
    }
}

fn create_file(path: &Path) -> Result<fs_err::File, CorpusError> {
    fs_err::File::create(path).map_err(|source| CorpusError::Write { path: path.to_path_buf(), source })
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
        let mut small = SplitFile::create(Path::new("/dev/full"), u64::MAX).unwrap();
        small.write(&pair("shows at the end"), 1).unwrap();
        let error = small.finish("train.jsonl".to_owned()).unwrap_err();
        assert_eq!(error.to_string(), "cannot write `/dev/full`; free some space or choose another output folder");
        let source = std::error::Error::source(&error).unwrap().to_string();
        assert!(source.contains("No space left on device"), "{source}");

        let mut large = SplitFile::create(Path::new("/dev/full"), u64::MAX).unwrap();
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
    fn shards_are_read_as_one_split() {
        let folder = tempfile::tempdir().unwrap();
        let out = folder.path().join("out");
        let mut writer = CorpusWriter::create_in_shards(&out, false, 2).unwrap();
        for idx in 0..5 {
            writer.write(Split::Train, &pair(&idx.to_string()), idx).unwrap();
        }
        writer.write_line(Split::Dev, b"{\"context\":\"c\",\"response\":\"r\",\"context_id\":\"7\"}\n").unwrap();
        writer.add_contexts(Split::Dev, 1);
        let manifest = writer
            .finish(|splits| Manifest {
                format: crate::MANIFEST_FORMAT,
                language: crate::Language::English,
                splits,
                source: crate::Source::Planted { seed: 0, pairs: 6 },
                dropped: BTreeMap::new(),
                dropped_examples: BTreeMap::new(),
            })
            .unwrap();
        let train = &manifest.splits["train"];
        assert_eq!(train.files().collect::<Vec<_>>(), ["train.jsonl", "train-00002.jsonl", "train-00003.jsonl"]);
        assert_eq!((train.pairs, train.contexts, manifest.splits["dev"].contexts), (5, 5, 1));
        let corpus = crate::Corpus::open(&out).unwrap();
        corpus.verify().unwrap();
        let read: Vec<Pair> = corpus.pairs(Split::Train).unwrap().map(Result::unwrap).collect();
        assert_eq!(read, ["0", "1", "2", "3", "4"].map(pair));
        assert_eq!(corpus.pairs(Split::Dev).unwrap().map(Result::unwrap).next().unwrap().context, "c");
        assert!(matches!(check_output(&out, false), Err(CorpusError::OutputExists { .. })));
        check_output(&out, true).unwrap();

        std::fs::write(out.join("train-00002.jsonl"), "").unwrap();
        assert!(matches!(corpus.verify(), Err(CorpusError::HashMismatch { .. })));
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
