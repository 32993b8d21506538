//! What a rater is told.

use axum::Json;
use repartee_service::rater as service;
use repartee_wire::rater::Study;

use crate::{guard::Rater, refusal::Refusal};

/// The study as its rater may know it, with guidelines and progress.
#[utoipa::path(get, path = "/api/rater/study", tag = "rater", responses((status = 200, body = Study)))]
pub(crate) async fn show(rater: Rater) -> Result<Json<Study>, Refusal> {
    let visitor = rater.visitor;
    Ok(Json(rater.study.read(move |store| service::study(store, visitor)).await?))
}
