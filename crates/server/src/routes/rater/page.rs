//! A page again.

use axum::{Json, extract::Path};
use repartee_service::rater as service;
use repartee_wire::rater::Page;

use crate::{guard::Rater, refusal::Refusal};

/// A page that the rater has begun.
#[utoipa::path(get, path = "/api/rater/page/{page}", tag = "rater", params(("page" = String, Path)),
    responses((status = 200, body = Page)))]
pub(crate) async fn show(rater: Rater, Path(page): Path<String>) -> Result<Json<Page>, Refusal> {
    Ok(Json(rater.study.at_desk(&rater.visitor.rater, move |desk| service::page(desk, &page)).await?))
}
