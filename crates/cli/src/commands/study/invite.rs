//! `repartee study invite`.

use std::path::PathBuf;

use repartee_study::{NewInvite, Store};

use super::{now_ms, print_json, print_line};
use crate::context::Global;

/// Invite a rater: prints the personal link, which is the rater's key. The study keeps only a hash of it.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  repartee study invite eval.sqlite --rater anna --language ja
  repartee study invite eval.sqlite --list
  repartee study invite eval.sqlite --revoke 1f0c...")]
pub(super) struct Invite {
    /// The study
    study: PathBuf,
    /// The rater's name; a second link of the same name is for the same rater
    #[arg(long, value_name = "NAME", required_unless_present_any = ["list", "revoke"])]
    rater: Option<String>,
    /// Language of the rater's pages, en or ja [default: that of the study]
    #[arg(long, requires = "rater")]
    language: Option<String>,
    /// After how many days the link ends [default: never]
    #[arg(long, value_name = "N", requires = "rater")]
    days: Option<u32>,
    /// Address of the server as raters reach it
    #[arg(long, value_name = "URL", default_value = "http://127.0.0.1:8080")]
    url: String,
    /// Show all invitations instead
    #[arg(long, conflicts_with_all = ["rater", "revoke"])]
    list: bool,
    /// End an invitation, with all its sessions, instead
    #[arg(long, value_name = "ID", conflicts_with = "rater")]
    revoke: Option<String>,
}

const DAY_MS: i64 = 86_400_000;

impl Invite {
    pub(super) fn run(self, global: &Global) -> anyhow::Result<()> {
        let mut store = Store::open(&self.study)?;
        if self.list {
            return list(&store);
        }
        if let Some(id) = &self.revoke {
            store.revoke(id, now_ms())?;
            return print_line(&format!("revoked: {id}"));
        }
        let language = self.language.unwrap_or_else(|| store.design().language.clone());
        let rater = self.rater.unwrap_or_default();
        let expires_ms = self.days.map(|days| now_ms() + i64::from(days) * DAY_MS);
        let (invite, token) = store.invite(&NewInvite { rater: &rater, language: &language, expires_ms }, now_ms())?;
        let link = format!("{}/r/{token}", self.url.trim_end_matches('/'));
        if global.json {
            return print_json(&serde_json::json!({ "id": invite.id, "rater": invite.rater, "link": link }));
        }
        print_line(&link)
    }
}

fn list(store: &Store) -> anyhow::Result<()> {
    for invite in store.invites()? {
        let state = match (invite.revoked_ms, invite.expires_ms.filter(|&end| end <= now_ms()), invite.opened_ms) {
            (Some(_), ..) => "revoked",
            (None, Some(_), _) => "ended",
            (None, None, Some(_)) => "opened",
            (None, None, None) => "not opened yet",
        };
        print_line(&format!("{}  {}  {state}", invite.id, invite.rater))?;
    }
    Ok(())
}
