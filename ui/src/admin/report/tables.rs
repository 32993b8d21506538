//! The tables of the report.

use leptos::prelude::*;

use super::data::{Estimate, Report};
use crate::{
    admin::{number, p_value},
    words::{Words, common, report as w},
};

const MEASURES: [(&str, Words); 5] = [
    ("sensibleness", common::sensibleness),
    ("specificity-zero-counted", w::specificity_counted),
    ("specificity-zero-left-out", w::specificity_left_out),
    ("too-noisy", w::share_of_zero),
    ("average", common::average),
];

const STATISTICS: [(&str, Words); 9] = [
    ("pearson", w::pearson),
    ("pearson-within-system", w::pearson_within),
    ("spearman", w::spearman),
    ("alpha-ordinal", w::alpha_ordinal),
    ("alpha-interval", w::alpha_interval),
    ("kappa-quadratic", w::kappa),
    ("icc-agreement", w::icc),
    ("icc-agreement-average", w::icc_average),
    ("within-one", w::within_one),
];

/// Means of each system.
pub(super) fn scores(report: &Report) -> impl IntoView + use<> {
    let row = |system: &super::data::System| {
        let cells = MEASURES.map(|(measure, _)| {
            let mean = system.mean(measure).unwrap_or_default();
            view! { <td>{move || mean.shown()}</td> }
        });
        view! { <tr><th scope="row">{system.system.clone()}</th>{cells.into_iter().collect_view()}</tr> }
    };
    let rows = report.systems.iter().map(row).collect_view();
    view! {
        <div class="scroll" tabindex="0" role="region" aria-label=w::scores>
            <table>
                <thead>
                    <tr>
                        <th scope="col">{w::system}</th>
                        {MEASURES.map(|(_, name)| view! { <th scope="col">{name}</th> }).into_iter().collect_view()}
                    </tr>
                </thead>
                <tbody>{rows}</tbody>
            </table>
        </div>
    }
}

/// Each system against the baseline.
pub(super) fn contrasts(report: &Report) -> impl IntoView + use<> {
    let baseline = report.baseline.clone().filter(|_| !report.contrasts.is_empty())?;
    let row = |contrast: &super::data::Contrast| {
        let name = MEASURES.iter().find(|(measure, _)| *measure == contrast.measure).map(|(_, name)| *name)?;
        let difference = contrast.difference.clone();
        let is_found = contrast.p_holm.is_some_and(|p| p < 0.05);
        Some(view! {
            <tr class:found=is_found>
                <th scope="row">{contrast.system.clone()}</th>
                <td class="text">{name}</td>
                <td>{move || difference.shown()}</td>
                <td>{p_value(contrast.p)}</td>
                <td>{p_value(contrast.p_holm)}{is_found.then_some(" *")}</td>
                <td>{number(contrast.cliffs_delta)}</td>
            </tr>
        })
    };
    let rows = report.contrasts.iter().filter_map(row).collect_view();
    let title = move || w::contrasts(baseline.clone());
    Some(view! {
        <section class="card">
            <h2>{title.clone()}</h2>
            <p class="hint">{w::contrasts_note}</p>
            <div class="scroll" tabindex="0" role="region" aria-label=title>
                <table>
                    <thead>
                        <tr>
                            <th scope="col">{w::system}</th>
                            <th scope="col" class="text">{w::measure}</th>
                            <th scope="col">{w::difference}</th>
                            <th scope="col">{w::p}</th>
                            <th scope="col">{w::p_holm}</th>
                            <th scope="col">{w::delta}</th>
                        </tr>
                    </thead>
                    <tbody>{rows}</tbody>
                </table>
            </div>
        </section>
    })
}

/// How far raters agree on the average score.
pub(super) fn agreement(report: &Report) -> impl IntoView + use<> {
    let of_average = report.agreement.iter().find(|agreement| agreement.measure == "average")?;
    let row = |(key, name): &(&str, Words)| {
        let (_, estimate) = of_average.statistics.iter().find(|(known, _)| known == key)?;
        let estimate: Estimate = estimate.clone();
        Some(view! { <tr><th scope="row">{*name}</th><td>{move || estimate.shown()}</td></tr> })
    };
    let rows = STATISTICS.iter().filter_map(row).collect_view();
    Some(view! {
        <section class="card">
            <h2>{w::agreement}</h2>
            <p class="hint">{w::agreement_note}</p>
            <div class="scroll" tabindex="0" role="region" aria-label=w::agreement>
                <table class="narrow-table">
                    <thead>
                        <tr><th scope="col">{w::statistic}</th><th scope="col">{w::value}</th></tr>
                    </thead>
                    <tbody>{rows}</tbody>
                </table>
            </div>
        </section>
    })
}

/// The paper's table, by its authors' rules.
pub(super) fn paper(report: &Report) -> impl IntoView + use<> {
    let body = match &report.paper {
        Err(reason) => view! { <p>{reason.clone()}</p> }.into_any(),
        Ok(paper) => {
            let row = |row: &super::data::PaperRow| {
                view! {
                    <tr>
                        <th scope="row">{row.system.clone()}</th>
                        <td>{format!("{:.2}", row.sensibleness)}</td>
                        <td>{format!("{:.2}", row.specificity)}</td>
                        <td>{format!("{:.2}", row.average)}</td>
                    </tr>
                }
            };
            let pearson = number(paper.pearson_of_script);
            view! {
                <div class="scroll" tabindex="0" role="region" aria-label=w::paper>
                    <table class="narrow-table">
                        <thead>
                            <tr>
                                <th scope="col">{w::system}</th>
                                <th scope="col">{common::sensibleness}</th>
                                <th scope="col">{common::specificity}</th>
                                <th scope="col">{common::average}</th>
                            </tr>
                        </thead>
                        <tbody>{paper.rows.iter().map(row).collect_view()}</tbody>
                    </table>
                </div>
                <p>{w::paper_pearson}": "<b>{pearson}</b></p>
                <ul class="hint">{paper.notes.iter().map(|note| view! { <li>{note.clone()}</li> }).collect_view()}</ul>
            }
            .into_any()
        }
    };
    view! {
        <section class="card">
            <h2>{w::paper}</h2>
            <p class="hint">{w::paper_note}</p>
            {body}
        </section>
    }
}
