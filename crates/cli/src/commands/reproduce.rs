//! `repartee reproduce`.

use std::{
    path::{Path, PathBuf},
    process::ExitCode,
};

use anyhow::bail;
use comfy_table::{CellAlignment, ContentArrangement, Table, presets::UTF8_HORIZONTAL_ONLY};
use repartee_engine::{
    Cut, ROWS, ReproduceEvent, ReproduceJob, Reproduction, RowSpec, corpus::Language, reproduce, row_named, run_file,
};

use super::{demo::embedded_corpus, print_json, print_line, shown};
use crate::{
    context::{BUILD, Global, INTERRUPTED, stop_on_ctrl_c},
    decoding::{Decoding, Resolved},
    progress::{Progress, TrainingProgress},
};

/// Train every row of the paper's Tables 1 and 2, decode and score, and write the paper's table beside its own figures,
/// with a verdict for each of its claims. What is there already is used again: run the command again to continue.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  repartee reproduce                                  all rows at the smallest size on the embedded corpus
  repartee reproduce --language ja --max-steps 500
  repartee reproduce --corpus corpus --preset base --seeds 5 --out results/paper
  repartee reproduce --corpus corpus --preset small --rows vanilla,speculative-5

Written to the folder: table.md, table.tex, table.csv, results.json, examples.md, and the runs and replies.")]
pub(crate) struct ReproduceCommand {
    /// The language of the embedded corpus, en or ja
    #[arg(long, default_value = "en", conflicts_with = "corpus")]
    language: Language,
    /// A corpus folder with its vocabulary, instead of the embedded corpus
    #[arg(long, value_name = "DIR")]
    corpus: Option<PathBuf>,
    /// Where runs, replies and results go [default: runs/reproduce-LANGUAGE, or runs/reproduce]
    #[arg(long, value_name = "DIR")]
    out: Option<PathBuf>,
    /// The size: tiny, small, base (the paper's), or a run file
    #[arg(long, default_value = "tiny", value_name = "FILE")]
    preset: PathBuf,
    /// Change one value of every row's run file; can be given several times
    #[arg(long, value_name = "KEY=VALUE")]
    set: Vec<String>,
    /// Updates of each row, instead of the preset's
    #[arg(long, value_name = "N")]
    max_steps: Option<u64>,
    /// Only these rows, with commas between: vanilla, cyclical, spacefusion, bow, monte-carlo, speculative-2, -5, -10, -20, -40
    #[arg(long, value_delimiter = ',', value_name = "NAMES")]
    rows: Vec<String>,
    /// Decodings of each row, each with latents of its own
    #[arg(long, default_value_t = 3, value_name = "N")]
    seeds: u64,
    /// Replies to each utterance for mode coverage, on the embedded corpus; 0 for none
    #[arg(long, default_value_t = 10, value_name = "N")]
    samples: usize,
    /// Score the first so many test utterances only
    #[arg(long, value_name = "N")]
    limit: Option<usize>,
    /// How text is cut for BLEU, dist-n and length: moses, 13a, mecab (the paper's, for Japanese), none or characters
    /// [default: moses for en, characters for ja]
    #[arg(long, value_name = "NAME")]
    tokenize: Option<Cut>,
    /// Resamples of intervals and tests
    #[arg(long, default_value_t = 1000, value_name = "N")]
    trials: u32,
    #[command(flatten)]
    decoding: Decoding,
}

impl ReproduceCommand {
    pub(crate) fn run(self, global: &Global) -> anyhow::Result<ExitCode> {
        let rows = rows(&self.rows)?;
        if self.seeds == 0 {
            bail!("--seeds is 0; ask for at least 1");
        }
        let preset = run_file(&self.preset)?;
        let Resolved { strategy, controls, max_length } = self.decoding.resolve(&preset.decoding)?;
        if controls != Default::default() {
            bail!("the paper's replies may repeat themselves; leave out --no-repeat-ngram and --repetition-penalty");
        }
        let name = if self.corpus.is_some() { "reproduce".to_owned() } else { format!("reproduce-{}", self.language) };
        let out = self.out.unwrap_or_else(|| Path::new("runs").join(name));
        let corpus = match self.corpus {
            Some(corpus) => corpus,
            None => {
                let folder = out.join("corpus");
                embedded_corpus(global, self.language, &folder)?;
                folder
            }
        };
        let device = global.open_device()?;
        let stop = stop_on_ctrl_c("stopping; what is done is kept")?;
        let job = ReproduceJob {
            corpus: &corpus,
            out: &out,
            rows: &rows,
            preset: &self.preset,
            settings: &self.set,
            max_updates: self.max_steps,
            seed: global.seed(),
            n_seeds: self.seeds,
            n_samples: self.samples,
            limit: self.limit,
            strategy,
            max_length,
            cut: self.tokenize,
            n_trials: self.trials,
            device: &device,
            build: BUILD,
            stop,
        };
        let mut watcher = Watcher { global, training: None, decoding: None };
        let reproduction = reproduce(&job, &mut |event| watcher.show(event));
        watcher.finish();
        let Some(reproduction) = reproduction? else {
            global.note("run the same command again to continue");
            return Ok(ExitCode::from(INTERRUPTED));
        };
        if global.json {
            print_json(&reproduction)?;
        } else {
            print_line(&table(&reproduction))?;
            print_line(&format!(
                "\nwritten to {}: table.md, table.tex, table.csv, results.json, examples.md",
                shown(&out)
            ))?;
        }
        Ok(ExitCode::SUCCESS)
    }
}

