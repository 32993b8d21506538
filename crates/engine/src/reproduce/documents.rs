//! Results as files: `results.json`, the paper's table as `table.md`, `table.tex` and `table.csv`, and the side-by-side
//! outputs of its Table 4 as `examples.md`. Owns layouts; numbers come as they are.

use std::{fmt::Write as _, path::Path};

use repartee_train::run_directory::write_atomically;

use super::Reproduction;
use crate::EngineError;

/// Writes every document into the folder.
pub(super) fn write(reproduction: &Reproduction, out: &Path) -> Result<(), EngineError> {
    let json = serde_json::to_string_pretty(reproduction).expect("texts and numbers are JSON") + "\n";
    let documents = [
        ("results.json", json),
        ("table.md", markdown(reproduction)),
        ("table.tex", latex(reproduction)),
        ("table.csv", csv(reproduction)),
        ("examples.md", examples(reproduction)),
    ];
    for (name, text) in documents {
        replace(&out.join(name), text.as_bytes())?;
    }
    Ok(())
}

/// Writes a file, and its folder if need be; the file is there as a whole or not at all.
pub(super) fn replace(path: &Path, bytes: &[u8]) -> Result<(), EngineError> {
    let folder = path.parent().unwrap_or(Path::new("."));
    fs_err::create_dir_all(folder).map_err(|source| EngineError::WriteResults { path: folder.to_owned(), source })?;
    Ok(write_atomically(path, bytes)?)
}

/// The columns of the paper's tables and what we add, as name in [`RowResult::metrics`] and title.
const COLUMNS: [(&str, &str); 4] =
    [("bleu", "BLEU"), ("distinct-1", "dist-1"), ("distinct-2", "dist-2"), ("length-tokens-per-reply", "length")];

fn two(value: Option<f64>) -> String {
    value.map_or_else(dash, |value| format!("{value:.2}"))
}

fn dash() -> String {
    "–".to_owned()
}

fn has_modes(reproduction: &Reproduction) -> bool {
    reproduction.rows.iter().any(|row| row.modes.is_some())
}

/// The table with intervals, the claims and how it was made.
fn markdown(reproduction: &Reproduction) -> String {
    let Reproduction { n_utterances, n_seeds, seed, segmentation, preset, corpus, device, commit, .. } = reproduction;
    let mut text = String::from("# The paper's automatic evaluation\n\n");
    let settings = reproduction.settings.iter().map(|setting| format!(", `{setting}`")).collect::<String>();
    let _ = writeln!(
        text,
        "Language {}; corpus `{}`; size `{}`{settings}; {n_utterances} test utterances, {n_seeds} decodings with their own \
         latents, seed {seed}; tokens of BLEU, dist-n and length: {segmentation}; device {device}; commit {commit}.\n",
        reproduction.language,
        corpus.display(),
        preset.display(),
    );
    text.push_str(
        "Mean ± standard deviation over the decodings. KL and NLL: dev, nats per sentence, at the best checkpoint. In \
         brackets the paper's figures; dist-n depends on the number of utterances, so compare directions only.\n\n",
    );
    let modes = has_modes(reproduction);
    let mut head = vec!["", "updates"];
    head.extend(COLUMNS.map(|(_, title)| title));
    head.extend(["KL", "NLL"]);
    if modes {
        head.extend(["modes reached %", "replies of a mode %"]);
    }
    let _ = writeln!(text, "| {} |", head.join(" | "));
    let _ = writeln!(text, "| --- |{}", " ---: |".repeat(head.len() - 1));
    let ([own_1, own_2], [paper_1, paper_2]) = (reproduction.reference_distinct, reproduction.paper_reference_distinct);
    let rest = " – |".repeat(head.len() - 5);
    let _ = writeln!(text, "| Reference | – | – | {own_1:.2} ({paper_1:.2}) | {own_2:.2} ({paper_2:.2}) |{rest}");
    for row in &reproduction.rows {
        let paper = row.paper;
        let mut cells = vec![
            row.title.to_owned(),
            row.update.to_string(),
            format!("{} ({:.2})", row.shown("bleu"), paper.bleu),
            format!("{} ({:.2})", row.shown("distinct-1"), paper.distinct_1),
            format!("{} ({:.2})", row.shown("distinct-2"), paper.distinct_2),
            row.shown("length-tokens-per-reply"),
            format!("{} ({})", two(row.dev_kl_nats_per_sentence), two(paper.kl_nats_per_sentence)),
            format!("{:.2}", row.dev_nll_nats_per_sentence),
        ];
        if let Some(found) = &row.modes {
            let between = |value: f64, interval: Option<[f64; 2]>| {
                interval
                    .map_or_else(|| format!("{value:.1}"), |[low, high]| format!("{value:.1} [{low:.1}, {high:.1}]"))
            };
            cells.push(between(found.coverage, found.coverage_interval));
            cells.push(between(found.precision, found.precision_interval));
        }
        let _ = writeln!(text, "| {} |", cells.join(" | "));
    }
    if let Some(found) = reproduction.rows.iter().find_map(|row| row.modes.as_ref()) {
        let _ = writeln!(
            text,
            "\nModes: {} replies to each utterance, 95 % intervals over utterances; replies of all modes with equal chance \
             would reach {:.1} %.",
            found.n_replies, found.ideal_coverage
        );
    }
    text.push_str("\n## What the paper says\n\n| claim | here | numbers |\n| --- | --- | --- |\n");
    for claim in &reproduction.claims {
        let _ = writeln!(text, "| {} | {} | {} |", claim.claim, claim.verdict.words(), claim.numbers);
    }
    text
}

