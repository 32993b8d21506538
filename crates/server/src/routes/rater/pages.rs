//! The list of a rater's pages.

use axum::Json;
use repartee_service::rater as service;
use repartee_wire::rater::Pages;

use crate::{guard::Rater, refusal::Refusal};

/// The rater's own pages, with what is missing on each.
#[utoipa::path(get, path = "/api/rater/pages", tag = "rater", responses((status = 200, body = Pages)))]
pub(crate) async fn list(rater: Rater) -> Result<Json<Pages>, Refusal> {
    let id = rater.visitor.rater.clone();
    let pages = rater.study.at_desk(&id, service::pages).await?;
    let progress = rater.study.read(move |store| service::progress(store, &id)).await?;
    Ok(Json(Pages { pages, progress }))
}
