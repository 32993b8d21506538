//! One study, live.

use std::sync::Arc;

use axum::{
    Json,
    extract::{Path, State},
};
use repartee_study::{
    ItemKind,
    report::{ReportOptions, rater_reports},
};
use repartee_wire::admin::{Study, TellingReply};

use super::studies::summary;
use crate::{App, convert, guard::Admin, refusal::Refusal, studies};

/// Progress and quality of a study and its raters.
#[utoipa::path(get, path = "/api/admin/studies/{study}", tag = "admin", params(("study" = String, Path)),
    responses((status = 200, body = Study)))]
pub(crate) async fn show(State(app): State<App>, _: Admin, Path(study): Path<String>) -> Result<Json<Study>, Refusal> {
    let study = app.0.studies.get(&study)?;
    Ok(Json(view(&app, &study).await?))
}

pub(super) async fn view(app: &App, study: &Arc<studies::Study>) -> Result<Study, Refusal> {
    let summary = summary(study).await?;
    let permit = app.heavy().await?;
    let view = study.read(|store| {
        let ratings = store.ratings()?;
        let progress = ratings.progress();
        let count = |kind| ratings.content.items.iter().filter(|item| item.kind == kind).count() as u64;
        let telling = ratings.content.telling_replies(20).into_iter();
        let telling = telling.map(|(item, system, names)| TellingReply {
            item: item.to_owned(),
            system: system.to_owned(),
            names: names.to_owned(),
        });
        Ok(Study {
            summary,
            design: convert::design(&ratings.design),
            systems: ratings.content.systems.clone(),
            n_training: count(ItemKind::Training),
            n_gold: count(ItemKind::Gold),
            n_pages_open: progress.n_pages_open as u64,
            items_by_raters_done: progress
                .items_by_raters_done
                .iter()
                .map(|(&n_raters, &n_items)| (n_raters as u32, n_items as u64))
                .collect(),
            n_items_over: progress.n_items_over as u64,
            raters: convert::raters(&ratings, rater_reports(&ratings, &ReportOptions::default())),
            telling_replies: telling.collect(),
        })
    });
    let view = view.await;
    drop(permit);
    view
}
