//! Curves as SVG in the page's own colours. Every last number is in a table, too.

use leptos::{ev, prelude::*};
use wasm_bindgen::JsCast as _;

use super::{
    axis::{short, ticks},
    form::thousands,
    history::History,
    series::{Curves as Lines, KL_WEIGHT, SPECS, Spec},
};
use crate::words::train as w;

const WIDTH: f64 = 360.0;
const HEIGHT: f64 = 190.0;
const LEFT: f64 = 46.0;
const RIGHT: f64 = 18.0;
const TOP: f64 = 10.0;
const BOTTOM: f64 = 26.0;

/// The curves of the shown runs, chart by chart.
#[component]
pub(crate) fn Curves(history: History) -> impl IntoView {
    // The update under the pointer, the same in all charts.
    let pointed: RwSignal<Option<f64>> = RwSignal::new(None);
    let is_empty = move || history.shown.with(std::collections::BTreeMap::is_empty);
    view! {
        <section class="card curves">
            <h2>{w::curves}</h2>
            <p class="hint">{w::on_train} " · " {w::on_dev}</p>
            <Show when=is_empty><p class="hint">{w::choose_runs}</p></Show>
            <div class="curve-list">
                {SPECS.into_iter().map(|spec| view! { <Chart history spec pointed /> }).collect_view()}
            </div>
            <Values history />
        </section>
    }
}

fn lines(history: History, spec: Spec) -> Memo<Vec<Lines>> {
    Memo::new(move |_| {
        let shown = history.shown.get();
        let of = |(run, colour): (&String, &usize)| {
            let logged = history.of(run)?;
            let lines = logged.with(|logged| Lines::new(run, *colour, &logged.lines, spec));
            (!lines.is_empty()).then_some(lines)
        };
        let all: Vec<Lines> = shown.iter().filter_map(of).collect();
        // A weight that is always the same is no curve.
        let first = all.first().and_then(Lines::last);
        let is_flat = || all.iter().flat_map(Lines::all).all(|point| Some(point.1) == first);
        if spec.train == Some(KL_WEIGHT) && is_flat() { Vec::new() } else { all }
    })
}

/// From updates and values to places.
#[derive(Clone, Copy, PartialEq)]
struct Scale {
    x: [f64; 2],
    y: [f64; 2],
}

impl Scale {
    fn new(lines: &[Lines], y_ticks: &[f64]) -> Self {
        let last = lines.iter().flat_map(Lines::all).map(|point| point.0).fold(1.0, f64::max);
        Self { x: [0.0, last], y: [y_ticks[0], y_ticks[y_ticks.len() - 1]] }
    }

    fn x(self, update: f64) -> f64 {
        LEFT + (update - self.x[0]) / (self.x[1] - self.x[0]) * (WIDTH - LEFT - RIGHT)
    }

    fn y(self, value: f64) -> f64 {
        TOP + (self.y[1] - value) / (self.y[1] - self.y[0]) * (HEIGHT - TOP - BOTTOM)
    }

    fn path(self, points: &[(f64, f64)]) -> String {
        let step = |(number, &(update, value)): (usize, &(f64, f64))| {
            let letter = if number == 0 { 'M' } else { 'L' };
            format!("{letter}{:.1} {:.1}", self.x(update), self.y(value))
        };
        points.iter().enumerate().map(step).collect()
    }
}

fn nearest(points: &[(f64, f64)], update: f64) -> Option<(f64, f64)> {
    points.iter().copied().min_by(|a, b| (a.0 - update).abs().total_cmp(&(b.0 - update).abs()))
}

#[component]
fn Chart(history: History, spec: Spec, pointed: RwSignal<Option<f64>>) -> impl IntoView {
    let lines = lines(history, spec);
    let is_there = Memo::new(move |_| lines.with(|lines| !lines.is_empty()));
    move || is_there.get().then(|| view! { <Drawn lines spec pointed /> })
}

