//! Table 3 for a paper: means with intervals, and daggers where a system differs from the baseline. Needs `booktabs`.

use super::{Estimate, Measure, Report};

const COLUMNS: [Measure; 3] = [Measure::Sensibleness, Measure::SpecificityZeroCounted, Measure::Average];

pub(super) fn render(report: &Report) -> String {
    let mut text = String::from(
        "% Needs \\usepackage{booktabs}.\n\\begin{table}\n\\centering\n\\begin{tabular}{lccc}\n\\toprule\n",
    );
    text += " & Sensibleness & Specificity & Avg. \\\\\n\\midrule\n";
    for system in &report.systems {
        let cells = COLUMNS.map(|measure| cell(report, &system.system, measure, &system.measure(measure).mean));
        text += &format!("{} & {} \\\\\n", escape(&system.system), cells.join(" & "));
        if report.reference.as_ref() == Some(&system.system) {
            text += "\\midrule\n";
        }
    }
    text += "\\bottomrule\n\\end{tabular}\n";
    text += &format!("\\caption{{{}}}\n\\end{{table}}\n", caption(report));
    text
}

fn cell(report: &Report, system: &str, measure: Measure, mean: &Estimate) -> String {
    let Some(value) = mean.value else { return "--".to_owned() };
    let interval = mean.low.zip(mean.high).map(|(low, high)| format!(" {{\\scriptsize [{low:.2}, {high:.2}]}}"));
    let contrast = report.contrasts.iter().find(|contrast| contrast.system == system && contrast.measure == measure);
    let differs = contrast.and_then(|contrast| contrast.p_holm).is_some_and(|p| p < 0.05);
    format!("{value:.2}{}{}", if differs { "$^{\\dagger}$" } else { "" }, interval.unwrap_or_default())
}

fn caption(report: &Report) -> String {
    let mut caption = format!(
        "Human evaluation ({} items, {} raters, {} for each item): means with 95\\,\\% bootstrap intervals over items; \
         specificity counts ``too noisy'' as 0.",
        report.n_items, report.n_raters, report.raters_per_item
    );
    if let Some(baseline) = &report.baseline {
        caption += &format!(
            " $\\dagger$: differs from {} (paired permutation test over items, Holm-corrected, $p < 0.05$).",
            escape(baseline)
        );
    }
    let average = report.agreement.iter().find(|agreement| agreement.measure == Measure::Average);
    let value = |index: usize| average.and_then(|agreement| agreement.statistics[index].1.value);
    if let Some((pooled, within)) = value(0).zip(value(1)) {
        caption += &format!(
            " Pearson correlation between raters: {pooled:.2} pooled over systems, {within:.2} within systems."
        );
    }
    caption
}

fn escape(text: &str) -> String {
    let mut escaped = String::new();
    for letter in text.chars() {
        match letter {
            '&' | '%' | '$' | '#' | '_' | '{' | '}' => {
                escaped.push('\\');
                escaped.push(letter);
            }
            '\\' => escaped += "\\textbackslash{}",
            '~' => escaped += "\\textasciitilde{}",
            '^' => escaped += "\\textasciicircum{}",
            '\n' | '\r' | '\t' => escaped.push(' '),
            _ => escaped.push(letter),
        }
    }
    escaped
}
