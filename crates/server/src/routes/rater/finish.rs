//! The end of a page.

use axum::{
    Json,
    extract::{Path, State},
};
use repartee_service::rater as service;
use repartee_wire::rater::Finished;

use crate::{App, guard::Rater, refusal::Refusal};

/// Finishes a page if all of it is judged.
#[utoipa::path(post, path = "/api/rater/finish/{page}", tag = "rater", params(("page" = String, Path)),
    responses((status = 200, body = Finished)))]
pub(crate) async fn finish(
    State(app): State<App>,
    rater: Rater,
    Path(page): Path<String>,
) -> Result<Json<Finished>, Refusal> {
    let now_ms = app.now_ms();
    let id = rater.visitor.rater.clone();
    let finished = rater.study.write_at_desk(&id, move |desk| service::finish(desk, &page, now_ms)).await?;
    match finished {
        Err(missing) => Ok(Json(Finished::Missing { missing })),
        Ok(feedback) => {
            let progress = rater.study.read(move |store| service::progress(store, &id)).await?;
            Ok(Json(Finished::Done { feedback, progress }))
        }
    }
}
