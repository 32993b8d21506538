//! What comes into a project from elsewhere: a corpus of a file of pairs, and models that `repartee export` wrote.
//!
//! Made beside its place under a name that no project lists, and put there when it is whole.

use std::{
    ffi::OsStr,
    fs,
    io::{self, BufRead as _, BufReader},
    path::{Path, PathBuf},
    process::{Command, Stdio},
};

use repartee_wire::engine::{EngineError, EngineErrorCode};

use crate::engine::without_console;

/// Files of a model, as the program exports them; a card and a licence may be missing.
const MODEL_FILES: [(&str, bool); 6] = [
    ("run.toml", true),
    ("tokenizer.json", true),
    ("manifest.json", true),
    ("checkpoints/best.safetensors", true),
    ("MODEL.md", false),
    ("LICENSE", false),
];

/// One of so many pairs is held out for dev, and one for test, but not more than [`MAX_HELD_OUT`].
const HELD_OUT_SHARE: u64 = 20;
const MAX_HELD_OUT: u64 = 2000;

/// Makes a corpus with its vocabulary of a file of pairs; gives its name.
///
/// # Errors
/// What the program says: a line that is no pair, a full disk.
pub(crate) fn corpus(program: &Path, project: &Path, file: &Path) -> Result<String, EngineError> {
    let held_out =
        (lines(file).map_err(|error| unreadable(file, &error))? / HELD_OUT_SHARE).min(MAX_HELD_OUT).to_string();
    let place = Place::new(&project.join("corpora"), file.file_stem())?;
    let mut import = Command::new(program);
    import.args(["corpus", "import"]).arg(file).arg("--out").arg(&place.work);
    run(import.args(["--dev", &held_out, "--test", &held_out]))?;
    run(Command::new(program).args(["vocab", "train"]).arg(&place.work))?;
    place.settle()
}

/// Copies a model; gives its name.
///
/// # Errors
/// When the folder is no model, or cannot be copied.
pub(crate) fn model(project: &Path, folder: &Path) -> Result<String, EngineError> {
    if let Some((missing, _)) = MODEL_FILES.iter().find(|(name, is_needed)| *is_needed && !folder.join(name).is_file())
    {
        let message =
            format!("`{}` is no model: it has no `{missing}`; `repartee export` writes models", folder.display());
        return Err(EngineError::new(EngineErrorCode::Invalid, message));
    }
    let place = Place::new(&project.join("models"), folder.file_name())?;
    for (name, _) in MODEL_FILES.iter().filter(|(name, _)| folder.join(name).is_file()) {
        let to = place.work.join(name);
        let copied = to.parent().map_or(Ok(()), fs::create_dir_all).and_then(|()| fs::copy(folder.join(name), &to));
        copied.map_err(|error| unreadable(&folder.join(name), &error))?;
    }
    place.settle()
}

/// A folder in the making; taken away again if it never becomes whole.
struct Place {
    work: PathBuf,
    whole: PathBuf,
    name: String,
}

impl Place {
    fn new(parent: &Path, name: Option<&OsStr>) -> Result<Self, EngineError> {
        let name: String =
            name.unwrap_or_default().to_string_lossy().chars().filter(|c| is_plain(*c)).take(48).collect();
        let name = name.trim_matches(['.', ' ', '-', '_']).to_owned();
        let name = if name.is_empty() { "imported".to_owned() } else { name };
        let free = std::iter::once(name.clone()).chain((2..).map(|number| format!("{name}-{number}")));
        let name = free.into_iter().find(|name| !parent.join(name).exists()).unwrap_or(name);
        let place = Self { work: parent.join(format!(".{name}.part")), whole: parent.join(&name), name };
        // Left by an import that was killed.
        _ = fs::remove_dir_all(&place.work);
        fs::create_dir_all(parent).map_err(|error| unreadable(parent, &error))?;
        Ok(place)
    }

    fn settle(self) -> Result<String, EngineError> {
        fs::rename(&self.work, &self.whole).map_err(|error| unreadable(&self.whole, &error))?;
        Ok(self.name.clone())
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        _ = fs::remove_dir_all(&self.work);
    }
}

/// Letters that a name in a project may have.
fn is_plain(letter: char) -> bool {
    letter.is_alphanumeric() || "-_. ".contains(letter)
}

fn lines(file: &Path) -> io::Result<u64> {
    let mut reader = BufReader::new(fs::File::open(file)?);
    let mut n_lines = 0;
    loop {
        let (length, ends) = match reader.fill_buf()? {
            [] => return Ok(n_lines),
            bytes => (bytes.len(), bytes.iter().filter(|byte| **byte == b'\n').count()),
        };
        n_lines += ends as u64;
        reader.consume(length);
    }
}

fn run(command: &mut Command) -> Result<(), EngineError> {
    without_console(command);
    let output = command.arg("--quiet").stdin(Stdio::null()).output();
    let output = output.map_err(|error| unreadable(Path::new(command.get_program()), &error))?;
    if output.status.success() {
        return Ok(());
    }
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    let error = said.lines().rev().find_map(|line| line.strip_prefix("error: ")).unwrap_or(said.trim());
    Err(EngineError::new(EngineErrorCode::Invalid, error))
}

fn unreadable(path: &Path, error: &io::Error) -> EngineError {
    let code = match error.kind() {
        io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => EngineErrorCode::Quota,
        io::ErrorKind::NotFound => EngineErrorCode::NotFound,
        _ => EngineErrorCode::Invalid,
    };
    EngineError::new(code, format!("`{}`: {error}; choose another file or folder", path.display()))
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test that cannot go on fails")]

    use super::*;

    #[test]
    fn a_model_is_copied_whole_or_not_at_all() {
        let folder = tempfile::tempdir().unwrap();
        let (project, export) = (folder.path().join("project"), folder.path().join("first int8"));
        fs::create_dir_all(export.join("checkpoints")).unwrap();
        for name in ["run.toml", "tokenizer.json", "manifest.json"] {
            fs::write(export.join(name), name).unwrap();
        }
        let error = model(&project, &export).unwrap_err();
        assert!(error.message.contains("checkpoints/best.safetensors"), "{error}");
        assert!(!project.join("models").exists());
        fs::write(export.join("checkpoints/best.safetensors"), "weights").unwrap();
        assert_eq!(model(&project, &export).unwrap(), "first int8");
        assert_eq!(model(&project, &export).unwrap(), "first int8-2");
        let copy = project.join("models/first int8-2/checkpoints/best.safetensors");
        assert_eq!(fs::read_to_string(copy).unwrap(), "weights");
        assert_eq!(fs::read_dir(project.join("models")).unwrap().count(), 2);
    }

    #[test]
    fn what_the_program_refuses_leaves_nothing_and_is_told() {
        let folder = tempfile::tempdir().unwrap();
        let pairs = folder.path().join("pairs.jsonl");
        fs::write(&pairs, "{}\n".repeat(100)).unwrap();
        let error = corpus(Path::new("/nowhere/repartee"), folder.path(), &pairs).unwrap_err();
        assert!(error.message.contains("/nowhere/repartee"), "{error}");
        assert_eq!(fs::read_dir(folder.path().join("corpora")).unwrap().count(), 0);
        assert_eq!(lines(&pairs).unwrap(), 100);
    }
}
