//! A corpus folder on disk: open, check, read pair by pair.
//!
//! Owns reading; folders are made by the import and by the planted generator.

use std::io::{BufReader, Read};
use std::path::{Path, PathBuf};

use fs_err::File;

use crate::embedding::EMBEDDINGS_FILE;
use crate::lines::Lines;
use crate::vocabulary::VOCABULARY_FILE;
use crate::{CorpusError, LineFault, Manifest, Pair, Split};

/// Longest line of a split file. The import's default bound is 1 MiB; escaping can double a line.
const MAX_LINE_BYTES: usize = 256 << 20;

/// An imported or planted corpus.
#[derive(Clone, Debug, PartialEq)]
pub struct Corpus {
    dir: PathBuf,
    manifest: Manifest,
}

impl Corpus {
    /// Opens a corpus folder. The split files are looked at when they are read.
    ///
    /// # Errors
    /// [`CorpusError::NotACorpus`] without a manifest, [`CorpusError::Manifest`], [`CorpusError::ManifestFormat`] or
    /// [`CorpusError::ManifestSplit`] with one that this version cannot use.
    pub fn open(dir: &Path) -> Result<Self, CorpusError> {
        Ok(Self { dir: dir.to_path_buf(), manifest: Manifest::read(dir)? })
    }

    /// The folder.
    #[must_use]
    pub fn dir(&self) -> &Path {
        &self.dir
    }

    /// What the folder holds.
    #[must_use]
    pub fn manifest(&self) -> &Manifest {
        &self.manifest
    }

    /// Where the vocabulary of this corpus is kept: `tokenizer.json`.
    #[must_use]
    pub fn vocabulary_path(&self) -> PathBuf {
        self.dir.join(VOCABULARY_FILE)
    }

    /// Where the embeddings of this corpus' vocabulary are kept, if they were trained: `embeddings.bin`.
    #[must_use]
    pub fn embeddings_path(&self) -> PathBuf {
        self.dir.join(EMBEDDINGS_FILE)
    }

    /// The pairs of a split in file order, read as they are asked for.
    ///
    /// # Errors
    /// [`CorpusError::Read`] if the file cannot be opened. An item is an error, and the last one, if the file cannot be
    /// read on or a line of it was damaged.
    pub fn pairs(
        &self,
        split: Split,
    ) -> Result<impl Iterator<Item = Result<Pair, CorpusError>> + Send + use<>, CorpusError> {
        let mut paths = self.split_paths(split).into_iter();
        let path = paths.next().unwrap_or_default();
        let file = open(&path)?;
        Ok(Pairs { path, lines: Some(Lines::new(BufReader::new(file), MAX_LINE_BYTES)), more: paths })
    }

    /// Checks that every split file is, byte for byte, the one that the manifest describes.
    ///
    /// # Errors
    /// [`CorpusError::Read`] or [`CorpusError::HashMismatch`] for the first file that is not.
    pub fn verify(&self) -> Result<(), CorpusError> {
        for split in Split::ALL {
            let mut hasher = blake3::Hasher::new();
            let mut buffer = vec![0; 1 << 16];
            let mut last = PathBuf::new();
            for path in self.split_paths(split) {
                let mut file = open(&path)?;
                loop {
                    let read = file.read(&mut buffer);
                    match read.map_err(|source| CorpusError::Read { path: path.clone(), source })? {
                        0 => break,
                        n_bytes => hasher.update(&buffer[..n_bytes]),
                    };
                }
                last = path;
            }
            let found = hasher.finalize().to_hex().to_string();
            let expected = self.manifest.splits[split.name()].blake3.clone();
            if found != expected {
                return Err(CorpusError::HashMismatch { path: last, expected, found });
            }
        }
        Ok(())
    }

    /// `Manifest::read` has checked that every split has an entry.
    fn split_paths(&self, split: Split) -> Vec<PathBuf> {
        self.manifest.splits[split.name()].files().map(|file| self.dir.join(file)).collect()
    }
}

fn open(path: &Path) -> Result<File, CorpusError> {
    File::open(path).map_err(|source| CorpusError::Read { path: path.to_path_buf(), source })
}

struct Pairs {
    path: PathBuf,
    /// `None` after an error.
    lines: Option<Lines<BufReader<File>>>,
    /// The shards still to come.
    more: std::vec::IntoIter<PathBuf>,
}

impl Pairs {
    /// Goes to the next shard; false if there is none.
    fn next_file(&mut self) -> Result<bool, CorpusError> {
        let Some(path) = self.more.next() else { return Ok(false) };
        self.path = path;
        self.lines = Some(Lines::new(BufReader::new(open(&self.path)?), MAX_LINE_BYTES));
        Ok(true)
    }
}

impl Iterator for Pairs {
    type Item = Result<Pair, CorpusError>;

    fn next(&mut self) -> Option<Self::Item> {
        let read = match self.lines.as_mut()?.next_line() {
            Ok(None) => match self.next_file() {
                Ok(true) => return self.next(),
                Ok(false) => return None,
                Err(error) => {
                    self.lines = None;
                    return Some(Err(error));
                }
            },
            Ok(Some(line)) => {
                let number = line.number;
                parse(line.bytes).map_err(|fault| (number, fault))
            }
            Err(source) => {
                self.lines = None;
                return Some(Err(CorpusError::Read { path: self.path.clone(), source }));
            }
        };
        Some(read.map_err(|(line, fault)| {
            self.lines = None;
            CorpusError::DamagedLine { path: self.path.clone(), line, fault }
        }))
    }
}

fn parse(bytes: Option<&[u8]>) -> Result<Pair, LineFault> {
    let bytes = bytes.ok_or(LineFault::TooLong { max_line_bytes: MAX_LINE_BYTES })?;
    serde_json::from_slice(bytes).map_err(|error| LineFault::malformed_json(&error))
}
