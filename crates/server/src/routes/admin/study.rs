//! One study, live.

use std::sync::Arc;

use axum::{
    Json,
    extract::{Path, State},
};
use repartee_service::admin;
use repartee_wire::admin::Study;

use crate::{App, guard::Admin, refusal::Refusal, studies};

/// Progress and quality of a study and its raters.
#[utoipa::path(get, path = "/api/admin/studies/{study}", tag = "admin", params(("study" = String, Path)),
    responses((status = 200, body = Study)))]
pub(crate) async fn show(State(app): State<App>, _: Admin, Path(study): Path<String>) -> Result<Json<Study>, Refusal> {
    let study = app.0.studies.get(&study)?;
    Ok(Json(view(&app, &study).await?))
}

pub(super) async fn view(app: &App, study: &Arc<studies::Study>) -> Result<Study, Refusal> {
    let (permit, file) = (app.heavy().await?, study.file());
    let view = study.read(move |store| admin::study(store, &file)).await;
    drop(permit);
    view
}
