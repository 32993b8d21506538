//! `repartee generate`.

use std::{
    fs::File,
    io::{BufRead, BufReader, IsTerminal as _, Write as _},
    path::{Path, PathBuf},
    process::ExitCode,
};

use anyhow::{Context as _, bail};
use repartee_engine::{GenerateOptions, LoadedRun, Reply};
use serde::{Deserialize, Serialize};

use super::{print_line, shown};
use crate::{
    context::Global,
    decoding::{Decoding, Resolved},
    progress::Progress,
};

/// Utterances decoded together.
const BATCH: usize = 32;

/// Replies to utterances from a file, a pipe or the keyboard.
///
/// Input is one utterance a line, or JSON lines with a field `context` or `utterance` (file name .jsonl). Output is JSON lines for
/// --json or an output name .jsonl; else text: the utterance, then one reply a line after a tab.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  repartee generate --run runs/first --samples 6
  echo \"I lost my keys again.\" | repartee generate --run runs/first --samples 4 --top-p 0.9
  repartee generate --run runs/first --input test.jsonl --output replies.jsonl")]
pub(crate) struct Generate {
    /// The run folder
    #[arg(long, value_name = "DIR")]
    run: PathBuf,
    /// Utterances [default: the keyboard or a pipe]
    #[arg(long, value_name = "FILE")]
    input: Option<PathBuf>,
    /// Where replies go [default: stdout]
    #[arg(long, value_name = "FILE")]
    output: Option<PathBuf>,
    /// Latents to draw for each utterance, one reply each
    #[arg(long, default_value_t = 1, value_name = "N", value_parser = clap::value_parser!(u16).range(1..))]
    samples: u16,
    /// Draw more latents until the replies of an utterance all differ
    #[arg(long)]
    distinct: bool,
    #[command(flatten)]
    decoding: Decoding,
}

/// One line of JSON output.
#[derive(Serialize)]
struct Record<'a> {
    context: &'a str,
    replies: &'a [Reply],
    #[serde(flatten)]
    options: &'a GenerateOptions,
}

/// One line of JSON input; other fields are ignored.
#[derive(Deserialize)]
struct Request {
    #[serde(alias = "utterance")]
    context: String,
}

impl Generate {
    pub(crate) fn run(self, global: &Global) -> anyhow::Result<ExitCode> {
        let input: Option<Box<dyn BufRead>> = match &self.input {
            Some(path) => Some(Box::new(BufReader::new(
                File::open(path).with_context(|| format!("cannot open `{}`; check the path", shown(path)))?,
            ))),
            None if std::io::stdin().is_terminal() => None,
            None => Some(Box::new(std::io::stdin().lock())),
        };
        let device = global.open_device()?;
        let run = LoadedRun::open(&self.run, &device)?;
        let Resolved { strategy, controls, max_length } = self.decoding.resolve(run.decoding())?;
        let (n_samples, seed) = (usize::from(self.samples), global.seed());
        let options = GenerateOptions { strategy, controls, n_samples, max_length, seed };
        let speaker = Speaker { run, options, distinct: self.distinct };
        match input {
            None => talk(&speaker)?,
            Some(input) => {
                let is_jsonl = |path: &PathBuf| path.extension().is_some_and(|extension| extension == "jsonl");
                let utterances =
                    read_utterances(input, self.input.as_deref(), self.input.as_ref().is_some_and(is_jsonl))?;
                let json = global.json || self.output.as_ref().is_some_and(is_jsonl);
                answer(global, &speaker, &utterances, self.output.as_deref(), json)?;
            }
        }
        Ok(ExitCode::SUCCESS)
    }
}

struct Speaker {
    run: LoadedRun,
    options: GenerateOptions,
    distinct: bool,
}

impl Speaker {
    fn replies(&self, utterances: &[String]) -> anyhow::Result<Vec<Vec<Reply>>> {
        if self.distinct {
            return Ok(utterances
                .iter()
                .map(|text| self.run.distinct_replies(text, &self.options))
                .collect::<Result<_, _>>()?);
        }
        Ok(self.run.replies(utterances, &self.options)?)
    }
}

