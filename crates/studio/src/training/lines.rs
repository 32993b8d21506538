//! A file of lines that grows.

use std::{
    fs::File,
    io::{Read as _, Seek as _, SeekFrom},
    path::PathBuf,
};

/// Reads lines as they come; one that is not ended yet is left for later.
pub(super) struct Lines {
    path: PathBuf,
    offset: u64,
    /// The number of the line that comes next.
    pub(super) next: u64,
}

impl Lines {
    pub(super) fn new(path: PathBuf) -> Self {
        Self { path, offset: 0, next: 0 }
    }

    /// The lines since the last call. A file that became shorter, as when a killed run makes its last lines again, is read
    /// from its beginning.
    pub(super) fn more(&mut self) -> std::io::Result<Vec<String>> {
        let mut file = match File::open(&self.path) {
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(Vec::new()),
            file => file?,
        };
        let length = file.metadata()?.len();
        if length < self.offset {
            (self.offset, self.next) = (0, 0);
        }
        if length == self.offset {
            return Ok(Vec::new());
        }
        file.seek(SeekFrom::Start(self.offset))?;
        let mut bytes = Vec::new();
        file.read_to_end(&mut bytes)?;
        let end = bytes.iter().rposition(|&byte| byte == b'\n').map_or(0, |last| last + 1);
        let text = String::from_utf8_lossy(&bytes[..end]);
        let lines: Vec<String> = text.lines().map(str::to_owned).collect();
        self.offset += end as u64;
        self.next += lines.len() as u64;
        Ok(lines)
    }
}
