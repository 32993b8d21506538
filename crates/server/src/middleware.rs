//! Around every request: the guard against other sites, the time limit, the headers of every reply, and the log.

use std::time::{Duration, Instant};

use axum::{
    extract::{MatchedPath, Request, State},
    http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode, header},
    middleware::Next,
    response::{IntoResponse as _, Response},
};
use repartee_wire::{CSRF_HEADER, CSRF_VALUE, ErrorCode};
use serde_json::json;

use crate::{
    App,
    refusal::{Detail, Refusal},
};

/// What pages may load and do.
const POLICY: &str = "default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; style-src 'self'; connect-src 'self'; \
     img-src 'self' data:; font-src 'self'; frame-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'";

/// Headers of every reply, unless it has its own.
const HEADERS: [(HeaderName, &str); 7] = [
    (header::CONTENT_SECURITY_POLICY, POLICY),
    (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
    (header::X_FRAME_OPTIONS, "DENY"),
    (header::REFERRER_POLICY, "no-referrer"),
    (HeaderName::from_static("cross-origin-opener-policy"), "same-origin"),
    (HeaderName::from_static("cross-origin-resource-policy"), "same-origin"),
    (header::CACHE_CONTROL, "no-store"),
];

const TIME: Duration = Duration::from_secs(30);
/// For requests that read or write a whole study.
const LONG_TIME: Duration = Duration::from_secs(600);

pub(crate) async fn around(State(app): State<App>, request: Request, next: Next) -> Response {
    let started = Instant::now();
    let method = request.method().clone();
    let route = request.extensions().get::<MatchedPath>().map(|path| path.as_str().to_owned());
    let path = request.uri().path();
    let is_api = path == "/api" || path.starts_with("/api/");
    let response = match check_origin(&app, &method, request.headers()) {
        Err(refusal) => refusal.into_response(),
        Ok(()) => {
            let is_long = route.as_ref().is_some_and(|route| route.starts_with("/api/admin/studies"));
            let time = if is_long { LONG_TIME } else { TIME };
            let late = || Refusal::new(ErrorCode::Timeout, "the request took too long; try again").into_response();
            tokio::time::timeout(time, next.run(request)).await.unwrap_or_else(|_| late())
        }
    };
    let mut response = if is_api { in_words(response) } else { response };
    for (name, value) in HEADERS {
        response.headers_mut().entry(name).or_insert(HeaderValue::from_static(value));
    }
    let mut line = json!({
        "at_ms": app.now_ms(),
        "method": method.as_str(),
        "route": route,
        "status": response.status().as_u16(),
        "elapsed_ms": (started.elapsed().as_secs_f64() * 1e5).round() / 1e2,
    });
    if let Some(Detail(detail)) = response.extensions().get() {
        line["detail"] = detail.as_str().into();
    }
    app.0.log.line(&line);
    response
}

/// Only our own pages, or programs that send our header, may change something.
fn check_origin(app: &App, method: &Method, headers: &HeaderMap) -> Result<(), Refusal> {
    if method.is_safe() {
        return Ok(());
    }
    let text = |name: &str| headers.get(name).and_then(|value| value.to_str().ok());
    let refuse = |message: &str| Err(Refusal::new(ErrorCode::Forbidden, message));
    if text(CSRF_HEADER) != Some(CSRF_VALUE) {
        return refuse("the header `x-repartee: 1` is missing; send it with every request that changes something");
    }
    if text("sec-fetch-site").is_some_and(|site| !matches!(site, "same-origin" | "none")) {
        return refuse("the request comes from another site; use this server's own pages");
    }
    let Some(origin) = text("origin") else { return Ok(()) };
    let host = origin.split_once("://").map(|(_, host)| host);
    let is_ours = host == text("host") || app.0.origin.as_deref() == Some(origin);
    if is_ours { Ok(()) } else { refuse("the request comes from another site; use this server's own pages") }
}

/// Gives refusals that the router made the body that all refusals have.
fn in_words(response: Response) -> Response {
    let status = response.status();
    let is_json = response.headers().get(header::CONTENT_TYPE).is_some_and(|kind| kind == "application/json");
    if status.as_u16() < 400 || is_json {
        return response;
    }
    let refusal = match status {
        StatusCode::NOT_FOUND => Refusal::new(ErrorCode::NotFound, "there is nothing here; see `/api/openapi.json`"),
        StatusCode::METHOD_NOT_ALLOWED => {
            Refusal::new(ErrorCode::MethodNotAllowed, "not by this method; see `/api/openapi.json`")
        }
        StatusCode::PAYLOAD_TOO_LARGE => Refusal::new(ErrorCode::TooLarge, "the request is too large; send less"),
        _ if status.is_client_error() => Refusal::new(ErrorCode::BadRequest, "the request is not what is taken here"),
        _ => Refusal::internal(format!("the router said {status}")),
    };
    let mut worded = refusal.into_response();
    if let Some(allow) = response.headers().get(header::ALLOW) {
        worded.headers_mut().insert(header::ALLOW, allow.clone());
    }
    worded
}
