//! An output file in the making: it has another name until it is whole, and JSON lines in it are taken up again.

use std::{
    fs::{File, OpenOptions},
    io::{BufRead as _, BufReader, BufWriter, Write as _},
    path::{Path, PathBuf},
};

use anyhow::{Context as _, bail};

use super::{
    super::shown,
    input::Utterances,
    record::{Record, Settings},
};

/// See the module.
pub(super) struct Partial {
    writer: BufWriter<File>,
    path: PathBuf,
    output: PathBuf,
    /// Whether what is there can be taken up again; else it goes when this value goes.
    resumable: bool,
}

impl Partial {
    /// Begins `output`, or goes on with it: the utterances that it has answers to are skipped.
    ///
    /// # Errors
    /// When what is there was made from other utterances or with other settings.
    pub(super) fn open(output: &Path, settings: &Settings, utterances: &mut Utterances) -> anyhow::Result<Self> {
        let mut partial = Self::create(output)?;
        partial.resumable = true;
        let path = shown(&partial.path);
        let cannot = || format!("cannot read `{path}`; delete it to start anew");
        let mut reader = BufReader::new(File::open(&partial.path).with_context(cannot)?);
        let (mut whole_bytes, mut last, mut line) = (0, Vec::new(), Vec::new());
        loop {
            line.clear();
            reader.read_until(b'\n', &mut line).with_context(cannot)?;
            // A line without its end is what an interrupted program was writing.
            if line.last() != Some(&b'\n') {
                break;
            }
            whole_bytes += line.len() as u64;
            std::mem::swap(&mut last, &mut line);
            let context = utterances.next()?;
            let record: Option<Record> = serde_json::from_slice(&last).ok();
            let is_ours = record.is_some_and(|record| Some(record.context) == context && record.settings == *settings);
            if !is_ours {
                let number = utterances.line;
                bail!(
                    "`{path}` line {number} was made from other utterances or with other settings; delete the file to \
                     start anew, or repeat the command that began it"
                );
            }
        }
        partial.writer.get_ref().set_len(whole_bytes).with_context(cannot)?;
        Ok(partial)
    }

    /// Begins `output` anew; nothing is left of it if it is not finished.
    pub(super) fn fresh(output: &Path) -> anyhow::Result<Self> {
        let partial = Self::create(output)?;
        partial.writer.get_ref().set_len(0).with_context(|| cannot_write(output))?;
        Ok(partial)
    }

    fn create(output: &Path) -> anyhow::Result<Self> {
        let mut name = output.file_name().with_context(|| format!("`{}` is no file name", shown(output)))?.to_owned();
        name.push(".partial");
        let path = output.with_file_name(name);
        let file = OpenOptions::new().create(true).append(true).open(&path).with_context(|| cannot_write(output))?;
        Ok(Self { writer: BufWriter::new(file), path, output: output.to_owned(), resumable: false })
    }

    /// Appends lines.
    pub(super) fn write(&mut self, lines: &[String]) -> anyhow::Result<()> {
        let written = lines.iter().try_for_each(|line| writeln!(self.writer, "{line}"));
        written.and_then(|()| self.writer.flush()).with_context(|| {
            format!("cannot write `{}`; free some space and give the same command again", shown(&self.output))
        })
    }

    /// Gives the file its name.
    pub(super) fn finish(mut self) -> anyhow::Result<()> {
        self.resumable = true;
        let synced = self.writer.get_ref().sync_all();
        synced.and_then(|()| std::fs::rename(&self.path, &self.output)).with_context(|| {
            format!("cannot rename `{}` to `{}`; do it by hand", shown(&self.path), shown(&self.output))
        })
    }
}

impl Drop for Partial {
    fn drop(&mut self) {
        let is_empty = self.writer.get_ref().metadata().is_ok_and(|metadata| metadata.len() == 0);
        if !self.resumable || is_empty {
            // Whoever drops an unfinished file has an error of more weight to report.
            let _ = std::fs::remove_file(&self.path);
        }
    }
}

fn cannot_write(output: &Path) -> String {
    format!("cannot write `{}`; choose another file", shown(output))
}