fn rows(names: &[String]) -> anyhow::Result<Vec<&'static RowSpec>> {
    if names.is_empty() {
        return Ok(ROWS.iter().collect());
    }
    let mut rows = Vec::new();
    for row in &ROWS {
        if names.iter().any(|name| name == row.name) {
            rows.push(row);
        }
    }
    match names.iter().find(|name| row_named(name).is_none()) {
        Some(name) => {
            let known: Vec<&str> = ROWS.iter().map(|row| row.name).collect();
            bail!("there is no row `{name}`; the rows are {}", known.join(", "))
        }
        None => Ok(rows),
    }
}

/// Shows events: which row, its training, its replies.
struct Watcher<'a> {
    global: &'a Global,
    training: Option<TrainingProgress>,
    decoding: Option<Progress>,
}

impl Watcher<'_> {
    fn show(&mut self, event: ReproduceEvent) {
        match event {
            ReproduceEvent::Row(row, idx, n_rows) => {
                self.finish();
                self.global.note(&format!("row {} of {n_rows}: {}", idx + 1, row.title));
            }
            ReproduceEvent::Training(event) => {
                self.training.get_or_insert_with(|| TrainingProgress::new(self.global)).show(&event);
            }
            ReproduceEvent::Decoding(done, total) => {
                if let Some(training) = self.training.take() {
                    training.finish();
                }
                let progress = self.decoding.get_or_insert_with(|| Progress::new(self.global, "replying", None));
                progress.set_total(Some(total as u64));
                progress.set(done as u64, "utterances");
            }
            ReproduceEvent::Scoring => {
                self.finish();
                self.global.note("scoring");
            }
        }
    }

    fn finish(&mut self) {
        if let Some(training) = self.training.take() {
            training.finish();
        }
        if let Some(decoding) = self.decoding.take() {
            decoding.finish();
        }
    }
}

/// The paper's table and the verdicts.
fn table(reproduction: &Reproduction) -> String {
    let mut table = Table::new();
    table.load_style(UTF8_HORIZONTAL_ONLY).set_content_arrangement(ContentArrangement::Disabled);
    let has_modes = reproduction.rows.iter().any(|row| row.modes.is_some());
    let mut header = vec!["", "BLEU", "dist-1", "dist-2", "length", "KL", "NLL"];
    if has_modes {
        header.extend(["modes %", "of a mode %"]);
    }
    table.set_header(header);
    for row in &reproduction.rows {
        let mut cells = vec![
            row.title.to_owned(),
            row.shown("bleu"),
            row.shown("distinct-1"),
            row.shown("distinct-2"),
            row.shown("length-tokens-per-reply"),
            row.dev_kl_nats_per_sentence.map_or_else(|| "–".to_owned(), |kl| format!("{kl:.2}")),
            format!("{:.2}", row.dev_nll_nats_per_sentence),
        ];
        if let Some(modes) = &row.modes {
            cells.extend([format!("{:.1}", modes.coverage), format!("{:.1}", modes.precision)]);
        }
        table.add_row(cells);
    }
    for column in table.column_iter_mut().skip(1) {
        column.set_cell_alignment(CellAlignment::Right);
    }
    let claims: Vec<String> = reproduction
        .claims
        .iter()
        .map(|claim| format!("{}: {} ({})", claim.claim, claim.verdict.words(), claim.numbers))
        .collect();
    format!(
        "{table}\n{} utterances, {} decodings; KL and NLL on dev in nats per sentence\n\n{}",
        reproduction.n_utterances,
        reproduction.n_seeds,
        claims.join("\n")
    )
}