/// The table as the paper sets it.
fn latex(reproduction: &Reproduction) -> String {
    let mut text = String::from("\\begin{tabular}{lrrrr}\n\\hline\n & BLEU & dist-1 & dist-2 & KLD \\\\\n\\hline\n");
    let [first, second] = reproduction.reference_distinct;
    let _ = writeln!(text, "Reference & -- & {first:.2} & {second:.2} & -- \\\\\n\\hline");
    for row in &reproduction.rows {
        let value =
            |name: &str| row.metric(name).map_or_else(|| "--".to_owned(), |metric| format!("{:.2}", metric.value));
        let kl = row.dev_kl_nats_per_sentence.map_or_else(|| "--".to_owned(), |kl| format!("{kl:.2}"));
        let _ = writeln!(
            text,
            "{} & {} & {} & {} & {kl} \\\\",
            row.title,
            value("bleu"),
            value("distinct-1"),
            value("distinct-2")
        );
    }
    text.push_str("\\hline\n\\end{tabular}\n");
    text
}

/// A line a row and metric.
fn csv(reproduction: &Reproduction) -> String {
    let mut text = String::from("row,metric,value,deviation_over_seeds,low,high,paper,run,checkpoint_blake3\n");
    for row in &reproduction.rows {
        let run = format!("\"{}\",{}", row.run.display().to_string().replace('"', "\"\""), row.checkpoint_blake3);
        let shown = |value: Option<f64>| value.map_or_else(String::new, |value| value.to_string());
        for metric in &row.metrics {
            let paper = match metric.name {
                "bleu" => Some(row.paper.bleu),
                "distinct-1" => Some(row.paper.distinct_1),
                "distinct-2" => Some(row.paper.distinct_2),
                _ => None,
            };
            let [low, high] = metric.interval.map_or([None; 2], |interval| interval.map(Some));
            let _ = writeln!(
                text,
                "{},{},{},{},{},{},{},{run}",
                row.name,
                metric.name,
                metric.value,
                shown(metric.deviation_over_draws),
                shown(low),
                shown(high),
                shown(paper)
            );
        }
        let paper = shown(row.paper.kl_nats_per_sentence);
        let kl = shown(row.dev_kl_nats_per_sentence);
        let _ = writeln!(text, "{},kl-nats-per-sentence,{kl},,,,{paper},{run}", row.name);
    }
    text
}

/// Utterances with the replies of all rows.
fn examples(reproduction: &Reproduction) -> String {
    let mut text =
        String::from("# Replies of all systems to the same utterances\n\nOne latent each, the first seed.\n");
    for example in &reproduction.examples {
        let _ = writeln!(text, "\n**{}**\n\n| | |\n| --- | --- |", example.utterance);
        let escape = |text: &str| text.replace('|', "\\|");
        let _ = writeln!(text, "| Reference | {} |", escape(&example.reference));
        for (title, reply) in &example.replies {
            let _ = writeln!(text, "| {title} | {} |", escape(reply));
        }
    }
    text
}
