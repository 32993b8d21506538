//! What is next.

use axum::{Json, extract::State};
use repartee_service::rater::{self as service, Taken};
use repartee_wire::rater::Next;

use crate::{App, guard::Rater, refusal::Refusal};

/// The page to work on: the open one, or a new one.
#[utoipa::path(get, path = "/api/rater/next", tag = "rater", responses((status = 200, body = Next)))]
pub(crate) async fn take(State(app): State<App>, rater: Rater) -> Result<Json<Next>, Refusal> {
    let (id, now_ms) = (rater.visitor.rater.clone(), app.now_ms());
    match rater.study.write(move |store| service::take(store, &id, now_ms)).await? {
        Taken::Other(next) => Ok(Json(next)),
        Taken::Page(page, progress) => {
            let page = rater.study.at_desk(&rater.visitor.rater, move |desk| service::page(desk, &page)).await?;
            Ok(Json(Next::Page { page, progress }))
        }
    }
}
