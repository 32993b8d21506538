//! A small client of the API, for simulated raters and tests: one session, plain HTTP, blocking.

use std::time::Duration;

use repartee_wire::{ApiError, CSRF_HEADER, CSRF_VALUE};
use serde::{Serialize, de::DeserializeOwned};
use ureq::{Agent, http};

/// Why a request has no good reply.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ClientError {
    /// The server refused.
    #[error("the server refused with {status}: {}", error.message)]
    Refused {
        /// Status of the reply.
        status: u16,
        /// Its body.
        error: Box<ApiError>,
    },
    /// There was no reply, or none of this API. The request may have been done or not.
    #[error("no reply of the server ({reason}); check that `repartee study serve` runs there")]
    NoReply {
        /// What happened.
        reason: String,
    },
}

/// A session with a server.
pub struct Client {
    agent: Agent,
    base: String,
    cookie: Option<String>,
}

impl Client {
    /// A client without a session yet; `base` is an address such as `http://127.0.0.1:8080`.
    #[must_use]
    pub fn new(base: &str) -> Self {
        let config = Agent::config_builder()
            .http_status_as_error(false)
            .timeout_global(Some(Duration::from_secs(120)))
            .max_redirects(0)
            .build();
        Self { agent: config.into(), base: base.trim_end_matches('/').to_owned(), cookie: None }
    }

    /// Reads.
    ///
    /// # Errors
    /// [`ClientError`].
    pub fn get<R: DeserializeOwned>(&mut self, path: &str) -> Result<R, ClientError> {
        let text = self.text("GET", path, None)?;
        parse(&text)
    }

    /// Sends a body with a method.
    ///
    /// # Errors
    /// [`ClientError`].
    pub fn send<R: DeserializeOwned>(
        &mut self,
        method: &str,
        path: &str,
        body: &impl Serialize,
    ) -> Result<R, ClientError> {
        let body = serde_json::to_string(body).map_err(|error| no_reply(&error))?;
        let text = self.text(method, path, Some(body))?;
        parse(&text)
    }

    /// The body of a reply as it is.
    ///
    /// # Errors
    /// [`ClientError`].
    pub fn text(&mut self, method: &str, path: &str, body: Option<String>) -> Result<String, ClientError> {
        let mut request = http::Request::builder()
            .method(method)
            .uri(format!("{}{path}", self.base))
            .header(CSRF_HEADER, CSRF_VALUE)
            .header(http::header::CONTENT_TYPE, "application/json");
        if let Some(cookie) = &self.cookie {
            request = request.header(http::header::COOKIE, cookie);
        }
        let request = request.body(body.unwrap_or_default()).map_err(|error| no_reply(&error))?;
        let mut response = self.agent.run(request).map_err(|error| no_reply(&error))?;
        for value in response.headers().get_all(http::header::SET_COOKIE) {
            let pair = value.to_str().unwrap_or_default().split(';').next().unwrap_or_default();
            self.cookie = Some(pair.to_owned());
        }
        let status = response.status().as_u16();
        let text =
            response.body_mut().with_config().limit(1 << 30).read_to_string().map_err(|error| no_reply(&error))?;
        if status < 400 {
            return Ok(text);
        }
        let error: ApiError = serde_json::from_str(&text).map_err(|error| no_reply(&format!("{status}, {error}")))?;
        Err(ClientError::Refused { status, error: Box::new(error) })
    }
}

fn no_reply(reason: &impl ToString) -> ClientError {
    ClientError::NoReply { reason: reason.to_string().replace('\n', " ") }
}

fn parse<R: DeserializeOwned>(text: &str) -> Result<R, ClientError> {
    serde_json::from_str(text).map_err(|error| no_reply(&error))
}
