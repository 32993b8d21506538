//! Refusals: the only way in which an error becomes a reply. What is the server's fault is told to the log alone.

use axum::{
    Json,
    http::{HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};
use repartee_service::Refused;
use repartee_study::StudyError;
use repartee_wire::{ApiError, ErrorCode};

/// A refused request.
#[derive(Debug)]
pub(crate) struct Refusal {
    error: Box<ApiError>,
    /// For the log.
    detail: Option<String>,
    retry_after_s: Option<u64>,
}

/// What the log says of a refusal beyond its code.
#[derive(Clone, Debug)]
pub(crate) struct Detail(pub(crate) String);

impl Refusal {
    pub(crate) fn new(code: ErrorCode, message: impl Into<String>) -> Self {
        let error = ApiError { code, message: message.into(), place: None };
        Self { error: Box::new(error), detail: None, retry_after_s: None }
    }

    /// The server's fault: `detail` is for the log.
    pub(crate) fn internal(detail: impl Into<String>) -> Self {
        let message = "the server could not do this; try again, and tell whoever runs it";
        Self { detail: Some(detail.into()), ..Self::new(ErrorCode::Internal, message) }
    }

    pub(crate) fn code(&self) -> ErrorCode {
        self.error.code
    }

    pub(crate) fn unauthorized(message: &str) -> Self {
        Self::new(ErrorCode::Unauthorized, message)
    }

    pub(crate) fn too_many(retry_after_s: u64) -> Self {
        let message = format!("too many attempts; wait {retry_after_s} seconds");
        Self { retry_after_s: Some(retry_after_s), ..Self::new(ErrorCode::TooManyRequests, message) }
    }
}

impl IntoResponse for Refusal {
    fn into_response(self) -> Response {
        let status = StatusCode::from_u16(self.error.code.status()).expect("codes have statuses");
        let mut response = (status, Json(&*self.error)).into_response();
        if let Some(seconds) = self.retry_after_s {
            response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from(seconds));
        }
        if let Some(detail) = self.detail {
            response.extensions_mut().insert(Detail(detail));
        }
        response
    }
}

impl From<Refused> for Refusal {
    fn from(Refused { error, detail }: Refused) -> Self {
        Self { error: Box::new(error), detail, retry_after_s: None }
    }
}

impl From<StudyError> for Refusal {
    fn from(error: StudyError) -> Self {
        Refused::from(error).into()
    }
}
