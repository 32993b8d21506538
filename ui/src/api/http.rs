//! A server of studies.

use gloo_net::http::{Method as HttpMethod, RequestBuilder};
use leptos::prelude::window;
use repartee_wire::{ApiError, CSRF_HEADER, CSRF_VALUE, ErrorCode, Method};
use wasm_bindgen::{JsCast as _, JsValue, closure::Closure};

use super::{Failure, Reply};

pub(super) async fn send(method: Method, path: &str, body: Option<JsValue>, timeout_ms: i32) -> Result<Reply, Failure> {
    let controller = web_sys::AbortController::new().map_err(|_| Failure::Later)?;
    let mut builder = RequestBuilder::new(path).abort_signal(Some(&controller.signal()));
    if method != Method::Get {
        builder = builder.header(CSRF_HEADER, CSRF_VALUE);
    }
    let builder = builder.method(match method {
        Method::Get => HttpMethod::GET,
        Method::Post => HttpMethod::POST,
        Method::Put => HttpMethod::PUT,
        Method::Delete => HttpMethod::DELETE,
    });
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
    let status = response.status();
    if matches!(status, 408 | 502 | 503 | 504) {
        return Err(Failure::Later);
    }
    let text = response.text().await.map_err(|_| Failure::Later)?;
    if response.ok() {
        return Ok(Reply { contents: text.into(), name: None });
    }
    let error = serde_json::from_str(&text).unwrap_or_else(|_| {
        let code = if status >= 500 { ErrorCode::Internal } else { ErrorCode::BadRequest };
        ApiError { code, message: format!("the server answered {status}"), place: None }
    });
    Err(Failure::Refused(error))
}
