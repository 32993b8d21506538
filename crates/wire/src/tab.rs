//! Studies in a browser's tab: no server, one worker, the same requests.
//!
//! The worker answers the routes of the server, but for logins, personal links and cookies: whoever sits at the browser is
//! administrator and rater, one after the other. Instead of a session each request of a rater brings a [`Seat`].

use serde::{Deserialize, Serialize};

use crate::{Method, Route};

/// What the worker answers beside the server's routes.
pub const TAB_ROUTES: [Route; 4] = [
    (Method::Get, "/api/tab"),                      // -> Home
    (Method::Post, "/api/tab/file"),                // a study's file -> 201 StudySummary
    (Method::Post, "/api/tab/seat"),                // Seat -> rater::Study; the rater joins
    (Method::Delete, "/api/admin/studies/{study}"), // -> 204; the study is gone for good
];

/// Who rates what. It stands for the cookie of a rater's session.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Seat {
    /// The study.
    pub study: String,
    /// The rater's name; the same name is the same rater.
    pub rater: String,
    /// Language of the pages, `en` or `ja`.
    pub language: String,
}

/// Reply of `GET /api/tab`: where studies lie.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Home {
    /// Whether the browser keeps them. Else they are in memory, and end with the tab.
    pub is_kept: bool,
    /// Why it does not keep them.
    pub why_not: Option<String>,
    /// Files that are there and cannot be used.
    pub damaged: Vec<Damaged>,
}

/// A file that cannot be used as a study.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Damaged {
    /// Its name.
    pub file: String,
    /// What is wrong.
    pub message: String,
}
