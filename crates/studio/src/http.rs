//! The engine over HTTP, beside the server of studies: `POST /api/engine/call`, `POST /api/engine/task` with a stream of
//! events, and `GET /open`, where a key becomes a cookie.
//!
//! Only this machine is let in, by the name that it has for itself, so that no other site's name can be made to lead here;
//! only our own pages may ask, and only with the key.

use std::sync::Arc;

use axum::{
    Router,
    body::Body,
    extract::{DefaultBodyLimit, Query, Request, State},
    http::{HeaderMap, HeaderValue, StatusCode, header},
    middleware::{Next, from_fn, from_fn_with_state},
    response::{IntoResponse as _, Response},
    routing::{get, post},
};
use repartee_server::{App, Local};
use repartee_wire::{
    CSRF_HEADER, CSRF_VALUE,
    engine::{EngineError, EngineErrorCode as Code},
};
use serde::Deserialize;

use crate::{Studio, fault, stream};

/// Most bytes of a call or task.
const MAX_BODY: usize = 1 << 20;

struct Desk {
    studio: Studio,
    local: Local,
}

/// The whole service.
pub(crate) fn router(studio: Studio, local: Local, app: &App) -> Router {
    let desk = Arc::new(Desk { studio, local });
    let engine = Router::new()
        .route("/api/engine/call", post(call))
        .route("/api/engine/task", post(task))
        .layer(DefaultBodyLimit::max(MAX_BODY))
        .layer(from_fn_with_state(desk.clone(), with_key));
    let doors = Router::new().route("/open", get(open)).merge(engine).with_state(desk);
    doors.fallback_service(app.router()).layer(from_fn(by_own_name))
}

/// Refuses names of this machine that others may have given it.
async fn by_own_name(request: Request, next: Next) -> Response {
    let host = text(request.headers(), "host").unwrap_or_default();
    let name = host.rsplit_once(':').map_or(host, |(name, port)| if port.ends_with(']') { host } else { name });
    if matches!(name, "127.0.0.1" | "localhost" | "[::1]") {
        return next.run(request).await;
    }
    (StatusCode::MISDIRECTED_REQUEST, "open the address that the program printed\n").into_response()
}

/// Lets our own pages in that have the key.
async fn with_key(State(desk): State<Arc<Desk>>, request: Request, next: Next) -> Response {
    let headers = request.headers();
    let is_ours = text(headers, CSRF_HEADER) == Some(CSRF_VALUE)
        && text(headers, "sec-fetch-site").is_none_or(|site| matches!(site, "same-origin" | "none"))
        && text(headers, "origin")
            .is_none_or(|origin| origin.split_once("://").is_some_and(|(_, host)| Some(host) == text(headers, "host")));
    let bearer = text(headers, "authorization").and_then(|value| value.strip_prefix("Bearer "));
    let has_key = desk.local.admits(headers) || bearer.is_some_and(|key| desk.local.is_key(key));
    let mut response = if is_ours && has_key {
        next.run(request).await
    } else {
        let message = "these pages have no key to the engine; open the address that the program printed";
        refused(StatusCode::UNAUTHORIZED, &EngineError::new(Code::Unauthorized, message))
    };
    for (name, value) in [(header::CACHE_CONTROL, "no-store"), (header::X_CONTENT_TYPE_OPTIONS, "nosniff")] {
        response.headers_mut().insert(name, HeaderValue::from_static(value));
    }
    response
}

fn text<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    headers.get(name)?.to_str().ok()
}

#[derive(Deserialize)]
struct Opening {
    #[serde(default)]
    token: String,
    /// Which of our pages comes first.
    #[serde(default = "root")]
    page: String,
}

fn root() -> String {
    "/".to_owned()
}

/// Only an address within: `//name` and `/\name` are other sites.
fn is_within(page: &str) -> bool {
    page.starts_with('/')
        && !page.starts_with("//")
        && page.chars().all(|letter| letter.is_ascii_alphanumeric() || "/-_.".contains(letter))
}

/// The address that the program printed: the key goes into a cookie and out of the address.
async fn open(State(desk): State<Arc<Desk>>, Query(opening): Query<Opening>) -> Response {
    let Local { cookie, key, .. } = &desk.local;
    let page = if is_within(&opening.page) { opening.page } else { root() };
    if !desk.local.is_key(&opening.token) {
        return (StatusCode::FORBIDDEN, "this is not the key; open the address that the program printed last\n")
            .into_response();
    }
    let cookie = format!("{cookie}={key}; Path=/; HttpOnly; SameSite=Strict");
    let headers = [
        (header::SET_COOKIE, cookie),
        (header::LOCATION, page),
        (header::CACHE_CONTROL, "no-store".to_owned()),
        (header::REFERRER_POLICY, "no-referrer".to_owned()),
    ];
    (StatusCode::SEE_OTHER, headers).into_response()
}

fn refused(status: StatusCode, error: &EngineError) -> Response {
    (status, json(serde_json::to_string(error).expect("a refusal is plain data"))).into_response()
}

fn json(text: String) -> Response {
    ([(header::CONTENT_TYPE, "application/json")], text).into_response()
}

async fn call(State(desk): State<Arc<Desk>>, body: String) -> Response {
    let studio = desk.studio.clone();
    match tokio::task::spawn_blocking(move || studio.call_json(&body)).await {
        Ok(Ok(answer)) => json(answer),
        Ok(Err(error)) => refused(StatusCode::UNPROCESSABLE_ENTITY, &error),
        Err(error) => refused(StatusCode::INTERNAL_SERVER_ERROR, &fault::invalid(error.to_string())),
    }
}

async fn task(State(desk): State<Arc<Desk>>, body: String) -> Response {
    let (sender, events) = stream::events();
    let started = desk.studio.start_json(&body, move |told| {
        // Whoever does not listen any more hears nothing.
        _ = sender.send(stream::text(told));
    });
    match started {
        Ok(stop) => {
            let headers = [(header::CONTENT_TYPE, "text/event-stream")];
            (headers, Body::from_stream(events.stopping(stop))).into_response()
        }
        Err(error) => refused(StatusCode::UNPROCESSABLE_ENTITY, &error),
    }
}
