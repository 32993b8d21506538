//! Whether a study is large enough: power by the normal approximation, for the form of a new study.

use leptos::prelude::*;

use crate::words::create as w;

/// Standard deviations between replies of a system and of a single judgement, in points: assumptions.
const REPLY: f64 = 0.8;
const NOISE: f64 = 0.8;

/// Quantiles of the normal distribution: 1 − 0.05 / 2 and 0.8.
const Z_LEVEL: f64 = 1.959_964;
const Z_POWER: f64 = 0.841_621;

/// Standard error of the mean difference of two systems over n items, each rated by k.
fn standard_error(n_items: f64, n_raters: f64) -> f64 {
    (2.0 * (REPLY.powi(2) + NOISE.powi(2) / n_raters) / n_items).sqrt()
}

/// Power of a two-sided test at 5 %.
fn power(difference: f64, n_items: f64, n_raters: f64) -> f64 {
    let shift = difference.abs() / standard_error(n_items, n_raters);
    normal(shift - Z_LEVEL) + normal(-shift - Z_LEVEL)
}

/// The normal distribution function: Abramowitz & Stegun 26.2.17, to 7.5e-8.
fn normal(x: f64) -> f64 {
    let t = 1.0 / (1.0 + 0.231_641_9 * x.abs());
    let series = [0.319_381_530, -0.356_563_782, 1.781_477_937, -1.821_255_978, 1.330_274_429];
    let sum = series.iter().rev().fold(0.0, |sum, coefficient| (sum + coefficient) * t);
    let upper = (-x * x / 2.0).exp() / (2.0 * std::f64::consts::PI).sqrt() * sum;
    if x >= 0.0 { 1.0 - upper } else { upper }
}

/// Advice beside the form.
#[component]
pub(crate) fn Planner(
    /// Items of the files
    n_items: Signal<usize>,
    /// Raters of each
    n_raters: Signal<u32>,
) -> impl IntoView {
    let difference = RwSignal::new("0.3".to_owned());
    let wanted = move || difference.get().trim().parse::<f64>().ok().filter(|value| *value > 0.0 && *value <= 4.0);
    let sizes = move || (n_items.get().max(2) as f64, f64::from(n_raters.get().max(1)));
    let advice = move || {
        let (items, raters) = sizes();
        let wanted = wanted()?;
        let power = power(wanted, items, raters);
        let reach = Z_LEVEL + Z_POWER;
        let needed = (reach / wanted).powi(2) * 2.0 * (REPLY.powi(2) + NOISE.powi(2) / raters);
        let detectable = format!("{:.2}", reach * standard_error(items, raters));
        let advice = if power >= 0.8 { w::advice_fine().to_owned() } else { w::advice_items(needed.ceil() as usize) };
        let percent = (power * 100.0).round() as u64;
        Some(view! {
            <p class="power" class:enough={power >= 0.8}><b>{w::power(percent)}</b></p>
            <p>{advice}</p>
            <p class="hint">{w::detectable(detectable)}</p>
        })
    };
    view! {
        <aside class="card planner" aria-labelledby="planner">
            <h2 id="planner">{w::planner}</h2>
            <p>{move || w::planner_text(n_items.get(), n_raters.get())}</p>
            <label for="difference">{w::difference}</label>
            <input id="difference" type="number" min="0.05" max="4" step="0.05" inputmode="decimal" bind:value=difference />
            <div role="status">{advice}</div>
            <p class="hint">{w::assumptions}</p>
        </aside>
    }
}
