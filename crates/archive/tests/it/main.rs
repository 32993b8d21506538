//! Tests of whole builds, from files of posts to the corpus folder.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on fails")]

mod conversations;
mod damage;
mod filters;
mod formats;
mod harness;
mod japanese;
mod privacy;
mod resume;
mod splits;
