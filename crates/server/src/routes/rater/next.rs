//! What is next.

use axum::{Json, extract::State};
use repartee_wire::rater::Next;

use crate::{App, convert, guard::Rater, refusal::Refusal};

/// The page to work on: the open one, or a new one.
#[utoipa::path(get, path = "/api/rater/next", tag = "rater", responses((status = 200, body = Next)))]
pub(crate) async fn take(State(app): State<App>, rater: Rater) -> Result<Json<Next>, Refusal> {
    let (id, now_ms) = (rater.visitor.rater.clone(), app.now_ms());
    let (next, standing) = rater.study.write(move |store| Ok((store.take(&id, now_ms)?, store.standing(&id)?))).await?;
    let progress = convert::progress(standing);
    let page = match next {
        repartee_study::Next::Done => return Ok(Json(Next::Done { progress })),
        repartee_study::Next::Wait { until_ms } => {
            let wait_ms = (until_ms - now_ms).max(0).unsigned_abs();
            return Ok(Json(Next::Wait { until_ms, wait_ms }));
        }
        repartee_study::Next::Page(page) => page,
    };
    let page = rater.study.at_desk(&rater.visitor.rater, move |desk| Ok(convert::page(desk.page(&page)?, Vec::new())));
    Ok(Json(Next::Page { page: page.await?, progress }))
}
