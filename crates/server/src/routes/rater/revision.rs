//! A change of a card.

use axum::{
    Json,
    extract::{Path, State},
};
use repartee_study::Save;
use repartee_wire::rater::{Change, Saved};

use crate::{App, convert, extract::Body, guard::Rater, refusal::Refusal};

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
    let change = convert::change(revision, change);
    let saved = rater.study.write_at_desk(&rater.visitor.rater, move |desk| {
        let is_new = desk.change(&change, now_ms)? == Save::Saved;
        let (card, _) = desk.card(&change.card)?;
        let feedback = desk.feedback_on(&change.card)?.map(convert::feedback);
        Ok(Saved { revision: change.id, is_new, card: convert::card(card), feedback })
    });
    Ok(Json(saved.await?))
}
