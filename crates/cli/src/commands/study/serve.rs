//! `repartee study serve`.

use std::{net::SocketAddr, path::PathBuf, sync::Arc};

use anyhow::Context as _;
use repartee_server::{App, Config, Log, Password, run};

use super::{now_ms, print_json, print_line, shown};
use crate::context::Global;

/// Serve the pages of raters and of the administrator, until Ctrl-C. Nothing that a rater was told is saved can be lost,
/// even if the program is killed.
///
/// The administrator's password is made at the first start and printed this once; the studies keep a hash of it.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  repartee study serve eval.sqlite                                   this machine alone: http://127.0.0.1:8080/admin
  repartee study serve studies/ --url https://rate.example.org       behind a proxy that speaks TLS
  repartee study serve eval.sqlite --bind 0.0.0.0:8080 --plain-http  a network that is trusted")]
pub(super) struct Serve {
    /// Studies, and folders with studies; new ones are made in the first folder, or beside the first study
    #[arg(required = true, value_name = "FILE")]
    studies: Vec<PathBuf>,
    /// Where to listen
    #[arg(long, default_value = "127.0.0.1:8080", value_name = "ADDRESS")]
    bind: SocketAddr,
    /// A file with the administrator's password in its first line; it replaces the one before
    #[arg(long, value_name = "FILE")]
    admin_password_file: Option<PathBuf>,
    /// Address under which browsers find the server, if a proxy is before it
    #[arg(long, value_name = "URL")]
    url: Option<String>,
    /// Let cookies travel without TLS; only in a network that is trusted
    #[arg(long)]
    plain_http: bool,
}

impl Serve {
    pub(super) fn run(self, global: &Global) -> anyhow::Result<()> {
        let password = match &self.admin_password_file {
            None => Password::Kept,
            Some(path) => {
                let text = std::fs::read_to_string(path)
                    .with_context(|| format!("cannot read `{}`; check the path", shown(path)))?;
                Password::Given(text.lines().next().unwrap_or_default().to_owned())
            }
        };
        let origin = self.url.map(|url| url.trim_end_matches('/').to_owned());
        if !self.bind.ip().is_loopback() && origin.is_none() && !self.plain_http {
            global.note(
                "note: cookies travel over TLS only: put a proxy before this server (--url), or give --plain-http in a \
                 network that is trusted",
            );
        }
        let config = Config {
            paths: self.studies,
            password,
            secure_cookies: !self.plain_http,
            origin: origin.clone(),
            log: if global.quiet { Log::silent() } else { Log::stderr() },
            clock: Arc::new(now_ms),
            local: None,
        };
        let (app, generated) = App::open(config)?;
        let mut told = Ok(());
        run(&app, self.bind, |address| {
            let base = origin.unwrap_or_else(|| format!("http://{address}"));
            told = tell(global, &base, generated.as_deref());
        })?;
        told
    }
}

fn tell(global: &Global, base: &str, password: Option<&str>) -> anyhow::Result<()> {
    if global.json {
        return print_json(&serde_json::json!({ "url": base, "admin_password": password }));
    }
    print_line(&format!("administrator: {base}/admin"))?;
    password.map_or(Ok(()), |password| print_line(&format!("password (shown this once): {password}")))
}
