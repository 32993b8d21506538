//! The end of a page.

use axum::{
    Json,
    extract::{Path, State},
};
use repartee_study::Finish;
use repartee_wire::rater::{Finished, Missing};

use crate::{App, convert, guard::Rater, refusal::Refusal};

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
    let finished = rater.study.write_at_desk(&id, move |desk| {
        let finished = desk.finish(&page, now_ms)?;
        Ok((finished, desk.feedback(&page)?))
    });
    let feedback = match finished.await? {
        (Finish::Done, feedback) => feedback.into_iter().map(convert::feedback).collect(),
        (Finish::Missing(missing), _) => {
            let missing = missing
                .into_iter()
                .map(|(card, criterion)| Missing { card, criterion: convert::criterion(criterion) })
                .collect();
            return Ok(Json(Finished::Missing { missing }));
        }
    };
    let standing = rater.study.read(move |store| store.standing(&id)).await?;
    Ok(Json(Finished::Done { feedback, progress: convert::progress(standing) }))
}
