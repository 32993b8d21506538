//! A page again.

use axum::{Json, extract::Path};
use repartee_wire::rater::Page;

use crate::{convert, guard::Rater, refusal::Refusal};

/// A page that the rater has begun.
#[utoipa::path(get, path = "/api/rater/page/{page}", tag = "rater", params(("page" = String, Path)),
    responses((status = 200, body = Page)))]
pub(crate) async fn show(rater: Rater, Path(page): Path<String>) -> Result<Json<Page>, Refusal> {
    let shown = rater
        .study
        .at_desk(&rater.visitor.rater, move |desk| Ok(convert::page(desk.page(&page)?, desk.feedback(&page)?)));
    Ok(Json(shown.await?))
}
