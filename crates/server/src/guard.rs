//! Who sends a request: a rater or the administrator, by cookie; and from where.

use std::net::{IpAddr, Ipv4Addr};
use std::sync::Arc;

use axum::{
    extract::FromRequestParts,
    http::{HeaderMap, HeaderValue, header, request::Parts},
};
use repartee_study::Visitor;

use crate::{App, password, refusal::Refusal, studies::Study};

/// How long a rater's session lasts; the link opens a new one.
pub(crate) const RATER_SESSION_MS: i64 = 30 * 86_400_000;

const RATER: &str = "repartee-rater";
const ADMIN: &str = "repartee-admin";

/// A rater with a session.
pub(crate) struct Rater {
    pub(crate) study: Arc<Study>,
    pub(crate) visitor: Visitor,
    pub(crate) session: String,
}

impl FromRequestParts<App> for Rater {
    type Rejection = Refusal;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Refusal> {
        let refuse = || Refusal::unauthorized("there is no session; open your personal link again");
        let cookie = cookie(&parts.headers, RATER).ok_or_else(refuse)?;
        let (study, session) = cookie.split_once('.').ok_or_else(refuse)?;
        let study = app.0.studies.get(study).map_err(|_| refuse())?;
        let (session, now_ms) = (session.to_owned(), app.now_ms());
        let token = session.clone();
        let visitor = study.read(move |store| store.visitor(&token, now_ms)).await?.ok_or_else(refuse)?;
        Ok(Self { study, visitor, session })
    }
}

/// The administrator with a session.
pub(crate) struct Admin {
    pub(crate) expires_ms: i64,
    pub(crate) session: String,
}

impl FromRequestParts<App> for Admin {
    type Rejection = Refusal;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Refusal> {
        let refuse = || Refusal::unauthorized("you are not logged in; log in as administrator");
        if app.0.local.as_ref().is_some_and(|local| local.admits(&parts.headers)) {
            return Ok(Self { expires_ms: app.now_ms() + password::SESSION_MS, session: String::new() });
        }
        let session = cookie(&parts.headers, ADMIN).ok_or_else(refuse)?.to_owned();
        let expires_ms = app.0.office.touch(&session, app.now_ms()).ok_or_else(refuse)?;
        Ok(Self { expires_ms, session })
    }
}

/// The address that a request came from, put there by whoever accepted the connection.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Peer(pub(crate) IpAddr);

impl FromRequestParts<App> for Peer {
    type Rejection = Refusal;

    async fn from_request_parts(parts: &mut Parts, _: &App) -> Result<Self, Refusal> {
        let peer = parts.extensions.get::<Self>().map_or(IpAddr::V4(Ipv4Addr::UNSPECIFIED), |peer| peer.0);
        // A proxy on this machine says for whom it asks, last in its list; what comes before could be anyone's claim.
        let forwarded = parts.headers.get_all("x-forwarded-for").iter().next_back();
        let forwarded = forwarded.and_then(|list| list.to_str().ok()?.rsplit(',').next()?.trim().parse().ok());
        Ok(Self(forwarded.filter(|_| peer.is_loopback()).unwrap_or(peer)))
    }
}

/// A cookie by its name, with or without the prefix that secure ones have.
pub(crate) fn cookie<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    let all = headers.get_all(header::COOKIE).iter().filter_map(|value| value.to_str().ok());
    let mut pairs = all.flat_map(|value| value.split(';')).filter_map(|pair| pair.trim().split_once('='));
    pairs.find(|(found, _)| found.strip_prefix("__Host-").unwrap_or(found) == name).map(|(_, value)| value)
}

fn set_cookie(app: &App, name: &str, value: &str, lasts_ms: i64) -> HeaderValue {
    // Only a server with TLS, or one on the same machine, can set a cookie with this prefix; no other host can put one
    // in its place.
    let (prefix, secure) = if app.0.secure_cookies { ("__Host-", "; Secure") } else { ("", "") };
    let age = lasts_ms / 1_000;
    let text = format!("{prefix}{name}={value}; Path=/; Max-Age={age}; HttpOnly; SameSite=Strict{secure}");
    HeaderValue::try_from(text).expect("names and tokens are ASCII")
}

pub(crate) fn rater_cookie(app: &App, study: &str, session: &str) -> HeaderValue {
    set_cookie(app, RATER, &format!("{study}.{session}"), RATER_SESSION_MS)
}

pub(crate) fn no_rater_cookie(app: &App) -> HeaderValue {
    set_cookie(app, RATER, "", 0)
}

pub(crate) fn admin_cookie(app: &App, session: &str) -> HeaderValue {
    set_cookie(app, ADMIN, session, password::SESSION_MS)
}

pub(crate) fn no_admin_cookie(app: &App) -> HeaderValue {
    set_cookie(app, ADMIN, "", 0)
}
