//! The administrator's login.

use axum::{
    Json,
    extract::State,
    http::{StatusCode, header},
    response::{IntoResponse as _, Response},
};
use repartee_wire::{
    ErrorCode,
    admin::{Admin, Login},
};

use crate::{
    App,
    extract::Body,
    guard::{self, Peer},
    password,
    refusal::Refusal,
    studies::blocking,
};

/// Logs in with the password.
#[utoipa::path(post, path = "/api/admin/login", tag = "admin", request_body = Login,
    responses((status = 200, body = Admin, description = "The session, and a cookie")))]
pub(crate) async fn login(State(app): State<App>, peer: Peer, Body(login): Body<Login>) -> Result<Response, Refusal> {
    let now_ms = app.now_ms();
    app.0.logins.check(peer.0, now_ms).map_err(Refusal::too_many)?;
    app.0.logins.count(peer.0, now_ms);
    let stopping = |_| Refusal::new(ErrorCode::Unavailable, "the server is stopping; try again");
    let permit = app.0.hashing.acquire().await.map_err(stopping)?;
    let office = app.clone();
    let is_right = blocking(move || Ok(office.0.office.is_password(&login.password))).await?;
    drop(permit);
    if !is_right {
        return Err(Refusal::unauthorized("this is not the password; try again"));
    }
    app.0.logins.forgive(peer.0);
    let session = app.0.office.open(now_ms)?;
    let cookie = guard::admin_cookie(&app, &session);
    let admin = Admin { expires_ms: now_ms + password::SESSION_MS };
    Ok(([(header::SET_COOKIE, cookie)], Json(admin)).into_response())
}

/// Ends the session.
#[utoipa::path(post, path = "/api/admin/logout", tag = "admin", responses((status = 204)))]
pub(crate) async fn logout(State(app): State<App>, admin: guard::Admin) -> Response {
    app.0.office.close(&admin.session);
    (StatusCode::NO_CONTENT, [(header::SET_COOKIE, guard::no_admin_cookie(&app))]).into_response()
}

/// Whether one is logged in.
#[utoipa::path(get, path = "/api/admin/session", tag = "admin", responses((status = 200, body = Admin)))]
pub(crate) async fn show(admin: guard::Admin) -> Json<Admin> {
    Json(Admin { expires_ms: admin.expires_ms })
}
