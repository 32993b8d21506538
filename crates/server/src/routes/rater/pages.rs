//! The list of a rater's pages.

use axum::Json;
use repartee_wire::rater::Pages;

use crate::{convert, guard::Rater, refusal::Refusal};

/// The rater's own pages, with what is missing on each.
#[utoipa::path(get, path = "/api/rater/pages", tag = "rater", responses((status = 200, body = Pages)))]
pub(crate) async fn list(rater: Rater) -> Result<Json<Pages>, Refusal> {
    let id = rater.visitor.rater.clone();
    let pages = rater.study.at_desk(&id, repartee_study::Desk::overview).await?;
    let standing = rater.study.read(move |store| store.standing(&id)).await?;
    let pages = pages.into_iter().map(convert::overview).collect();
    Ok(Json(Pages { pages, progress: convert::progress(standing) }))
}
