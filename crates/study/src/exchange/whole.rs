//! Files that appear whole or not at all.

use std::{io::Write as _, path::Path};

use crate::StudyError;

/// Writes under a temporary name in the same folder, then renames; an older file is replaced.
///
/// # Errors
/// [`StudyError::Write`].
pub fn write_whole(path: &Path, bytes: &[u8]) -> Result<(), StudyError> {
    let write_error = |source: std::io::Error| StudyError::Write { path: path.to_path_buf(), source };
    let folder = path.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let mut partial = tempfile::Builder::new().prefix(".study-").tempfile_in(folder).map_err(write_error)?;
    partial.write_all(bytes).and_then(|()| partial.as_file().sync_all()).map_err(write_error)?;
    #[cfg(unix)]
    {
        // Temporary files are private by default; this one becomes an ordinary file.
        use std::os::unix::fs::PermissionsExt as _;
        fs_err::set_permissions(partial.path(), std::fs::Permissions::from_mode(0o644)).map_err(write_error)?;
    }
    partial.persist(path).map(drop).map_err(|error| write_error(error.error))
}
