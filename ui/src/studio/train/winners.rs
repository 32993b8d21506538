//! Which of the K latents won.

use leptos::prelude::*;

use super::history::History;
use crate::words::train as w;

/// Lines that are summed.
const LAST: usize = 20;

const BAR: f64 = 28.0;
const GAP: f64 = 6.0;
const HEIGHT: f64 = 96.0;

/// A histogram for each shown run that chooses.
#[component]
pub(crate) fn Winners(history: History) -> impl IntoView {
    let wins = Memo::new(move |_| {
        let shown = history.shown.get();
        let of = |(run, colour): (String, usize)| {
            let wins = history.of(&run)?.with(|logged| {
                let mut wins: Vec<u64> = Vec::new();
                for line in logged.lines.iter().rev().filter(|line| !line.winners.is_empty()).take(LAST) {
                    wins.resize(wins.len().max(line.winners.len()), 0);
                    wins.iter_mut().zip(&line.winners).for_each(|(sum, n)| *sum += n);
                }
                wins
            });
            (!wins.is_empty()).then_some((run, colour, wins))
        };
        shown.into_iter().filter_map(of).collect::<Vec<_>>()
    });
    let k = move || wins.with(|wins| wins.iter().map(|(_, _, wins)| wins.len()).max().unwrap_or(0));
    view! {
        <Show when=move || wins.with(|wins| !wins.is_empty())>
            <section class="card" id="winners">
                <h2>{w::winners}</h2>
                <p class="hint">{move || w::winners_note(k())}</p>
                <div class="curve-list">
                    {move || wins.get().into_iter().map(|(run, colour, wins)| view! { <Histogram run colour wins /> }).collect_view()}
                </div>
            </section>
        </Show>
    }
}

#[component]
fn Histogram(run: String, colour: usize, wins: Vec<u64>) -> impl IntoView {
    let total = wins.iter().sum::<u64>().max(1) as f64;
    let most = wins.iter().copied().max().unwrap_or(1).max(1) as f64 / total;
    let width = GAP + wins.len() as f64 * (BAR + GAP);
    let bars = wins.iter().enumerate().map(|(number, &n)| {
        let share = n as f64 / total;
        let (x, height) = (GAP + number as f64 * (BAR + GAP), share / most * HEIGHT);
        let percent = format!("{:.0}", share * 100.0);
        let title = percent.clone();
        view! {
            <rect class=format!("bar-{colour}") x=x.to_string() y=(16.0 + HEIGHT - height).to_string() width=BAR.to_string() height=height.max(1.0).to_string() rx="3">
                <title>{move || w::winner(number + 1, title.clone())}</title>
            </rect>
            <text class="chart-tick" x=(x + BAR / 2.0).to_string() y=(11.0 + HEIGHT - height).to_string() text-anchor="middle">{percent}</text>
            <text class="chart-tick" x=(x + BAR / 2.0).to_string() y=(HEIGHT + 32.0).to_string() text-anchor="middle">{number + 1}</text>
        }
    });
    let bars = bars.collect_view();
    let name = run.clone();
    view! {
        <figure class="curve">
            <figcaption>{run}</figcaption>
            <svg class="chart histogram" viewBox=format!("0 0 {} {}", width.max(220.0), HEIGHT + 38.0) role="img" aria-label=move || w::share_of_wins(name.clone())>
                {bars}
            </svg>
        </figure>
    }
}
