//! For tests of pages: a headless Chromium or a desktop app driven by WebDriver, a search for barriers, and a server of files
//! that can be told to fail.

mod app;
mod axe;
mod driver;
mod files;
mod site;

pub use app::Screen;
pub use axe::Axe;
pub use driver::Browser;
pub use files::{Answer, FileServer, Request};
pub use site::{built_site, serve_site};
