//! The tables of a report, once for all text formats.

use super::{Estimate, Measure, Report, shown, shown_estimate, shown_p};

/// A table with its title and what one must know to read it.
pub(super) struct Table {
    pub(super) title: &'static str,
    pub(super) note: String,
    pub(super) header: Vec<String>,
    pub(super) rows: Vec<Vec<String>>,
}

impl Table {
    fn new(title: &'static str, note: impl Into<String>, header: &[&str]) -> Self {
        let header = header.iter().map(|&cell| cell.to_owned()).collect();
        Self { title, note: note.into(), header, rows: Vec::new() }
    }
}

/// The first lines of a report.
pub(super) fn facts(report: &Report) -> Vec<(&'static str, String)> {
    let mut facts = vec![
        ("Items with judgements", report.n_items.to_string()),
        ("Systems", report.systems.len().to_string()),
        ("Raters", format!("{} ({} for each item by the design)", report.n_raters, report.raters_per_item)),
        ("Replies judged, each rater's counted", report.n_judged_replies.to_string()),
        ("Pages done", format!("{} of {}", report.n_pages_done, report.n_pages_wanted)),
        ("Design hash", report.design_hash.clone()),
    ];
    if report.n_pages_done < report.n_pages_wanted {
        facts.push(("Note", "the study is not finished; these numbers will change".to_owned()));
    }
    facts
}

/// All tables that have rows.
pub(super) fn all(report: &Report) -> Vec<Table> {
    let tables = [
        means(report),
        spreads(report),
        histograms(report),
        contrasts(report),
        agreement(report),
        raters(report),
        positions(report),
        automatic(report),
        paper(report),
    ];
    tables.into_iter().filter(|table| !table.rows.is_empty()).collect()
}

fn means(report: &Report) -> Table {
    let note = format!(
        "Means over all judgements with 95 % bootstrap intervals over items (BCa, {} samples, seed {}). They speak of \
         other items judged by these raters. \"Too noisy\" (0) is read three ways: counted as 0, left out, and as a \
         share of its own; what was skipped or not rated is in none of them.",
        report.n_draws, report.seed
    );
    let names = Measure::ALL.map(Measure::name);
    let mut table = Table::new("Scores", note, &[&["System"], &names[..]].concat());
    for system in &report.systems {
        let cells = system.measures.iter().map(|measure| shown_estimate(&measure.mean));
        table.rows.push(std::iter::once(system.system.clone()).chain(cells).collect());
    }
    table
}

fn spreads(report: &Report) -> Table {
    let note = "Standard deviation over judgements and median, by measure.";
    let names = Measure::ALL.map(Measure::name);
    let mut table = Table::new("Spread", note, &[&["System"], &names[..], &["Skipped", "Not rated"]].concat());
    for system in &report.systems {
        let mut row = vec![system.system.clone()];
        row.extend(system.measures.iter().map(|measure| {
            measure.summary.map_or_else(
                || "–".to_owned(),
                |summary| format!("{:.2}, median {} (n = {})", summary.standard_deviation, summary.median, summary.n),
            )
        }));
        row.extend([system.n_skipped.to_string(), system.n_unrated.to_string()]);
        table.rows.push(row);
    }
    table
}

fn histograms(report: &Report) -> Table {
    let note = "How often each score was given.";
    let mut table = Table::new("Histograms", note, &["System", "Criterion", "0", "1", "2", "3", "4", "5"]);
    for system in &report.systems {
        for (criterion, histogram) in [("Sensibleness", system.sensibleness), ("Specificity", system.specificity)] {
            let counts = histogram.iter().enumerate().map(|(score, count)| match (criterion, score) {
                ("Sensibleness", 0) => "–".to_owned(),
                _ => count.to_string(),
            });
            table.rows.push([system.system.clone(), criterion.to_owned()].into_iter().chain(counts).collect());
        }
    }
    table
}

fn contrasts(report: &Report) -> Table {
    let baseline = report.baseline.clone().unwrap_or_default();
    let note = format!(
        "Differences from {baseline}, the declared baseline: mean over items with bootstrap interval; two-sided paired \
         permutation test over items, corrected by Holm over the systems of a measure; Cliff's δ and Cohen's d of item \
         means, d_z of item differences."
    );
    let header = ["System", "Measure", "Items", "Difference", "p", "p (Holm)", "Cliff's δ", "d", "d_z"];
    let mut table = Table::new("Tests against the baseline", note, &header);
    for contrast in &report.contrasts {
        let p = |p: Option<f64>| p.map_or_else(|| "–".to_owned(), shown_p);
        table.rows.push(vec![
            contrast.system.clone(),
            contrast.measure.name().to_owned(),
            contrast.n_items.to_string(),
            shown_estimate(&contrast.difference),
            p(contrast.p),
            p(contrast.p_holm),
            shown(contrast.cliffs_delta),
            shown(contrast.cohens_d),
            shown(contrast.cohens_d_paired),
        ]);
    }
    table
}

