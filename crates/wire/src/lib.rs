//! Requests and replies of the server of studies and of engines: the only words that pages share with what is behind
//! them.
//!
//! Owns plain types with their JSON, nothing else: no input, no output, no clock; it builds for wasm.
//! What raters get (module [`rater`]) has no name of a system, no order that reveals one and no mark of a control; what
//! administrators get is in [`admin`]; where studies lie in a browser's tab, some requests differ ([`tab`]). Calls and tasks of an engine are in [`engine`]; what follows is about studies.
//!
//! # Rules of the interface
//! - All bodies are JSON. Names of fields are as in Rust; variants are in kebab-case.
//! - Times are Unix milliseconds by the server's clock, durations milliseconds.
//! - Every request that is not a GET needs the header [`CSRF_HEADER`] with the value [`CSRF_VALUE`]. With the cookie's
//!   `SameSite=Strict` and a check of `Origin`, that keeps other sites out.
//! - A refusal has a status of 400 or more and an [`ApiError`] as its body.
//! - The routes are listed in [`ROUTES`]; an optional value of a query is left out, not empty.
//! - The pages run under `script-src 'self' 'wasm-unsafe-eval'; style-src 'self'; connect-src 'self'; img-src 'self' data:;
//!   font-src 'self'; frame-src 'self'`: no script and no style inside of HTML, no `style` attributes in markup.

pub mod admin;
pub mod engine;
mod error;
mod judgement;
pub mod rater;
mod routes;
pub mod tab;

pub use error::{ApiError, ErrorCode, ImportPlace};
pub use judgement::{Criterion, Judgement, Points, PointsRange};
pub use routes::{Method, ROUTES, Route};

/// The header that every request needs that changes something.
pub const CSRF_HEADER: &str = "x-repartee";

/// Its value.
pub const CSRF_VALUE: &str = "1";

/// Longest reason for a skip, in characters.
pub const MAX_REASON: usize = 500;

/// Longest comment, in characters.
pub const MAX_COMMENT: usize = 2_000;

/// Most bytes of a request, but for uploads.
pub const MAX_BODY_BYTES: usize = 64 * 1024;

/// Most bytes of a request that uploads files.
pub const MAX_UPLOAD_BYTES: usize = 64 * 1024 * 1024;

/// Reply of `GET /healthz`.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Health {
    /// `ok`.
    pub status: String,
    /// Version of the program.
    pub version: String,
}
