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

/// A file to keep, named after the study's.
fn download(bytes: Vec<u8>, kind: &'static str, stem: &str, end: &str) -> Response {
    let is_plain = |letter: &char| letter.is_ascii_alphanumeric() || "-_".contains(*letter);
    let stem: String = stem.trim_end_matches(".sqlite").chars().filter(is_plain).collect();
    let stem = if stem.is_empty() { "study" } else { &stem };
    let name = HeaderValue::try_from(format!("attachment; filename=\"{stem}{end}\"")).expect("the name is ASCII");
    ([(header::CONTENT_TYPE, HeaderValue::from_static(kind)), (header::CONTENT_DISPOSITION, name)], bytes)
        .into_response()
}
