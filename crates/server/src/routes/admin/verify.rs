//! Whether the file is what the program wrote.

use axum::{
    Json,
    extract::{Path, State},
};
use repartee_service::admin;
use repartee_wire::admin::Verified;

use crate::{App, guard::Admin, refusal::Refusal};

/// Checks the log, the items and all tables.
#[utoipa::path(get, path = "/api/admin/studies/{study}/verify", tag = "admin", params(("study" = String, Path)),
    responses((status = 200, body = Verified)))]
pub(crate) async fn verify(
    State(app): State<App>,
    _: Admin,
    Path(study): Path<String>,
) -> Result<Json<Verified>, Refusal> {
    let study = app.0.studies.get(&study)?;
    let permit = app.heavy().await?;
    let verified = study.read(|store| admin::verify(store)).await;
    drop(permit);
    Ok(Json(verified?))
}