fn read_utterances(input: Box<dyn BufRead>, path: Option<&Path>, jsonl: bool) -> anyhow::Result<Vec<String>> {
    let name = path.map_or_else(|| "stdin".to_owned(), shown);
    let mut utterances = Vec::new();
    for (number, line) in (1..).zip(input.lines()) {
        let line = line.with_context(|| format!("`{name}` line {number} cannot be read as UTF-8; convert the file"))?;
        if line.trim().is_empty() {
            bail!("`{name}` line {number} is empty; give every line an utterance");
        }
        utterances.push(if jsonl {
            let request: Request = serde_json::from_str(&line).map_err(|error| {
                anyhow::anyhow!(
                    "`{name}` line {number}: {error}; give JSON lines with a text field `context` or `utterance`"
                )
            })?;
            request.context
        } else {
            line
        });
    }
    if utterances.is_empty() {
        bail!("`{name}` is empty; give at least one utterance");
    }
    Ok(utterances)
}

/// Answers all utterances; a file appears whole or not at all.
fn answer(
    global: &Global,
    speaker: &Speaker,
    utterances: &[String],
    output: Option<&Path>,
    json: bool,
) -> anyhow::Result<()> {
    let mut progress = Progress::new(global, "generating", Some(utterances.len() as u64));
    let mut text = String::new();
    for (batch_idx, batch) in utterances.chunks(BATCH).enumerate() {
        for (utterance, replies) in batch.iter().zip(speaker.replies(batch)?) {
            let block = render(speaker, utterance, &replies, json)?;
            match output {
                Some(_) => text += &(block + "\n"),
                None => print_line(&block)?,
            }
        }
        progress.set((batch_idx * BATCH + batch.len()) as u64, "utterances");
    }
    progress.finish();
    if let Some(path) = output {
        write_whole(path, text.as_bytes())
            .with_context(|| format!("cannot write `{}`; free some space or choose another file", shown(path)))?;
        global.note(&format!("replies to {} utterances in {}", utterances.len(), shown(path)));
    }
    Ok(())
}

fn render(speaker: &Speaker, utterance: &str, replies: &[Reply], json: bool) -> anyhow::Result<String> {
    if json {
        let record = Record { context: utterance, replies, options: &speaker.options };
        return serde_json::to_string(&record).context("cannot write JSON");
    }
    let lines = replies.iter().map(|reply| format!("\n\t{}", reply.text));
    Ok(std::iter::once(utterance.to_owned()).chain(lines).collect())
}

/// Writes under a temporary name in the same folder, then renames.
fn write_whole(path: &Path, bytes: &[u8]) -> std::io::Result<()> {
    let partial = path.with_extension("partial");
    let written = File::create(&partial)
        .and_then(|mut file| file.write_all(bytes).and_then(|()| file.sync_all()))
        .and_then(|()| std::fs::rename(&partial, path));
    if written.is_err() {
        // Whether or not there is a partial file to remove, the error to tell is the first.
        let _ = std::fs::remove_file(&partial);
    }
    written
}

/// A person at the keyboard: an utterance a line until end of input.
fn talk(speaker: &Speaker) -> anyhow::Result<()> {
    eprintln!("type an utterance and press Enter; Ctrl-D ends");
    loop {
        eprint!("> ");
        let mut line = String::new();
        if std::io::stdin().lock().read_line(&mut line).context("cannot read the keyboard")? == 0 {
            eprintln!();
            return Ok(());
        }
        if line.trim().is_empty() {
            continue;
        }
        match speaker.replies(&[line.trim().to_owned()]) {
            Ok(replies) => {
                for reply in replies.iter().flatten() {
                    print_line(&format!("  {}", reply.text))?;
                }
            }
            Err(error) => eprintln!("  {error:#}"),
        }
    }
}
