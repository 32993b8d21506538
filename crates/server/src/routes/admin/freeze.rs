//! The freeze.

use axum::{
    Json,
    extract::{Path, State},
};
use repartee_service::admin;
use repartee_wire::admin::Frozen;

use crate::{App, guard::Admin, refusal::Refusal};

/// Fixes design and items, so that rating can begin.
#[utoipa::path(post, path = "/api/admin/studies/{study}/freeze", tag = "admin", params(("study" = String, Path)),
    responses((status = 200, body = Frozen)))]
pub(crate) async fn freeze(
    State(app): State<App>,
    _: Admin,
    Path(study): Path<String>,
) -> Result<Json<Frozen>, Refusal> {
    let now_ms = app.now_ms();
    Ok(Json(app.0.studies.get(&study)?.write(move |store| admin::freeze(store, now_ms)).await?))
}
