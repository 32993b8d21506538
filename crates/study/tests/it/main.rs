//! The study from outside: one binary for all tests of files, raters and reports.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on fails")]

mod access;
mod assignment;
mod blinding;
mod common;
mod copies;
mod coverage;
mod exchange;
mod golden;
mod reports;
mod tampering;
