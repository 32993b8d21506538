//! Talking to the server.

use gloo_net::http::{Method, RequestBuilder, Response};
use leptos::prelude::window;
use repartee_wire::{ApiError, CSRF_HEADER, CSRF_VALUE, ErrorCode};
use serde::{Serialize, de::DeserializeOwned};
use wasm_bindgen::{JsCast as _, closure::Closure};

/// A request that takes longer has failed.
const TIMEOUT_MS: i32 = 15_000;

/// Uploads and reports take longer.
const LONG_TIMEOUT_MS: i32 = 300_000;

/// Why there is no reply.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Failure {
    /// The server cannot be reached, or asks to try again later.
    Later,
    /// The server refuses.
    Refused(ApiError),
}

impl Failure {
    /// Whether the session has ended.
    pub(crate) fn is_unauthorized(&self) -> bool {
        matches!(self, Self::Refused(ApiError { code: ErrorCode::Unauthorized, .. }))
    }

    /// For people.
    pub(crate) fn shown(&self) -> String {
        match self {
            Self::Later => crate::words::common::unreachable().to_owned(),
            Self::Refused(error) => match &error.place {
                None => error.message.clone(),
                Some(place) => {
                    let row = place.row.map(crate::words::common::row).unwrap_or_default();
                    let column = place.column.clone().map(crate::words::common::column).unwrap_or_default();
                    format!("{}{row}{column}: {}", place.file, place.reason)
                }
            },
        }
    }
}

/// Reads.
pub(crate) async fn get<T: DeserializeOwned>(path: &str) -> Result<T, Failure> {
    parse(send(Method::GET, path, None, TIMEOUT_MS).await?).await
}

/// Reads what may take minutes to compute, as text.
pub(crate) async fn get_text(path: &str) -> Result<String, Failure> {
    send(Method::GET, path, None, LONG_TIMEOUT_MS).await?.text().await.map_err(|_| Failure::Later)
}

/// Sends a value and reads the reply.
pub(crate) async fn post<T: DeserializeOwned>(path: &str, body: &impl Serialize) -> Result<T, Failure> {
    parse(send(Method::POST, path, Some(json(body)), LONG_TIMEOUT_MS).await?).await
}

/// Asks for something to be done.
pub(crate) async fn post_empty<T: DeserializeOwned>(path: &str) -> Result<T, Failure> {
    parse(send(Method::POST, path, None, LONG_TIMEOUT_MS).await?).await
}

/// Writes under a name of ours.
pub(crate) async fn put<T: DeserializeOwned>(path: &str, body: &impl Serialize) -> Result<T, Failure> {
    parse(send(Method::PUT, path, Some(json(body)), TIMEOUT_MS).await?).await
}

/// Takes away or ends; nothing comes back.
pub(crate) async fn command(method: Method, path: &str) -> Result<(), Failure> {
    send(method, path, None, TIMEOUT_MS).await.map(|_| ())
}

fn json(body: &impl Serialize) -> String {
    serde_json::to_string(body).expect("types of the interface are plain data")
}

async fn parse<T: DeserializeOwned>(response: Response) -> Result<T, Failure> {
    let text = response.text().await.map_err(|_| Failure::Later)?;
    serde_json::from_str(&text).map_err(|error| {
        let message = format!("the server's reply is not understood ({error}); load the page again");
        Failure::Refused(ApiError { code: ErrorCode::Internal, message, place: None })
    })
}

async fn send(method: Method, path: &str, body: Option<String>, timeout_ms: i32) -> Result<Response, Failure> {
    let controller = web_sys::AbortController::new().map_err(|_| Failure::Later)?;
    let mut builder = RequestBuilder::new(path).abort_signal(Some(&controller.signal()));
    if method != Method::GET {
        builder = builder.header(CSRF_HEADER, CSRF_VALUE);
    }
    let builder = builder.method(method);
    let request = match body {
        Some(body) => builder.header("content-type", "application/json").body(body),
        None => builder.build(),
    };
    let request = request.map_err(|_| Failure::Later)?;
    let abort = Closure::once_into_js(move || controller.abort());
    let timer = window().set_timeout_with_callback_and_timeout_and_arguments_0(abort.unchecked_ref(), timeout_ms);
    let response = request.send().await;
    if let Ok(timer) = timer {
        window().clear_timeout_with_handle(timer);
    }
    let response = response.map_err(|_| Failure::Later)?;
    if response.ok() {
        return Ok(response);
    }
    let status = response.status();
    if matches!(status, 408 | 502 | 503 | 504) {
        return Err(Failure::Later);
    }
    let text = response.text().await.map_err(|_| Failure::Later)?;
    let error = serde_json::from_str(&text).unwrap_or_else(|_| {
        let code = if status >= 500 { ErrorCode::Internal } else { ErrorCode::BadRequest };
        ApiError { code, message: format!("the server answered {status}"), place: None }
    });
    Err(Failure::Refused(error))
}
