//! How each rater rates.

use leptos::prelude::*;
use repartee_wire::admin::{Check, Rater, Study};

use super::{number, p_value};
use crate::words::admin as w;

/// Columns with their values.
type Column = (fn() -> &'static str, fn(&Rater) -> String);

const COLUMNS: [Column; 13] = [
    (w::done, |rater| rater.n_done.to_string()),
    (w::mean, |rater| number(rater.mean)),
    (w::spread, |rater| number(rater.standard_deviation)),
    (w::severity, |rater| rater.severity.map_or_else(|| "–".to_owned(), |severity| format!("{severity:+.2}"))),
    (w::agreement, |rater| number(rater.agreement)),
    (w::run, |rater| rater.longest_run.to_string()),
    (w::gold, |rater| share(rater.gold)),
    (w::repeats, |rater| share(rater.repeats)),
    (w::repeats_close, |rater| share(rater.repeats_close)),
    (w::degraded, |rater| {
        let shown = |drop: repartee_wire::admin::Drop| {
            w::drop_of(format!("{:+.2}", -drop.points), p_value(Some(drop.p)), drop.n)
        };
        rater.degraded.map_or_else(|| "–".to_owned(), shown)
    }),
    (w::seconds, |rater| rater.median_seconds.map_or_else(|| "–".to_owned(), |seconds| format!("{seconds:.0}"))),
    (w::skipped, |rater| rater.n_skipped.to_string()),
    (w::too_noisy, |rater| rater.n_too_noisy.to_string()),
];

fn share(check: Option<Check>) -> String {
    let shown = |check: Check| w::share_of((check.share * 100.0).round() as u64, check.n);
    check.map_or_else(|| "–".to_owned(), shown)
}

/// Whether a value is worth a look.
fn is_odd(column: usize, rater: &Rater) -> bool {
    match column {
        2 => rater.n_done > 2 && rater.standard_deviation.is_some_and(|spread| spread < 0.3),
        3 => rater.severity.is_some_and(|severity| severity.abs() > 1.0),
        4 => rater.agreement.is_some_and(|agreement| agreement < 0.2),
        5 => rater.longest_run >= 15,
        6 => rater.gold.is_some_and(|gold| gold.n >= 4 && gold.share < 0.6),
        9 => rater.degraded.is_some_and(|drop| drop.n >= 4 && drop.points <= 0.0),
        _ => false,
    }
}

/// The raters of a study.
#[component]
pub(crate) fn Quality(
    /// The study
    study: RwSignal<Option<Study>>,
) -> impl IntoView {
    let raters =
        Memo::new(move |_| study.with(|study| study.as_ref().map(|study| study.raters.clone()).unwrap_or_default()));
    let row = |rater: Rater| {
        let cells = COLUMNS.iter().enumerate().map(|(index, (_, value))| {
            let odd = is_odd(index, &rater);
            view! {
                <td class:odd=odd>
                    {odd.then_some("⚠ ")}
                    {value(&rater)}
                </td>
            }
        });
        view! { <tr><th scope="row">{rater.name.clone()}</th>{cells.collect_view()}</tr> }
    };
    view! {
        <section class="card">
            <h2>{w::quality}</h2>
            <p class="hint">{w::quality_hint}</p>
            <Show
                when=move || raters.with(|raters| !raters.is_empty())
                fallback=|| view! { <p>{w::no_raters}</p> }
            >
                <div class="scroll" tabindex="0" role="region" aria-label=w::quality>
                    <table>
                        <thead>
                            <tr>
                                <th scope="col">{w::rater}</th>
                                {COLUMNS.map(|(name, _)| view! { <th scope="col">{name}</th> }).collect_view()}
                            </tr>
                        </thead>
                        <tbody>{move || raters.get().into_iter().map(row).collect_view()}</tbody>
                    </table>
                </div>
            </Show>
        </section>
    }
}