fn agreement(report: &Report) -> Table {
    let note = "Statistics of two raters are means over pairs of raters. Pooled over systems, r also reflects that \
                systems differ; within systems it does not. Intervals: bootstrap over items.";
    let measures = report.agreement.iter().map(|agreement| agreement.measure.name());
    let header: Vec<&str> = std::iter::once("Statistic").chain(measures).collect();
    let mut table = Table::new("Agreement of raters", note, &header);
    let Some(first) = report.agreement.first().filter(|_| report.n_raters > 1) else { return table };
    let mut n_replies = vec!["replies with two judgements or more".to_owned()];
    n_replies.extend(report.agreement.iter().map(|agreement| agreement.n_replies.to_string()));
    table.rows.push(n_replies);
    for (index, (statistic, _)) in first.statistics.iter().enumerate() {
        let mut row = vec![statistic.name().to_owned()];
        row.extend(report.agreement.iter().map(|agreement| shown_estimate(&agreement.statistics[index].1)));
        table.rows.push(row);
    }
    table
}

fn raters(report: &Report) -> Table {
    let note = "Severity: mean difference from the others on the same replies (below 0 is severe). Agreement: Pearson's r \
                with the mean of the others. Gold: share within the expected range. Repeats: same score, and within one \
                point. Degraded copies: how much lower they score. Whom to leave out must be declared before the study.";
    let header = [
        "Rater",
        "Items",
        "Mean",
        "SD",
        "Severity",
        "Agreement",
        "0",
        "Skipped",
        "Longest run",
        "Gold",
        "Repeats",
        "Degraded",
        "Seconds a page",
    ];
    let mut table = Table::new("Raters", note, &header);
    for rater in &report.raters {
        let dash = || "–".to_owned();
        table.rows.push(vec![
            rater.rater.clone(),
            rater.n_items.to_string(),
            shown(rater.mean),
            shown(rater.standard_deviation),
            shown(rater.severity),
            match (rater.agreement, rater.agreement_undefined) {
                (None, Some(why)) => format!("– ({why})"),
                (agreement, _) => shown(agreement),
            },
            rater.n_too_noisy.to_string(),
            rater.n_skipped.to_string(),
            rater.longest_run.to_string(),
            rater.gold.map_or_else(dash, |(share, n)| format!("{:.0} % of {n}", 100.0 * share)),
            rater
                .repeats
                .map_or_else(dash, |(same, close, n)| format!("{:.0} %, {:.0} % of {n}", 100.0 * same, 100.0 * close)),
            rater.degraded.map_or_else(dash, |(drop, p, n)| format!("{drop:.2} (p {}, n = {n})", shown_p(p))),
            rater.median_seconds.map_or_else(dash, |seconds| format!("{seconds:.0}")),
        ]);
    }
    table
}

fn positions(report: &Report) -> Table {
    let note = "Mean of the average score at each position on a page. Systems are counter-balanced over positions, so \
                that a difference here is an effect of order and not of systems.";
    let mut table = Table::new("Position", note, &["Position", "Average"]);
    for (mean, position) in report.mean_by_position.iter().zip(1..) {
        table.rows.push(vec![position.to_string(), shown(*mean)]);
    }
    table
}

fn automatic(report: &Report) -> Table {
    let note = "Over systems, people's replies left out. Few systems make wide intervals (Fisher's z, from four on).";
    let header = ["Metric", "Measure", "Systems", "Pearson r", "Spearman ρ"];
    let mut table = Table::new("Automatic metrics", note, &header);
    for correlation in &report.automatic {
        let estimate = Estimate {
            value: correlation.pearson,
            low: correlation.low,
            high: correlation.high,
            undefined: correlation.undefined,
        };
        table.rows.push(vec![
            correlation.metric.clone(),
            correlation.measure.name().to_owned(),
            correlation.n_systems.to_string(),
            shown_estimate(&estimate),
            shown(correlation.spearman),
        ]);
    }
    table
}

fn paper(report: &Report) -> Table {
    let mut table = Table::new("Paper mode", String::new(), &["System", "Sensibleness", "Specificity", "Avg."]);
    match &report.paper {
        Err(why) => {
            table.note = format!("Table 3 cannot be computed as the authors do: {why}.");
            table.rows.push(vec!["–".to_owned(); 4]);
        }
        Ok(paper) => {
            let pearson = match (paper.pearson_of_script, paper.pearson_mean) {
                (Some(script), Some(mean)) if (script - mean).abs() < 1e-9 => {
                    format!("Pearson correlation between evaluators: {script:.2}.")
                }
                (script, Some(mean)) => format!(
                    "Pearson correlation between evaluators: {} by the script, {mean:.2} as the mean over pairs.",
                    shown(script)
                ),
                _ => "Pearson correlation between evaluators: not defined.".to_owned(),
            };
            table.note = format!("Table 3 as the authors' script computes it. {pearson} {}", paper.notes.join(" "));
            for row in &paper.rows {
                let scores = [row.sensibleness, row.specificity, row.average].map(|score| format!("{score:.2}"));
                table.rows.push(std::iter::once(row.system.clone()).chain(scores).collect());
            }
        }
    }
    table
}
