//! Bodies and queries, refused in words.

use axum::{
    body::Bytes,
    extract::{FromRequest, FromRequestParts, Query, Request},
    http::{StatusCode, header, request::Parts},
    response::IntoResponse as _,
};
use repartee_wire::ErrorCode;
use serde::de::DeserializeOwned;

use crate::{App, refusal::Refusal};

/// A body in JSON.
pub(crate) struct Body<T>(pub(crate) T);

impl<T: DeserializeOwned + Send + 'static> FromRequest<App> for Body<T> {
    type Rejection = Refusal;

    async fn from_request(request: Request, app: &App) -> Result<Self, Refusal> {
        let kind = request.headers().get(header::CONTENT_TYPE).and_then(|kind| kind.to_str().ok()).unwrap_or_default();
        if kind.split(';').next().map(str::trim) != Some("application/json") {
            return Err(Refusal::new(
                ErrorCode::BadRequest,
                "the body is not JSON; send `content-type: application/json`",
            ));
        }
        let bytes =
            Bytes::from_request(request, app).await.map_err(|rejection| match rejection.into_response().status() {
                StatusCode::PAYLOAD_TOO_LARGE => {
                    Refusal::new(ErrorCode::TooLarge, "the request is too large; send less")
                }
                _ => Refusal::new(ErrorCode::BadRequest, "the body ended early; send it again"),
            })?;
        if bytes.len() < MANY_BYTES {
            return parse(&bytes);
        }
        // Others' requests must not wait while a whole file is read.
        let parsed = tokio::task::spawn_blocking(move || parse(&bytes)).await;
        parsed.unwrap_or_else(|error| Err(Refusal::internal(error.to_string())))
    }
}

/// A body of so many bytes is parsed apart.
const MANY_BYTES: usize = 256 * 1024;

fn parse<T: DeserializeOwned>(bytes: &[u8]) -> Result<Body<T>, Refusal> {
    serde_json::from_slice(bytes).map(Body).map_err(|error| {
        let message = error.to_string().replace('\n', " ");
        Refusal::new(ErrorCode::BadRequest, format!("the body is not what is taken here ({message})"))
    })
}

/// A query.
pub(crate) struct Asked<T>(pub(crate) T);

impl<T: DeserializeOwned> FromRequestParts<App> for Asked<T> {
    type Rejection = Refusal;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Refusal> {
        let query = Query::<T>::from_request_parts(parts, app).await;
        query.map(|Query(query)| Self(query)).map_err(|error| {
            let message = error.body_text().replace('\n', " ");
            Refusal::new(ErrorCode::BadRequest, format!("the query is not what is taken here ({message})"))
        })
    }
}
