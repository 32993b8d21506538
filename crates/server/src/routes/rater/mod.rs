//! What raters ask.

pub(crate) mod finish;
pub(crate) mod next;
pub(crate) mod page;
pub(crate) mod pages;
pub(crate) mod revision;
pub(crate) mod session;
pub(crate) mod study;
