//! Names with a hash, so that browsers may keep files for ever, put where they are used.

use std::path::{Path, PathBuf};

use anyhow::ensure;
use fs_err as fs;

/// What stands for what in the files of the page's folder.
pub(crate) struct Names {
    work: PathBuf,
    named: Vec<(String, String)>,
    files: Vec<String>,
}

impl Names {
    /// Of files in the folder `work`.
    pub(crate) fn new(work: &Path) -> Self {
        Self { work: work.to_owned(), named: Vec::new(), files: Vec::new() }
    }

    /// Writes a file under `STEM-HASH.EXTENSION`, which stands for `{{placeholder}}` from now on. Worth keeping offline.
    pub(crate) fn add(
        &mut self,
        placeholder: &str,
        stem: &str,
        extension: &str,
        contents: &[u8],
    ) -> anyhow::Result<()> {
        let name = format!("{stem}-{}.{extension}", &blake3::hash(contents).to_hex()[..16]);
        fs::write(self.work.join(&name), contents)?;
        self.files.push(name.clone());
        self.set(placeholder, &name);
        Ok(())
    }

    /// As [`Names::add`], of a file of the page's folder in which placeholders stand.
    pub(crate) fn add_linked(&mut self, placeholder: &str, file: &Path) -> anyhow::Result<()> {
        let text = self.linked(file)?;
        let part = |part: Option<&std::ffi::OsStr>| part.unwrap_or_default().to_string_lossy().into_owned();
        self.add(placeholder, &part(file.file_stem()), &part(file.extension()), text.as_bytes())
    }

    /// Writes a file under its own name; worth keeping offline.
    pub(crate) fn write(&mut self, name: &str, contents: &[u8]) -> anyhow::Result<()> {
        fs::write(self.work.join(name), contents)?;
        self.files.push(name.to_owned());
        Ok(())
    }

    /// Lets a text stand for `{{placeholder}}`.
    pub(crate) fn set(&mut self, placeholder: &str, text: &str) {
        self.named.push((format!("{{{{{placeholder}}}}}"), text.to_owned()));
    }

    /// The paths of all files worth keeping, as words of JavaScript.
    pub(crate) fn kept(&self) -> String {
        let base = self.linked_word("{{base}}");
        self.files.iter().map(|name| format!("\"{base}{name}\"")).collect::<Vec<_>>().join(", ")
    }

    /// A text with its placeholders replaced.
    pub(crate) fn linked_word(&self, text: &str) -> String {
        self.named.iter().fold(text.to_owned(), |text, (placeholder, name)| text.replace(placeholder, name))
    }

    /// A file of the page's folder, placeholders replaced.
    pub(crate) fn linked(&self, file: &Path) -> anyhow::Result<String> {
        let text = self.linked_word(&fs::read_to_string(file)?);
        ensure!(!text.contains("{{"), "`{}` has a placeholder that is not known", file.display());
        Ok(text)
    }
}
