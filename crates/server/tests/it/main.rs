//! The server from outside: one binary for all tests of its routes, its doors and its endurance.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on fails")]

mod admin;
mod blinding;
mod common;
mod contract;
mod doors;
mod endurance;
mod hostile;
mod raters;
mod speed;
