//! `repartee corpus build`.

use std::{path::PathBuf, process::ExitCode, sync::Arc, time::Instant};

use anyhow::Context as _;
use repartee_engine::{
    archive::{BuildOptions, BuildProgress, BuildReport, FILTERS, FilterSettings, Preset, Tally, build},
    corpus::{Language, Vocabulary},
    keep_freed_memory,
};

use super::{print_json, print_line, shown};
use crate::{context::Global, progress::Progress};

/// Build a corpus folder from an archive of posts: reply trees over all files, filters, masking, splits. Memory stays
/// bounded whatever the size of the archive, and a build that was stopped goes on when it is started again.
///
/// Files of Twitter (API v1.1 and v2, archive of an account), Reddit, Mastodon and ActivityPub are recognised, and the
/// plain form: id, in_reply_to, user, created_at, lang, text. They may be packed with gzip, bzip2 or zstd.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  repartee corpus build archive/ --train 2017,2018 --test 2019 --dev 100000 --out corpus
  repartee corpus build RC_2019-01.zst --preset meena --dev 2000 --test-contexts 500 --out corpus
  repartee corpus build chats.jsonl --language ja --multi-turn --max-depth 40 --out corpus
  repartee corpus build --list-filters")]
pub(super) struct Build {
    /// Files and folders of posts
    #[arg(required_unless_present = "list_filters", value_name = "PATH")]
    inputs: Vec<PathBuf>,
    /// The corpus folder to make
    #[arg(long, required_unless_present = "list_filters", value_name = "DIR")]
    out: Option<PathBuf>,
    /// en or ja
    #[arg(long, default_value = "en")]
    language: Language,
    #[command(flatten)]
    filtering: Filtering,
    #[command(flatten)]
    pairing: Pairing,
    #[command(flatten)]
    splitting: Splitting,
    #[command(flatten)]
    running: Running,
}

#[derive(Debug, clap::Args)]
#[command(next_help_heading = "Filters")]
struct Filtering {
    /// Filters to begin with: paper, meena or none
    #[arg(long, default_value = "paper")]
    preset: Preset,
    /// A further filter
    #[arg(long, value_name = "FILTER")]
    with: Vec<String>,
    /// Leave out a filter of the preset
    #[arg(long, value_name = "FILTER")]
    without: Vec<String>,
    /// List the filters and do nothing
    #[arg(long)]
    list_filters: bool,
    /// Largest share of one character
    #[arg(long, default_value_t = 0.5, value_name = "SHARE")]
    max_character_share: f64,
    /// Fewest words
    #[arg(long, default_value_t = 2, value_name = "N")]
    min_words: usize,
    /// Most words
    #[arg(long, default_value_t = 256, value_name = "N")]
    max_words: usize,
    /// Most messages with one text
    #[arg(long, default_value_t = 100, value_name = "N")]
    max_repetitions: u64,
    /// Smallest share of letters
    #[arg(long, default_value_t = 0.7, value_name = "SHARE")]
    min_alphabetic_share: f64,
    /// Share of trigrams from which on a reply repeats its parent
    #[arg(long, default_value_t = 0.8, value_name = "SHARE")]
    min_parent_overlap: f64,
    /// A file of unsafe words, one a line
    #[arg(long, value_name = "FILE")]
    unsafe_words: Option<PathBuf>,
    /// A tokenizer.json, for filters that count subwords; words are counted without
    #[arg(long, value_name = "FILE")]
    vocabulary: Option<PathBuf>,
    /// Leave out later pairs that are so similar to an earlier one, e.g. 0.8
    #[arg(long, value_name = "SHARE")]
    near_duplicates: Option<f64>,
}

