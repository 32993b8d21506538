//! Charts as inline SVG: means with intervals, and histograms. Colours come from the page's style, so that dark mode
//! works; every chart has a text for those who cannot see it.

use crate::statistics::Histogram;

use super::{Measure, Report, html::escape};

const ROW_HEIGHT: f64 = 26.0;
const LABEL_WIDTH: f64 = 190.0;
const PLOT_WIDTH: f64 = 430.0;

fn svg(height: f64, title: &str, body: &str) -> String {
    let width = LABEL_WIDTH + PLOT_WIDTH + 60.0;
    format!(
        "<svg viewBox=\"0 0 {width} {height}\" role=\"img\" aria-label=\"{title}\"><title>{title}</title>{body}</svg>",
        title = escape(title)
    )
}

fn label(system: &str, y: f64) -> String {
    let short: String = system.chars().take(26).collect();
    format!("<text x=\"{}\" y=\"{y:.1}\" class=\"name\">{}</text>", LABEL_WIDTH - 10.0, escape(&short))
}

/// A dot and an interval for each system, on the scale from 0 to 5.
pub(super) fn means(report: &Report, measure: Measure) -> String {
    let x = |score: f64| LABEL_WIDTH + score / 5.0 * PLOT_WIDTH;
    let height = ROW_HEIGHT * report.systems.len() as f64 + 34.0;
    let mut body = String::new();
    for score in 0..=5 {
        let x = x(f64::from(score));
        body += &format!("<line x1=\"{x:.1}\" x2=\"{x:.1}\" y1=\"6\" y2=\"{:.1}\" class=\"grid\"/>", height - 24.0);
        body += &format!("<text x=\"{x:.1}\" y=\"{:.1}\" class=\"tick\">{score}</text>", height - 8.0);
    }
    for (index, system) in report.systems.iter().enumerate() {
        let y = 6.0 + ROW_HEIGHT * (index as f64 + 0.5);
        body += &label(&system.system, y + 4.0);
        let mean = &system.measure(measure).mean;
        if let Some((low, high)) = mean.low.zip(mean.high) {
            body += &format!(
                "<line x1=\"{:.1}\" x2=\"{:.1}\" y1=\"{y:.1}\" y2=\"{y:.1}\" class=\"interval\"/>",
                x(low),
                x(high)
            );
        }
        if let Some(value) = mean.value {
            body += &format!("<circle cx=\"{:.1}\" cy=\"{y:.1}\" r=\"4.5\" class=\"dot\"/>", x(value));
            let end = x(mean.high.unwrap_or(value)).max(x(value));
            body += &format!("<text x=\"{:.1}\" y=\"{:.1}\" class=\"value\">{value:.2}</text>", end + 9.0, y + 4.0);
        }
    }
    svg(height, &format!("{}: mean and 95 % interval of each system", measure.name()), &body)
}

/// A bar for each system, divided by score.
pub(super) fn histograms(report: &Report, criterion: &str, of: impl Fn(usize) -> Histogram) -> String {
    let height = ROW_HEIGHT * report.systems.len() as f64 + 12.0;
    let mut body = String::new();
    for (index, system) in report.systems.iter().enumerate() {
        let y = 6.0 + ROW_HEIGHT * index as f64;
        body += &label(&system.system, y + ROW_HEIGHT / 2.0 + 4.0);
        let histogram = of(index);
        let total = histogram.iter().sum::<u64>().max(1) as f64;
        let mut x = LABEL_WIDTH;
        for (score, &count) in histogram.iter().enumerate() {
            let width = count as f64 / total * PLOT_WIDTH;
            if count > 0 {
                body += &format!(
                    "<rect x=\"{x:.1}\" y=\"{:.1}\" width=\"{width:.1}\" height=\"{:.1}\" class=\"s{score}\"><title>{}: \
                     score {score}, {count} times</title></rect>",
                    y + 3.0,
                    ROW_HEIGHT - 6.0,
                    escape(&system.system)
                );
            }
            if width > 24.0 {
                let middle = x + width / 2.0;
                body += &format!(
                    "<text x=\"{middle:.1}\" y=\"{:.1}\" class=\"on{score}\">{score}</text>",
                    y + ROW_HEIGHT / 2.0 + 4.0
                );
            }
            x += width;
        }
    }
    svg(height, &format!("{criterion}: share of each score, from 0 or 1 on the left to 5 on the right"), &body)
}
