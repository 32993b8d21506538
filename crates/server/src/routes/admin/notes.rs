//! What raters noted.

use axum::{
    Json,
    extract::{Path, State},
};
use repartee_service::admin;
use repartee_wire::admin::Notes;

use crate::{App, guard::Admin, refusal::Refusal};

/// Cards that raters flagged, commented or skipped.
#[utoipa::path(get, path = "/api/admin/studies/{study}/notes", tag = "admin", params(("study" = String, Path)),
    responses((status = 200, body = Notes)))]
pub(crate) async fn list(State(app): State<App>, _: Admin, Path(study): Path<String>) -> Result<Json<Notes>, Refusal> {
    let study = app.0.studies.get(&study)?;
    let permit = app.heavy().await?;
    let notes = study.read(|store| admin::notes(store)).await;
    drop(permit);
    Ok(Json(Notes { notes: notes? }))
}
