//! What the administrator asks.

pub(crate) mod datasheet;
pub(crate) mod export;
pub(crate) mod freeze;
pub(crate) mod import;
pub(crate) mod invites;
pub(crate) mod notes;
pub(crate) mod report;
pub(crate) mod session;
pub(crate) mod studies;
pub(crate) mod study;
pub(crate) mod verify;

use axum::{
    http::{HeaderValue, header},
    response::{IntoResponse as _, Response},
};
use repartee_service::documents::Document;

/// A file to keep, named after the study's.
fn download(document: Document, file: &str) -> Response {
    let name = format!("attachment; filename=\"{}\"", document.name(file));
    let name = HeaderValue::try_from(name).expect("the name is ASCII");
    let kind = HeaderValue::from_static(document.content_type);
    ([(header::CONTENT_TYPE, kind), (header::CONTENT_DISPOSITION, name)], document.bytes).into_response()
}
