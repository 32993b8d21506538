//! The static site as tests find and serve it.

use std::{
    path::{Path, PathBuf},
    thread,
};

use crate::{Answer, FileServer, Request};

/// The folder of the built site; nothing, with a message, where none was built.
pub fn built_site() -> Option<PathBuf> {
    let site = std::env::var_os("REPARTEE_SITE").map(PathBuf::from);
    if site.is_none() {
        eprintln!("skipped: REPARTEE_SITE names no built site; `cargo xtask web --test` builds one");
    }
    site
}

/// Serves a site below the path that it was built for; the address of its first page, without the last `/`.
pub fn serve_site(site: &Path, answers: impl Fn(&Request) -> Option<Answer> + Send + Sync + 'static) -> String {
    let base = base(site);
    let server = FileServer::bind(site, 0).expect("a port is free").below(&base).with_answers(answers);
    let address = server.address().expect("it listens");
    thread::spawn(|| server.run());
    format!("http://{address}{}", base.trim_end_matches('/'))
}

/// Below which path the site was built to lie.
fn base(site: &Path) -> String {
    let index = std::fs::read_to_string(site.join("index.html")).expect("a site has an index");
    let (_, rest) = index.split_once("name=\"repartee-base\" content=\"").expect("the index says where it lies");
    rest.split('"').next().unwrap_or_default().to_owned()
}
