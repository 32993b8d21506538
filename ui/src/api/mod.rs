//! Talking to whoever has the studies: a server, or a worker of this tab. The pages know what they ask, not whom.

mod http;
pub(crate) mod tab;

use js_sys::Uint8Array;
use repartee_wire::{ApiError, ErrorCode, Method};
use serde::{Serialize, de::DeserializeOwned};
use wasm_bindgen::{JsCast as _, JsValue};

/// A request that takes longer has failed.
const TIMEOUT_MS: i32 = 15_000;

/// Uploads and reports take longer.
const LONG_TIMEOUT_MS: i32 = 300_000;

/// Why there is no reply.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Failure {
    /// Whoever has the studies cannot be reached, or asks to try again later.
    Later,
    /// They refuse.
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
            Self::Later if tab::is_home() => crate::words::tab::later().to_owned(),
            Self::Later => crate::words::common::unreachable().to_owned(),
            Self::Refused(ApiError { code: ErrorCode::StorageFull, .. }) => {
                crate::words::common::storage_full().to_owned()
            }
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

    fn not_understood(error: &serde_json::Error) -> Self {
        let message = format!("the reply is not understood ({error}); load the page again");
        Self::Refused(ApiError { code: ErrorCode::Internal, message, place: None })
    }
}

/// What comes back.
pub(crate) struct Reply {
    /// Text or bytes.
    pub(crate) contents: JsValue,
    /// A name, if it is a file to keep.
    pub(crate) name: Option<String>,
}

impl Reply {
    fn text(self) -> Result<String, Failure> {
        match self.contents.as_string() {
            Some(text) => Ok(text),
            None => {
                String::from_utf8(self.contents.unchecked_into::<Uint8Array>().to_vec()).map_err(|_| Failure::Later)
            }
        }
    }

    fn value<T: DeserializeOwned>(self) -> Result<T, Failure> {
        serde_json::from_str(&self.text()?).map_err(|error| Failure::not_understood(&error))
    }
}

/// Reads.
pub(crate) async fn get<T: DeserializeOwned>(path: &str) -> Result<T, Failure> {
    send(Method::Get, path, None, TIMEOUT_MS).await?.value()
}

/// Reads what may take minutes to compute, as text.
pub(crate) async fn get_text(path: &str) -> Result<String, Failure> {
    send(Method::Get, path, None, LONG_TIMEOUT_MS).await?.text()
}

/// Reads a file to keep.
pub(crate) async fn get_file(path: &str) -> Result<Reply, Failure> {
    send(Method::Get, path, None, LONG_TIMEOUT_MS).await
}

/// Sends a value and reads the reply.
pub(crate) async fn post<T: DeserializeOwned>(path: &str, body: &impl Serialize) -> Result<T, Failure> {
    send(Method::Post, path, Some(json(body)), LONG_TIMEOUT_MS).await?.value()
}

/// Sends bytes and reads the reply.
pub(crate) async fn post_bytes<T: DeserializeOwned>(path: &str, bytes: Uint8Array) -> Result<T, Failure> {
    send(Method::Post, path, Some(bytes.into()), LONG_TIMEOUT_MS).await?.value()
}

/// Asks for something to be done.
pub(crate) async fn post_empty<T: DeserializeOwned>(path: &str) -> Result<T, Failure> {
    send(Method::Post, path, None, LONG_TIMEOUT_MS).await?.value()
}

/// Writes under a name of ours.
pub(crate) async fn put<T: DeserializeOwned>(path: &str, body: &impl Serialize) -> Result<T, Failure> {
    send(Method::Put, path, Some(json(body)), TIMEOUT_MS).await?.value()
}

/// Takes away or ends; nothing comes back.
pub(crate) async fn command(method: Method, path: &str) -> Result<(), Failure> {
    send(method, path, None, TIMEOUT_MS).await.map(|_| ())
}

fn json(body: &impl Serialize) -> JsValue {
    serde_json::to_string(body).expect("types of the interface are plain data").into()
}

async fn send(method: Method, path: &str, body: Option<JsValue>, timeout_ms: i32) -> Result<Reply, Failure> {
    if tab::is_home() { tab::send(method, path, body).await } else { http::send(method, path, body, timeout_ms).await }
}
