//! A change of a card.

use axum::{
    Json,
    extract::{Path, State},
};
use repartee_service::rater as service;
use repartee_wire::rater::{Change, Saved};

use crate::{App, extract::Body, guard::Rater, refusal::Refusal};

/// Saves a change of a card; saving it again changes nothing.
#[utoipa::path(put, path = "/api/rater/revision/{revision}", tag = "rater", request_body = Change,
    params(("revision" = String, Path)), responses((status = 200, body = Saved)))]
pub(crate) async fn save(
    State(app): State<App>,
    rater: Rater,
    Path(revision): Path<String>,
    Body(change): Body<Change>,
) -> Result<Json<Saved>, Refusal> {
    let now_ms = app.now_ms();
    let rated =
        rater.study.write_at_desk(&rater.visitor.rater, move |desk| service::save(desk, revision, change, now_ms));
    Ok(Json(rated.await?))
}
