//! Files into a study.

use axum::{
    Json,
    extract::{Path, State},
};
use repartee_service::admin;
use repartee_wire::admin::{Import, Imported};

use crate::{App, extract::Body, guard::Admin, refusal::Refusal};

/// Adds files to a study that is not frozen; all or none.
#[utoipa::path(post, path = "/api/admin/studies/{study}/import", tag = "admin", request_body = Import,
    params(("study" = String, Path)), responses((status = 200, body = Imported)))]
pub(crate) async fn import(
    State(app): State<App>,
    _: Admin,
    Path(study): Path<String>,
    Body(request): Body<Import>,
) -> Result<Json<Imported>, Refusal> {
    let study = app.0.studies.get(&study)?;
    let permit = app.heavy().await?;
    let imported = study.write(move |store| admin::import(store, &request.files)).await;
    drop(permit);
    Ok(Json(imported?))
}
