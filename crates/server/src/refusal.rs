//! Refusals: the only way in which an error becomes a reply. What is the server's fault is told to the log alone.

use axum::{
    Json,
    http::{HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};
use repartee_study::StudyError;
use repartee_wire::{ApiError, ErrorCode, ImportPlace};

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

fn status(code: ErrorCode) -> StatusCode {
    match code {
        ErrorCode::BadRequest => StatusCode::BAD_REQUEST,
        ErrorCode::Unauthorized => StatusCode::UNAUTHORIZED,
        ErrorCode::Forbidden => StatusCode::FORBIDDEN,
        ErrorCode::NotFound => StatusCode::NOT_FOUND,
        ErrorCode::MethodNotAllowed => StatusCode::METHOD_NOT_ALLOWED,
        ErrorCode::Timeout => StatusCode::REQUEST_TIMEOUT,
        ErrorCode::HandedOn
        | ErrorCode::RevisionClash
        | ErrorCode::Frozen
        | ErrorCode::NotFrozen
        | ErrorCode::Exists
        | ErrorCode::Tampered
        | ErrorCode::NoRatings => StatusCode::CONFLICT,
        ErrorCode::TooLarge => StatusCode::PAYLOAD_TOO_LARGE,
        ErrorCode::Invalid | ErrorCode::Import | ErrorCode::Incomplete => StatusCode::UNPROCESSABLE_ENTITY,
        ErrorCode::TooManyRequests => StatusCode::TOO_MANY_REQUESTS,
        ErrorCode::Internal => StatusCode::INTERNAL_SERVER_ERROR,
        ErrorCode::Unavailable => StatusCode::SERVICE_UNAVAILABLE,
    }
}

impl IntoResponse for Refusal {
    fn into_response(self) -> Response {
        let mut response = (status(self.error.code), Json(&*self.error)).into_response();
        if let Some(seconds) = self.retry_after_s {
            response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from(seconds));
        }
        if let Some(detail) = self.detail {
            response.extensions_mut().insert(Detail(detail));
        }
        response
    }
}

impl From<StudyError> for Refusal {
    fn from(error: StudyError) -> Self {
        let message = error.to_string();
        let place = |path: &std::path::Path, row, column, reason: &str| ImportPlace {
            file: path.display().to_string(),
            row,
            column,
            reason: reason.to_owned(),
        };
        let at = |place| {
            let mut refusal = Self::new(ErrorCode::Import, message.clone());
            refusal.error.place = Some(place);
            refusal
        };
        let code = match &error {
            StudyError::Cell { path, row, column, reason } => {
                return at(place(path, Some(*row), Some(column.clone()), reason));
            }
            StudyError::ImportFile { path, reason } => return at(place(path, None, None, reason)),
            StudyError::NotYours { .. } | StudyError::UnknownInvite { .. } | StudyError::UnknownRater { .. } => {
                ErrorCode::NotFound
            }
            StudyError::Abandoned => ErrorCode::HandedOn,
            StudyError::RevisionClash { .. } => ErrorCode::RevisionClash,
            StudyError::Judgement { .. }
            | StudyError::Field { .. }
            | StudyError::RaterName { .. }
            | StudyError::Design { .. }
            | StudyError::DesignSyntax { .. }
            | StudyError::Workbook { .. } => ErrorCode::Invalid,
            StudyError::Frozen => ErrorCode::Frozen,
            StudyError::NotFrozen => ErrorCode::NotFrozen,
            StudyError::Incomplete { .. } => ErrorCode::Incomplete,
            StudyError::NoRatings => ErrorCode::NoRatings,
            StudyError::Tampered { .. } => ErrorCode::Tampered,
            StudyError::Exists { .. } => {
                return Self::new(ErrorCode::Exists, "a study of this name is there already; choose another name");
            }
            // Paths and SQLite's words are for the log.
            _ => return Self::internal(message),
        };
        Self::new(code, message)
    }
}
