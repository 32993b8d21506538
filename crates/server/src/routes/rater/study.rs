//! What a rater is told.

use axum::Json;
use repartee_wire::rater::Study;

use crate::{convert, guard::Rater, refusal::Refusal};

/// The study as its rater may know it, with guidelines and progress.
#[utoipa::path(get, path = "/api/rater/study", tag = "rater", responses((status = 200, body = Study)))]
pub(crate) async fn show(rater: Rater) -> Result<Json<Study>, Refusal> {
    let visitor = rater.visitor;
    let briefing = rater.study.read(move |store| {
        let standing = store.standing(&visitor.rater)?;
        Ok(convert::briefing(store.design(), visitor, standing))
    });
    Ok(Json(briefing.await?))
}
