//! The addresses of studies: below `/admin` of a server, below `/studies` of the site.

use crate::{api, route};

/// What an address names.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Place {
    List,
    New,
    Study(String),
}

/// The list of studies.
pub(crate) fn list() -> &'static str {
    if api::tab::is_home() { "/studies" } else { "/admin" }
}

/// The form of a new one.
pub(crate) fn new() -> &'static str {
    if api::tab::is_home() { "/studies/new" } else { "/admin/new" }
}

/// A study.
pub(crate) fn study(id: &str) -> String {
    if api::tab::is_home() { format!("/studies/{id}") } else { format!("/admin/studies/{id}") }
}

/// The parts of the present address below what all have in common.
fn parts() -> Vec<String> {
    let path = route::path();
    path.trim_matches('/').split('/').skip(1).map(str::to_owned).collect()
}

/// What the present address names.
pub(crate) fn here() -> Place {
    let parts = parts();
    let mut parts = parts.iter().map(String::as_str);
    match (api::tab::is_home(), parts.next(), parts.next()) {
        (_, Some("new"), _) => Place::New,
        (true, Some(study), _) | (false, Some("studies"), Some(study)) if !study.is_empty() => {
            Place::Study(study.to_owned())
        }
        _ => Place::List,
    }
}

/// The part of a study that the present address names; empty for the first.
pub(crate) fn tab() -> String {
    let at = if api::tab::is_home() { 1 } else { 2 };
    parts().into_iter().nth(at).unwrap_or_default()
}
