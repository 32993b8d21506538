//! Where a study's file lies. On a computer it is made under a temporary name and renamed, so that it appears whole or not
//! at all. In a browser SQLite's own layer of files is all there is: whoever makes a study there makes it in memory, and
//! keeps it once it is whole.

use std::path::Path;

use rusqlite::{Connection, OpenFlags};

use crate::StudyError;

/// How every connection opens a file that is there. In a browser a path may be a URI, which says where the file is kept.
pub(super) const FLAGS: OpenFlags = if cfg!(target_family = "wasm") {
    OpenFlags::SQLITE_OPEN_READ_WRITE.union(OpenFlags::SQLITE_OPEN_URI)
} else {
    OpenFlags::SQLITE_OPEN_READ_WRITE
};

/// Readers do not wait for writers with WAL. It needs memory that processes share, which browsers do not give.
pub(super) const JOURNAL_MODE: &str = if cfg!(target_family = "wasm") { "TRUNCATE" } else { "WAL" };

/// Writes a new file by a connection of its own.
#[cfg(not(target_family = "wasm"))]
pub(super) fn create(
    path: &Path,
    fill: impl FnOnce(&mut Connection) -> Result<(), StudyError>,
) -> Result<(), StudyError> {
    let exists = || StudyError::Exists { path: path.to_path_buf() };
    let write_error = |source: std::io::Error| StudyError::Write { path: path.to_path_buf(), source };
    if path.exists() {
        return Err(exists());
    }
    let folder = path.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let partial = tempfile::Builder::new().prefix(".study-").tempfile_in(folder).map_err(write_error)?;
    let mut connection = Connection::open(partial.path())?;
    fill(&mut connection)?;
    connection.close().map_err(|(_, source)| source)?;
    partial.as_file().sync_all().map_err(write_error)?;
    partial.persist_noclobber(path).map(drop).map_err(|error| match error.error.kind() {
        std::io::ErrorKind::AlreadyExists => exists(),
        _ => write_error(error.error),
    })
}

/// Writes a new file by a connection of its own.
#[cfg(target_family = "wasm")]
pub(super) fn create(
    path: &Path,
    fill: impl FnOnce(&mut Connection) -> Result<(), StudyError>,
) -> Result<(), StudyError> {
    if Connection::open_with_flags(path, FLAGS).is_ok() {
        return Err(StudyError::Exists { path: path.to_path_buf() });
    }
    let mut connection = Connection::open_with_flags(path, FLAGS.union(OpenFlags::SQLITE_OPEN_CREATE))?;
    fill(&mut connection)?;
    connection.close().map_err(|(_, source)| source)?;
    Ok(())
}

/// Whether the file is missing, as far as that can be asked without opening it.
pub(super) fn is_missing(path: &Path) -> bool {
    !cfg!(target_family = "wasm") && !path.is_file()
}

/// Whether opening failed because there is no such file.
pub(super) fn was_missing(error: &rusqlite::Error) -> bool {
    cfg!(target_family = "wasm") && error.sqlite_error_code() == Some(rusqlite::ErrorCode::CannotOpen)
}
