//! A rater's session: from the token of a personal link to a cookie.

use axum::{
    Json,
    extract::State,
    http::{StatusCode, header},
    response::{IntoResponse as _, Response},
};
use repartee_service::rater as service;
use repartee_study::StudyError;
use repartee_wire::rater::{OpenSession, Study};

use crate::{
    App,
    extract::Body,
    guard::{self, Peer, RATER_SESSION_MS, Rater},
    refusal::Refusal,
};

/// Opens a session with the token of a personal link.
#[utoipa::path(post, path = "/api/rater/session", tag = "rater", request_body = OpenSession,
    responses((status = 200, body = Study, description = "The study, and a cookie")))]
pub(crate) async fn open(
    State(app): State<App>,
    peer: Peer,
    Body(request): Body<OpenSession>,
) -> Result<Response, Refusal> {
    let now_ms = app.now_ms();
    app.0.links.check(peer.0, now_ms).map_err(Refusal::too_many)?;
    for study in app.0.studies.all() {
        let token = request.token.clone();
        let opened = study.write(move |store| store.open_session(&token, RATER_SESSION_MS, now_ms)).await?;
        let Some(session) = opened else { continue };
        let token = session.clone();
        let briefing = study.read(move |store| {
            let visitor = store.visitor(&token, now_ms)?;
            let visitor = visitor.ok_or_else(|| StudyError::UnknownRater { rater: "of this link".to_owned() })?;
            service::study(store, visitor)
        });
        let briefing = briefing.await?;
        let cookie = guard::rater_cookie(&app, &study.id, &session);
        return Ok(([(header::SET_COOKIE, cookie)], Json(briefing)).into_response());
    }
    app.0.links.count(peer.0, now_ms);
    Err(Refusal::unauthorized("this link opens nothing: it is wrong, has ended or was revoked; ask for a new one"))
}

/// Ends the session on this device; the link goes on to work.
#[utoipa::path(delete, path = "/api/rater/session", tag = "rater", responses((status = 204)))]
pub(crate) async fn close(State(app): State<App>, rater: Rater) -> Result<Response, Refusal> {
    let session = rater.session;
    rater.study.write(move |store| store.close_session(&session)).await?;
    Ok((StatusCode::NO_CONTENT, [(header::SET_COOKIE, guard::no_rater_cookie(&app))]).into_response())
}
