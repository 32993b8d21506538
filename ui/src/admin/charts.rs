//! Charts of a report, as SVG in the page's own colours. Each number is in a table, too.

use leptos::prelude::*;

use super::report::data::{Estimate, System};
use crate::words::report as w;

const LABEL: f64 = 184.0;
const PLOT: f64 = 370.0;
const VALUE: f64 = 44.0;
const ROW: f64 = 30.0;

fn label(name: &str, y: f64) -> impl IntoView + use<> {
    let n_letters = name.chars().count();
    let short: String = name.chars().take(if n_letters > 21 { 20 } else { 21 }).collect();
    let short = if n_letters > 21 { short + "…" } else { short };
    let whole = name.to_owned();
    view! {
        <text class="chart-name" x=(LABEL - 10.0).to_string() y=y.to_string() text-anchor="end">
            <title>{whole}</title>
            {short}
        </text>
    }
}

fn frame(height: f64, name: impl Fn() -> String + Clone + Send + Sync + 'static, body: AnyView) -> impl IntoView {
    view! {
        <svg class="chart" viewBox=format!("0 0 {} {height}", LABEL + PLOT + VALUE) role="img" aria-label=name>{body}</svg>
    }
}

/// A dot with its interval for each system, from 1 or 0 to 5.
#[component]
pub(crate) fn Means(
    /// The systems
    systems: Vec<System>,
    /// Which of a system's means
    of: fn(&System) -> Option<Estimate>,
    /// Its name
    measure: fn() -> &'static str,
) -> impl IntoView {
    let x = |score: f64| LABEL + (score - 1.0).max(-1.0) / 4.0 * PLOT;
    let bottom = ROW * systems.len() as f64 + 8.0;
    let grid = (1..=5).map(|score| {
        let at = x(f64::from(score)).to_string();
        view! {
            <line class="chart-grid" x1=at.clone() x2=at.clone() y1="4" y2=bottom.to_string() />
            <text class="chart-tick" x=at y=(bottom + 16.0).to_string() text-anchor="middle">{score}</text>
        }
    });
    let grid = grid.collect_view();
    let rows = systems.iter().enumerate().map(|(index, system)| {
        let y = 8.0 + ROW * (index as f64 + 0.5);
        let mean = of(system).unwrap_or_default();
        let interval = mean.low.zip(mean.high).map(|(low, high)| {
            view! {
                <line class="chart-interval" x1=x(low).max(LABEL - 6.0).to_string() x2=x(high).to_string() y1=y.to_string() y2=y.to_string() />
            }
        });
        let dot = mean.value.map(|value| {
            view! {
                <circle class="chart-dot" cx=x(value).max(LABEL - 6.0).to_string() cy=y.to_string() r="5.5" />
                <text class="chart-value" x=(LABEL + PLOT + 8.0).to_string() y=(y + 4.5).to_string()>{format!("{value:.2}")}</text>
            }
        });
        view! { {label(&system.system, y + 4.5)} {interval} {dot} }
    });
    let body = view! { {grid} {rows.collect_view()} }.into_any();
    view! {
        <figure>
            <figcaption>{measure}</figcaption>
            {frame(bottom + 24.0, move || w::chart_means(measure()), body)}
        </figure>
    }
}

/// A bar for each system, divided by score.
#[component]
pub(crate) fn Histograms(
    /// The systems
    systems: Vec<System>,
    /// Which of a system's histograms
    of: fn(&System) -> [u64; 6],
    /// Its name
    measure: fn() -> &'static str,
) -> impl IntoView {
    let height = ROW * systems.len() as f64 + 8.0;
    let rows = systems.iter().enumerate().map(|(index, system)| {
        let y = 4.0 + ROW * index as f64;
        let histogram = of(system);
        let total = histogram.iter().sum::<u64>().max(1) as f64;
        let mut left = LABEL;
        let parts = histogram.into_iter().enumerate().filter(|(_, times)| *times > 0).map(|(score, times)| {
            let width = times as f64 / total * (PLOT + VALUE - 4.0);
            let at = left;
            left += width;
            view! {
                <rect
                    class=format!("chart-score chart-score-{score}")
                    x=at.to_string()
                    y=(y + 3.0).to_string()
                    width=(width - 1.0).max(0.5).to_string()
                    height=(ROW - 6.0).to_string()
                >
                    <title>{move || w::score_times(score, times)}</title>
                </rect>
                {(width > 18.0).then(|| view! {
                    <text
                        class=format!("chart-on chart-on-{score}")
                        x=(at + width / 2.0).to_string()
                        y=(y + ROW / 2.0 + 4.5).to_string()
                        text-anchor="middle"
                    >
                        {score}
                    </text>
                })}
            }
        });
        let parts = parts.collect_view();
        view! { {label(&system.system, y + ROW / 2.0 + 4.5)} {parts} }
    });
    let body = rows.collect_view().into_any();
    view! {
        <figure>
            <figcaption>{measure}</figcaption>
            {frame(height, move || w::chart_histogram(measure()), body)}
        </figure>
    }
}
