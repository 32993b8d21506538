//! What a run would need.

use leptos::prelude::*;
use repartee_wire::engine::RunPlan;

use super::form::thousands;
use crate::words::train as w;

/// A time as people say it.
pub(crate) fn duration(seconds: f64) -> String {
    let whole = |unit: f64| (seconds / unit).round().max(1.0) as u64;
    match seconds {
        s if s < 90.0 => w::seconds(whole(1.0)),
        s if s < 90.0 * 60.0 => w::minutes(whole(60.0)),
        s if s < 36.0 * 3600.0 => w::hours(whole(3600.0)),
        _ => w::days(whole(86400.0)),
    }
}

fn bytes(bytes: u64) -> String {
    let megabytes = bytes as f64 / 1e6;
    if megabytes < 1000.0 { format!("{megabytes:.0} MB") } else { format!("{:.1} GB", megabytes / 1000.0) }
}

/// A plan.
#[component]
pub(crate) fn PlanView(plan: RunPlan) -> impl IntoView {
    let epochs = plan.max_updates as f64 / plan.updates_per_epoch.max(1) as f64;
    let epochs = format!("{epochs:.1}");
    let warnings = (!plan.warnings.is_empty()).then(|| {
        let line = |warning: String| view! { <li lang="en">{warning}</li> };
        view! {
            <div class="note">
                <p><strong>{w::warnings}</strong></p>
                <ul>{plan.warnings.iter().cloned().map(line).collect_view()}</ul>
            </div>
        }
    });
    let seconds = plan.total_seconds;
    view! {
        <section class="planned" id="planned">
            <h3>{w::plan_title}</h3>
            <dl class="pairs">
                <dt>{w::time}</dt>
                <dd><strong>"≈ " {move || duration(seconds)}</strong> <span class="hint">" (" {w::time_note} ")"</span></dd>
                <dt>{w::memory}</dt><dd>"≈ " {bytes(plan.memory_bytes)}</dd>
                <dt>{w::parameters}</dt><dd>{thousands(plan.n_parameters)}</dd>
                <dt>{w::pairs}</dt><dd>{thousands(plan.n_pairs)}</dd>
                <dt>{w::updates}</dt>
                <dd>{move || w::passes(thousands(plan.max_updates), epochs.clone())}</dd>
                <dt>{w::checkpoint}</dt><dd>{bytes(plan.checkpoint_bytes)}</dd>
            </dl>
            {warnings}
        </section>
    }
}