#[derive(Debug, clap::Args)]
#[command(next_help_heading = "Pairs")]
struct Pairing {
    /// Most messages from the root to a leaf
    #[arg(long, default_value_t = 5, value_name = "N")]
    max_depth: usize,
    /// Also conversations of more than two people
    #[arg(long)]
    any_speakers: bool,
    /// Also replies further down, with all that was said before as their context
    #[arg(long)]
    multi_turn: bool,
    /// Of such a context only the last turns [default: all]
    #[arg(long, value_name = "N")]
    context_turns: Option<usize>,
    /// What stands between the turns of a context
    #[arg(long, default_value = " <eot> ", value_name = "TEXT")]
    turn_separator: String,
    /// Write the ids of both messages
    #[arg(long)]
    ids: bool,
    /// Japanese: leave the text as it is instead of writing it in MeCab's words
    #[arg(long)]
    no_segmentation: bool,
    /// Folder with the sources of a MeCab dictionary [default: IPADIC, where distributions have it]
    #[arg(long, value_name = "DIR")]
    mecab_dictionary: Option<PathBuf>,
}

#[derive(Debug, clap::Args)]
#[command(next_help_heading = "Splits")]
struct Splitting {
    /// Years for train and dev [default: all that are not for test]
    #[arg(long, value_delimiter = ',', value_name = "YEAR,..")]
    train: Vec<i32>,
    /// Years for test [default: none; --test-contexts draws test from all years]
    #[arg(long, value_delimiter = ',', value_name = "YEAR,..")]
    test: Vec<i32>,
    /// Pairs for dev, at least; whole conversations
    #[arg(long, default_value_t = 0, value_name = "N")]
    dev: usize,
    /// Contexts for test, at most [default: 100000 with --test, else 0]
    #[arg(long, value_name = "N")]
    test_contexts: Option<usize>,
    /// Distinct replies of a test context, at least
    #[arg(long, default_value_t = 3, value_name = "N")]
    min_test_replies: usize,
    /// Pairs in one file of a split at most
    #[arg(long, default_value_t = 1_000_000, value_name = "N")]
    shard_pairs: u64,
}

#[derive(Debug, clap::Args)]
#[command(next_help_heading = "Running")]
struct Running {
    /// Threads [default: all cores]
    #[arg(long, default_value_t = 0, hide_default_value = true, value_name = "N")]
    threads: usize,
    /// Memory for sorting, about: bytes, or with K, M or G
    #[arg(long, default_value = "768M", value_name = "SIZE", value_parser = parse_size)]
    memory: usize,
    /// Folder for what is sorted and for going on after a stop [default: OUT.work]
    #[arg(long, value_name = "DIR")]
    work: Option<PathBuf>,
    /// Begin anew instead of going on
    #[arg(long)]
    restart: bool,
    /// Stop at the first fault of the input instead of counting it
    #[arg(long)]
    strict: bool,
    /// Replace a corpus in the folder
    #[arg(long)]
    overwrite: bool,
    /// Longest line or JSON value that is read
    #[arg(long, default_value = "16M", value_name = "SIZE", value_parser = parse_size)]
    max_line_bytes: usize,
}

/// `768M` as bytes.
fn parse_size(text: &str) -> Result<usize, String> {
    let (number, shift) = match text.to_ascii_uppercase().chars().last() {
        Some('K') => (&text[..text.len() - 1], 10),
        Some('M') => (&text[..text.len() - 1], 20),
        Some('G') => (&text[..text.len() - 1], 30),
        _ => (text, 0),
    };
    let number: usize = number.parse().map_err(|_| "give a number of bytes, or one with K, M or G".to_owned())?;
    number.checked_mul(1 << shift).ok_or_else(|| "this is more than any memory".to_owned())
}

impl Build {
    pub(super) fn run(self, global: &Global) -> anyhow::Result<ExitCode> {
        if self.filtering.list_filters {
            for (name, about) in FILTERS {
                print_line(&format!("{name:20} {about}"))?;
            }
            return Ok(ExitCode::SUCCESS);
        }
        let options = self.options(global)?;
        let mut progress = Progress::new(global, "building", None);
        let start = Instant::now();
        // Its sorted runs and blocks free and allocate the same megabytes again and again.
        keep_freed_memory();
        let report = build(&options, &mut |at: BuildProgress| {
            progress.set_total(Some(at.total));
            let rate = at.posts as f64 / start.elapsed().as_secs_f64().max(1e-3);
            let unit = if at.stage == "reading" { format!("bytes, {rate:.0} posts/s") } else { String::new() };
            progress.set(at.done, &format!("{} {unit}, {} posts", at.stage, at.posts));
        });
        progress.finish();
        let report = report?;
        if global.json {
            print_json(&report)?
        } else {
            print_report(&report)?
        }
        Ok(ExitCode::SUCCESS)
    }

