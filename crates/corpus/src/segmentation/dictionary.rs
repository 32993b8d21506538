//! MeCab's dictionary sources: where they are, how they are compiled, and the copy in the user's cache folder.

use std::env;
use std::io::{self, BufReader, Write};
use std::path::{Path, PathBuf};
use std::time::UNIX_EPOCH;

use encoding_rs::EUC_JP;
use vibrato::{Dictionary, SystemDictionaryBuilder};

use super::SegmentationError;

/// Where distributions put the sources of IPADIC.
const USUAL_PLACES: [&str; 2] = ["/usr/share/mecab/dic/ipadic", "/usr/local/share/mecab/dic/ipadic"];

/// The files that every dictionary has beside its lexicon.
const DEFINITIONS: [&str; 3] = ["matrix.def", "char.def", "unk.def"];

/// Part of the cached file's name: another version may write another format.
const CACHE_FORMAT: &str = "vibrato-0.5";

/// The folder that is given, or the first usual place that has a dictionary.
pub(super) fn find(folder: Option<&Path>) -> Result<PathBuf, SegmentationError> {
    if let Some(folder) = folder {
        return match DEFINITIONS.into_iter().find(|name| !folder.join(name).is_file()) {
            Some(missing) => Err(SegmentationError::NotADictionary { path: folder.to_path_buf(), missing }),
            None => Ok(folder.to_path_buf()),
        };
    }
    let is_complete = |place: &Path| DEFINITIONS.iter().all(|name| place.join(name).is_file());
    let found = USUAL_PLACES.iter().map(Path::new).find(|place| is_complete(place));
    found.map(Path::to_path_buf).ok_or_else(|| SegmentationError::NoDictionary { searched: USUAL_PLACES.join(", ") })
}

/// The dictionary, from the cache if it was compiled before.
pub(super) fn load(folder: &Path) -> Result<Dictionary, SegmentationError> {
    let sources = sources(folder)?;
    let cached = cache_folder().map(|cache| cache.join(cache_name(&sources)));
    if let Some(path) = &cached
        && let Ok(file) = fs_err::File::open(path)
        && let Ok(dictionary) = Dictionary::read(BufReader::with_capacity(1 << 20, file))
    {
        return Ok(dictionary);
    }
    let dictionary = compile(folder, &sources)?;
    if let Some(path) = cached {
        // Without the copy the next start takes some seconds longer, nothing else.
        let _ = store(&dictionary, &path);
    }
    Ok(dictionary)
}

pub(super) fn compile_error(folder: &Path, problem: &str) -> SegmentationError {
    SegmentationError::Compile { path: folder.to_path_buf(), problem: problem.to_owned() }
}

/// All source files, by name.
fn sources(folder: &Path) -> Result<Vec<PathBuf>, SegmentationError> {
    let read_error = |source| SegmentationError::Read { path: folder.to_path_buf(), source };
    let mut sources: Vec<PathBuf> = DEFINITIONS.iter().map(|name| folder.join(name)).collect();
    let mut lexicon = Vec::new();
    for entry in fs_err::read_dir(folder).map_err(read_error)? {
        let path = entry.map_err(read_error)?.path();
        if path.extension().is_some_and(|extension| extension == "csv") {
            lexicon.push(path);
        }
    }
    lexicon.sort();
    if lexicon.is_empty() {
        return Err(SegmentationError::NotADictionary { path: folder.to_path_buf(), missing: "*.csv" });
    }
    sources.extend(lexicon);
    Ok(sources)
}

fn compile(folder: &Path, sources: &[PathBuf]) -> Result<Dictionary, SegmentationError> {
    let [matrix, characters, unknown] =
        [&sources[0], &sources[1], &sources[2]].map(|path| read_text(path).map(String::into_bytes));
    let mut lexicon = String::new();
    for path in &sources[DEFINITIONS.len()..] {
        lexicon.push_str(&read_text(path)?);
        if !lexicon.ends_with('\n') {
            lexicon.push('\n');
        }
    }
    SystemDictionaryBuilder::from_readers(lexicon.as_bytes(), &matrix?[..], &characters?[..], &unknown?[..])
        .map_err(|error| compile_error(folder, &error.to_string()))
}

/// A source in UTF-8 or, as IPADIC is distributed, EUC-JP.
fn read_text(path: &Path) -> Result<String, SegmentationError> {
    let bytes = fs_err::read(path).map_err(|source| SegmentationError::Read { path: path.to_path_buf(), source })?;
    Ok(String::from_utf8(bytes).unwrap_or_else(|error| EUC_JP.decode(error.as_bytes()).0.into_owned()))
}

/// Changes when a source file does.
fn cache_name(sources: &[PathBuf]) -> String {
    let mut hasher = blake3::Hasher::new();
    for path in sources {
        let metadata = fs_err::metadata(path);
        let modified = metadata.as_ref().ok().and_then(|metadata| metadata.modified().ok());
        let seconds = modified.and_then(|time| time.duration_since(UNIX_EPOCH).ok()).map_or(0, |time| time.as_secs());
        let bytes = metadata.map_or(0, |metadata| metadata.len());
        hasher.update(format!("{}\n{bytes}\n{seconds}\n", path.display()).as_bytes());
    }
    format!("{}.{CACHE_FORMAT}", &hasher.finalize().to_hex()[..16])
}

fn store(dictionary: &Dictionary, path: &Path) -> io::Result<()> {
    let folder = path.parent().ok_or(io::ErrorKind::NotFound)?;
    fs_err::create_dir_all(folder)?;
    let mut file = tempfile::NamedTempFile::new_in(folder)?;
    let mut writer = io::BufWriter::new(file.as_file_mut());
    dictionary.write(&mut writer).map_err(io::Error::other)?;
    writer.flush()?;
    drop(writer);
    file.persist(path).map_err(|error| error.error)?;
    Ok(())
}

/// The user's folder for what can be made again.
fn cache_folder() -> Option<PathBuf> {
    let folder = |name: &str| env::var_os(name).map(PathBuf::from).filter(|path| path.is_absolute());
    let cache = if cfg!(windows) {
        folder("LOCALAPPDATA")
    } else {
        let in_home = if cfg!(target_os = "macos") { "Library/Caches" } else { ".cache" };
        folder("XDG_CACHE_HOME").or_else(|| Some(folder("HOME")?.join(in_home)))
    };
    cache.map(|cache| cache.join("repartee").join("dictionaries"))
}
