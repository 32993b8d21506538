//! Invitations.

use axum::{
    Json,
    extract::{Path, State},
    http::StatusCode,
};
use repartee_service::admin;
use repartee_wire::admin::{CreatedInvite, Invites, NewInvite};

use crate::{App, extract::Body, guard::Admin, refusal::Refusal};

const DAY_MS: i64 = 86_400_000;

/// All invitations of a study.
#[utoipa::path(get, path = "/api/admin/studies/{study}/invites", tag = "admin", params(("study" = String, Path)),
    responses((status = 200, body = Invites)))]
pub(crate) async fn list(
    State(app): State<App>,
    _: Admin,
    Path(study): Path<String>,
) -> Result<Json<Invites>, Refusal> {
    let invites = app.0.studies.get(&study)?.read(|store| store.invites()).await?;
    Ok(Json(Invites { invites: invites.into_iter().map(admin::invite).collect() }))
}

/// Invites a rater; the link is shown this once.
#[utoipa::path(post, path = "/api/admin/studies/{study}/invites", tag = "admin", request_body = NewInvite,
    params(("study" = String, Path)), responses((status = 201, body = CreatedInvite)))]
pub(crate) async fn create(
    State(app): State<App>,
    _: Admin,
    Path(study): Path<String>,
    Body(new): Body<NewInvite>,
) -> Result<(StatusCode, Json<CreatedInvite>), Refusal> {
    let now_ms = app.now_ms();
    let study = app.0.studies.get(&study)?;
    let made = study.write(move |store| {
        let language = new.language.unwrap_or_else(|| store.design().language.clone());
        let expires_ms = new.days.map(|days| now_ms + i64::from(days) * DAY_MS);
        store.invite(&repartee_study::NewInvite { rater: &new.rater, language: &language, expires_ms }, now_ms)
    });
    let (invite, token) = made.await?;
    let path = format!("/r/{token}");
    Ok((StatusCode::CREATED, Json(CreatedInvite { invite: admin::invite(invite), token, path })))
}

/// Revokes an invitation; its link and its sessions end.
#[utoipa::path(delete, path = "/api/admin/studies/{study}/invites/{invite}", tag = "admin",
    params(("study" = String, Path), ("invite" = String, Path)), responses((status = 204)))]
pub(crate) async fn revoke(
    State(app): State<App>,
    _: Admin,
    Path((study, invite)): Path<(String, String)>,
) -> Result<StatusCode, Refusal> {
    let now_ms = app.now_ms();
    app.0.studies.get(&study)?.write(move |store| store.revoke(&invite, now_ms)).await?;
    Ok(StatusCode::NO_CONTENT)
}
