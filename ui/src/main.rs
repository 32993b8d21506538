//! The pages of the human-evaluation studio: raters judge replies, administrators make studies and read their reports.
//!
//! Runs in a browser. Knows the server by `repartee-wire` alone, so a rater's side cannot name a system. What a rater says
//! is kept in the browser until the server, or a worker of this tab in its place, has it on its disk.

#![cfg_attr(not(target_arch = "wasm32"), allow(dead_code, reason = "the pages run in a browser only"))]
#![allow(unreachable_pub, reason = "the macro of components writes `pub` where we write `pub(crate)`")]

mod admin;
mod api;
mod app;
mod desktop;
mod engine;
mod locale;
mod parts;
mod rater;
mod route;
mod storage;
mod studio;
mod tab;
mod theme;
mod words;

fn main() {
    std::panic::set_hook(Box::new(|info| {
        web_sys::console::error_1(&info.to_string().into());
        if let Some(body) = leptos::prelude::document().body() {
            let _ = body.set_attribute("data-broken", "");
        }
    }));
    leptos::mount::mount_to_body(app::App);
}