    fn options(self, global: &Global) -> anyhow::Result<BuildOptions> {
        let Self { inputs, out, language, filtering, pairing, splitting, running } = self;
        let unsafe_words = match &filtering.unsafe_words {
            None => Vec::new(),
            Some(path) => std::fs::read_to_string(path)
                .with_context(|| format!("cannot read `{}`; check that it is UTF-8 text", shown(path)))?
                .lines()
                .map(str::to_owned)
                .collect(),
        };
        let vocabulary = filtering.vocabulary.as_deref().map(Vocabulary::load).transpose()?.map(Arc::new);
        Ok(BuildOptions {
            inputs,
            // It is there: without it the command line asks for it.
            out: out.unwrap_or_default(),
            language,
            preset: filtering.preset,
            with: filtering.with,
            without: filtering.without,
            settings: FilterSettings {
                max_character_share: filtering.max_character_share,
                min_words: filtering.min_words,
                max_words: filtering.max_words,
                max_repetitions: filtering.max_repetitions,
                min_alphabetic_share: filtering.min_alphabetic_share,
                min_parent_overlap: filtering.min_parent_overlap,
                unsafe_words,
                vocabulary,
                ..FilterSettings::default()
            },
            max_depth: pairing.max_depth,
            two_speakers: !pairing.any_speakers,
            multi_turn: pairing.multi_turn,
            context_turns: pairing.context_turns,
            turn_separator: pairing.turn_separator,
            train_years: splitting.train,
            test_years: splitting.test,
            dev_pairs: splitting.dev,
            test_contexts: splitting.test_contexts,
            min_test_replies: splitting.min_test_replies,
            ids: pairing.ids,
            near_duplicates: filtering.near_duplicates,
            segmentation: !pairing.no_segmentation,
            mecab_dictionary: pairing.mecab_dictionary,
            seed: global.seed(),
            threads: running.threads,
            memory_bytes: running.memory,
            work: running.work,
            restart: running.restart,
            strict: running.strict,
            overwrite: running.overwrite,
            max_line_bytes: running.max_line_bytes,
            pairs_per_file: splitting.shard_pairs,
        })
    }
}

fn print_report(report: &BuildReport) -> anyhow::Result<()> {
    let resumed = if report.resumed { ", taken up from a build that was stopped" } else { "" };
    print_line(&format!(
        "{}: {} posts of {} files at {:.0} posts/s{resumed}; {} conversations of {} posts",
        shown(&report.out),
        report.posts,
        report.files,
        report.posts_per_second,
        report.conversations,
        report.posts_in_conversations
    ))?;
    for (split, entry) in ["train", "dev", "test"].iter().filter_map(|split| report.splits.get_key_value(*split)) {
        print_line(&format!("  {split:5} {:>9} pairs, {:>9} utterances", entry.pairs, entry.contexts))?;
    }
    for (what, tally) in [
        ("faults of the input", &report.faults),
        ("posts changed by cleaning", &report.changed),
        ("posts in no conversation", &report.dropped),
        ("replies that gave no pair", &report.left_out),
    ] {
        print_tally(what, tally)?;
    }
    if report.further_links > 0 {
        print_line(&format!("  {} links after the first of a post do not count", report.further_links))?;
    }
    Ok(())
}

fn print_tally(what: &str, tally: &Tally) -> anyhow::Result<()> {
    if !tally.0.is_empty() {
        print_line(&format!("  {what}: {}", tally.total()))?;
    }
    for (name, count) in &tally.0 {
        print_line(&format!("  {:>9} {name}", count.count))?;
        if let Some(example) = count.examples.first() {
            print_line(&format!("            for instance {example}"))?;
        }
    }
    Ok(())
}