#[component]
fn Drawn(lines: Memo<Vec<Lines>>, spec: Spec, pointed: RwSignal<Option<f64>>) -> impl IntoView {
    let y_ticks = Memo::new(move |_| {
        lines.with(|lines| {
            let values = || lines.iter().flat_map(Lines::all).map(|point| point.1);
            let (low, high) = values().fold((f64::INFINITY, f64::NEG_INFINITY), |(l, h), v| (l.min(v), h.max(v)));
            // What begins near nothing is seen from nothing on.
            let low = if low > 0.0 && low < 0.3 * high { 0.0 } else { low };
            ticks(low, high, 4)
        })
    });
    let scale = Memo::new(move |_| lines.with(|lines| Scale::new(lines, &y_ticks.get())));
    let y_grid = move || {
        let scale = scale.get();
        let line = |value: f64| {
            let y = scale.y(value);
            view! {
                <line class="chart-grid" x1=LEFT.to_string() x2=(WIDTH - RIGHT).to_string() y1=y.to_string() y2=y.to_string() />
                <text class="chart-tick" x=(LEFT - 6.0).to_string() y=(y + 4.0).to_string() text-anchor="end">{short(value)}</text>
            }
        };
        y_ticks.get().into_iter().map(line).collect_view()
    };
    let x_grid = move || {
        let scale = scale.get();
        let all = ticks(0.0, scale.x[1], 5).into_iter().filter(|update| *update <= scale.x[1] * 1.001);
        let line = |update: f64| {
            let x = scale.x(update);
            view! { <text class="chart-tick" x=x.to_string() y=(HEIGHT - 8.0).to_string() text-anchor="middle">{short(update)}</text> }
        };
        all.map(line).collect_view()
    };
    let drawn = move || {
        let scale = scale.get();
        let one = |lines: Lines| {
            let dot = |&(update, value): &(f64, f64)| {
                view! {
                    <circle class=format!("dot-{}", lines.colour) cx=format!("{:.1}", scale.x(update)) cy=format!("{:.1}", scale.y(value)) r="3.5" />
                }
            };
            let is_alone = lines.train.is_empty();
            let path = scale.path(if is_alone { &lines.dev } else { &lines.train });
            view! {
                <path class=format!("series-{}", lines.colour) d=path />
                {lines.dev.iter().map(dot).collect_view()}
            }
        };
        lines.get().into_iter().map(one).collect_view()
    };
    let cross = move || {
        let update = pointed.get().filter(|update| *update <= scale.get().x[1])?;
        let x = scale.get().x(update).to_string();
        Some(
            view! { <line class="chart-cross" x1=x.clone() x2=x y1=TOP.to_string() y2=(HEIGHT - BOTTOM).to_string() /> },
        )
    };
    let follow = move |event: ev::PointerEvent| {
        let Some(svg) = event.current_target().and_then(|target| target.dyn_into::<web_sys::Element>().ok()) else {
            return;
        };
        let width = f64::from(svg.client_width().max(1));
        let share = (f64::from(event.offset_x()) / width * WIDTH - LEFT) / (WIDTH - LEFT - RIGHT);
        let [low, high] = scale.get_untracked().x;
        pointed.set(Some(low + share.clamp(0.0, 1.0) * (high - low)));
    };
    let label = move || {
        let last = |lines: &Lines| format!("{} {}", lines.run, lines.last().map(short).unwrap_or_default());
        let values = lines.with(|lines| lines.iter().map(last).collect::<Vec<_>>().join(", "));
        w::chart_label((spec.title)().to_owned(), values)
    };
    let legend = move || {
        let at = pointed.get();
        lines.get().into_iter().map(|lines| view! { <Legend lines at /> }).collect_view()
    };
    view! {
        <figure class="curve">
            <figcaption>{spec.title} " " <span class="hint">{spec.unit}</span></figcaption>
            <svg
                class="chart"
                viewBox=format!("0 0 {WIDTH} {HEIGHT}")
                role="img"
                aria-label=label
                on:pointermove=follow
                on:pointerleave=move |_| pointed.set(None)
            >
                {y_grid} {x_grid} {drawn} {cross}
            </svg>
            <ul class="curve-legend">{legend}</ul>
        </figure>
    }
}

/// A run with its value under the pointer, or its last.
#[component]
fn Legend(lines: Lines, at: Option<f64>) -> impl IntoView {
    let value = |points: &[(f64, f64)]| match at {
        Some(update) => nearest(points, update),
        None => points.last().copied(),
    };
    let (train, dev) = (value(&lines.train), value(&lines.dev));
    let title = train.or(dev).map(|(update, _)| thousands(update.round() as u64));
    view! {
        <li title=move || title.clone().map(w::at_update)>
            <svg class="swatch" viewBox="0 0 28 8" aria-hidden="true"><line class=format!("series-{}", lines.colour) x1="1" x2="27" y1="4" y2="4" /></svg>
            <span class="curve-run">{lines.run}</span>
            {train.map(|(_, value)| view! { <span class="curve-value">{short(value)}</span> })}
            {dev.map(|(_, value)| view! { <span class="curve-value dev">"● " {short(value)}</span> })}
        </li>
    }
}

/// The last values of all shown runs.
#[component]
fn Values(history: History) -> impl IntoView {
    let columns: Vec<(Spec, Memo<Vec<Lines>>)> = SPECS.into_iter().map(|spec| (spec, lines(history, spec))).collect();
    let columns = StoredValue::new(columns);
    let used = move || {
        let all = columns.get_value().into_iter();
        all.filter(|(_, lines)| lines.with(|lines| !lines.is_empty())).collect::<Vec<_>>()
    };
    let head = move || used().into_iter().map(|(spec, _)| view! { <th scope="col">{spec.title}</th> }).collect_view();
    let row = move |run: String| {
        let cell = |(_, lines): (Spec, Memo<Vec<Lines>>)| {
            let last = lines.with(|lines| lines.iter().find(|lines| lines.run == run).and_then(Lines::last));
            view! { <td>{last.map(short)}</td> }
        };
        let cells = used().into_iter().map(cell).collect_view();
        view! { <tr><th scope="row">{run.clone()}</th>{cells}</tr> }
    };
    let rows = move || history.shown.get().into_keys().map(row).collect_view();
    view! {
        <Show when=move || !used().is_empty()>
            <details>
                <summary>{w::values}</summary>
                <div class="scroll" tabindex="0" role="region" aria-label=w::values>
                    <table><thead><tr><th scope="col">{w::run}</th>{head}</tr></thead><tbody>{rows}</tbody></table>
                </div>
            </details>
        </Show>
    }
}
