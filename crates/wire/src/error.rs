//! Refusals.

use serde::{Deserialize, Serialize};

/// Why a request was refused; the body of every reply with a status of 400 or more.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ApiError {
    /// For programs.
    pub code: ErrorCode,
    /// For people: one line, what is wrong and what to do. In English.
    pub message: String,
    /// Where a file of an import is wrong.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub place: Option<ImportPlace>,
}

/// Kinds of refusals.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "kebab-case")]
pub enum ErrorCode {
    /// 400: the request is not what this route takes.
    BadRequest,
    /// 401: no session, or it has ended, or the link or password is wrong. Open a new session.
    Unauthorized,
    /// 403: the request comes from another site, or lacks the header against that.
    Forbidden,
    /// 404: there is no such thing for this user.
    NotFound,
    /// 405: not by this method.
    MethodNotAllowed,
    /// 408: the request took too long. Try again.
    Timeout,
    /// 409: the page went to another rater after its lease had ended; ask for the next page. Drop what is queued for it.
    HandedOn,
    /// 409: this revision id was saved before with other contents. Never retry it.
    RevisionClash,
    /// 409: design and items are frozen.
    Frozen,
    /// 409: the study is not frozen yet.
    NotFrozen,
    /// 409: something of that name is there already.
    Exists,
    /// 409: there are no ratings to report on yet.
    NoRatings,
    /// 409: the study's file was changed outside of the program; the message says what.
    Tampered,
    /// 413: the request is too large.
    TooLarge,
    /// 422: a value is out of bounds; the message names the field.
    Invalid,
    /// 422: a file of an import cannot be used; nothing was imported. See `place`.
    Import,
    /// 422: the study lacks something that a freeze needs.
    Incomplete,
    /// 429: too many failed attempts, or too many requests. Wait for as many seconds as the header `Retry-After` says.
    TooManyRequests,
    /// 500: the server's fault; its log has more.
    Internal,
    /// 503: the server is stopping or overloaded. Try again.
    Unavailable,
    /// 507: no space is left where the study lies; nothing was written. Keep what is to be saved, and try again.
    StorageFull,
}

impl ErrorCode {
    /// The status of a reply over HTTP.
    #[must_use]
    pub fn status(self) -> u16 {
        match self {
            Self::BadRequest => 400,
            Self::Unauthorized => 401,
            Self::Forbidden => 403,
            Self::NotFound => 404,
            Self::MethodNotAllowed => 405,
            Self::Timeout => 408,
            Self::HandedOn
            | Self::RevisionClash
            | Self::Frozen
            | Self::NotFrozen
            | Self::Exists
            | Self::NoRatings
            | Self::Tampered => 409,
            Self::TooLarge => 413,
            Self::Invalid | Self::Import | Self::Incomplete => 422,
            Self::TooManyRequests => 429,
            Self::Internal => 500,
            Self::Unavailable => 503,
            Self::StorageFull => 507,
        }
    }
}

/// A place in a file of an import.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ImportPlace {
    /// Name of the file as it was uploaded.
    pub file: String,
    /// Row as a spreadsheet shows it, the header being row 1; or line of JSON lines. None if it is the whole file.
    pub row: Option<u64>,
    /// Column or field.
    pub column: Option<String>,
    /// What is wrong there.
    pub reason: String,
}
