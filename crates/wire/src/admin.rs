//! What an administrator sends and gets. Nothing here may be shown to raters.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

mod new;

pub use new::{Design, Holds, Import, Imported, NewStudy, Upload};

/// Body of `POST /api/admin/login`. The reply is an [`Admin`] and a cookie.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct Login {
    /// The administrator's password.
    pub password: String,
}

/// Reply of `POST /api/admin/login` and `GET /api/admin/session`: who is logged in.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Admin {
    /// When the session ends, unless it is used.
    pub expires_ms: i64,
}

/// Reply of `GET /api/admin/studies`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Studies {
    /// The studies that the server has, by name.
    pub studies: Vec<StudySummary>,
}

/// A study in a list.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct StudySummary {
    /// Names the study in paths: `{study}`.
    pub id: String,
    /// Its title.
    pub name: String,
    /// Its file on the server, without the folder.
    pub file: String,
    /// Language of contexts and replies.
    pub language: String,
    /// Hash of design and items, once they are frozen.
    pub design_hash: Option<String>,
    /// Items to be rated.
    pub n_items: u64,
    /// Systems.
    pub n_systems: u64,
    /// Pages that the design asks for: items times raters of each.
    pub n_pages_wanted: u64,
    /// Of these, finished.
    pub n_pages_done: u64,
}

/// Reply of `POST /api/admin/studies/{study}/freeze`. Freezing again changes nothing.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Frozen {
    /// Hash of design and items: for a pre-registration.
    pub design_hash: String,
}

/// Reply of `GET /api/admin/studies/{study}`: all about a study, live.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema), schema(as = admin::Study))]
pub struct Study {
    /// As in the list of studies.
    pub summary: StudySummary,
    /// The design with all defaults filled in.
    pub design: Design,
    /// Names of the systems.
    pub systems: Vec<String>,
    /// Items to practise on.
    pub n_training: u64,
    /// Items with known answers.
    pub n_gold: u64,
    /// Pages of the study that are with a rater now.
    pub n_pages_open: u64,
    /// Items by how many raters have finished them.
    pub items_by_raters_done: BTreeMap<u32, u64>,
    /// Items that more raters have than the design asks for; only a merge can do that.
    pub n_items_over: u64,
    /// Each rater, by name.
    pub raters: Vec<Rater>,
    /// Replies that contain the name of a system, which would tell raters what they must not know; at most 20.
    pub telling_replies: Vec<TellingReply>,
}

/// A reply that contains the name of a system.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct TellingReply {
    /// The item.
    pub item: String,
    /// Whose reply it is.
    pub system: String,
    /// The name that is in it.
    pub names: String,
}

/// A rater: progress and quality. Whom to leave out should be declared before the study.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Rater {
    /// The rater's id in exports and reports.
    pub id: String,
    /// The rater's name.
    pub name: String,
    /// Items finished.
    pub n_done: u64,
    /// Items open.
    pub n_open: u64,
    /// Items handed on after the lease.
    pub n_abandoned: u64,
    /// Practice and control pages finished.
    pub n_controls_done: u64,
    /// Judgements skipped.
    pub n_skipped: u64,
    /// Replies judged too noisy.
    pub n_too_noisy: u64,
    /// Cards flagged.
    pub n_flagged: u64,
    /// Cards with a comment.
    pub n_comments: u64,
    /// When the rater last saved something.
    pub last_saved_ms: Option<i64>,
    /// Mean of the average score.
    pub mean: Option<f64>,
    /// Its standard deviation; near 0 is straight-lining.
    pub standard_deviation: Option<f64>,
    /// Mean difference from the other raters of the same replies, in points: below 0 is severe.
    pub severity: Option<f64>,
    /// Pearson's r with the mean of the other raters.
    pub agreement: Option<f64>,
    /// Longest run of replies with the same two scores.
    pub longest_run: u64,
    /// Gold replies judged within the expected range.
    pub gold: Option<Check>,
    /// Repeated judgements that stayed the same.
    pub repeats: Option<Check>,
    /// Repeated judgements that stayed within one point.
    pub repeats_close: Option<Check>,
    /// How much lower degraded copies score.
    pub degraded: Option<Drop>,
    /// Median time on a page, in seconds.
    pub median_seconds: Option<f64>,
}

/// A share of judgements that passed a check.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Check {
    /// The share, 0 to 1.
    pub share: f64,
    /// Of how many.
    pub n: u64,
}

/// A drop of scores.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Drop {
    /// Mean drop in points: an attentive rater's is clearly above 0.
    pub points: f64,
    /// Two-sided p of a permutation test against 0.
    pub p: f64,
    /// Of how many replies.
    pub n: u64,
}

/// Body of `POST /api/admin/studies/{study}/invites`. The reply is a [`CreatedInvite`].
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct NewInvite {
    /// The rater's name; a second invitation of the same name is for the same rater.
    pub rater: String,
    /// Language of the pages, `en` or `ja`; that of the study by default.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub language: Option<String>,
    /// After how many days the link ends; never by default.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub days: Option<u32>,
}

/// An invitation with its link, which is shown this once: the server keeps only a hash of the token.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct CreatedInvite {
    /// The invitation.
    pub invite: Invite,
    /// The token.
    pub token: String,
    /// Path of the personal link, `/r/{token}`: put the server's address before it.
    pub path: String,
}

/// Reply of `GET /api/admin/studies/{study}/invites`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Invites {
    /// All invitations, the revoked ones included, in the order in which they were made.
    pub invites: Vec<Invite>,
}

/// An invitation.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Invite {
    /// Names it in paths: `{invite}`. It does not open anything.
    pub id: String,
    /// The rater's name.
    pub rater: String,
    /// Language of the pages.
    pub language: String,
    /// When it was made.
    pub created_ms: i64,
    /// When it ends.
    pub expires_ms: Option<i64>,
    /// When it was revoked; since then neither link nor session work.
    pub revoked_ms: Option<i64>,
    /// When it was last opened.
    pub opened_ms: Option<i64>,
}

/// Reply of `GET /api/admin/studies/{study}/notes`: what raters flagged, commented or skipped, the latest first.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Notes {
    /// The cards.
    pub notes: Vec<Note>,
}

/// A card that a rater flagged, commented or skipped.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Note {
    /// The rater's name.
    pub rater: String,
    /// The item.
    pub item: String,
    /// The utterance.
    pub context: String,
    /// The reply as it was shown.
    pub reply: String,
    /// The system; none for practice and controls.
    pub system: Option<String>,
    /// Whether it is flagged.
    pub flagged: bool,
    /// The comment; empty for none.
    pub comment: String,
    /// Reasons of skips.
    pub skipped: Vec<String>,
    /// When the rater last changed the card.
    pub saved_ms: i64,
}

/// Query of `GET /api/admin/studies/{study}/report`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema, utoipa::IntoParams), into_params(parameter_in = Query))]
#[serde(deny_unknown_fields)]
pub struct ReportQuery {
    /// Its form.
    pub format: ReportFormat,
    /// Whether raters appear by name instead of by id; `false` by default.
    #[serde(default)]
    pub names: bool,
    /// Bootstrap samples of each interval, 100 to 10000; 2000 by default.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub draws: Option<u32>,
}

/// Forms of a report. HTML is one page without scripts, with a policy of its own: show it in an `iframe` or a new tab.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "kebab-case")]
pub enum ReportFormat {
    /// One page with charts.
    Html,
    /// Everything, for programs.
    Json,
    /// Tables as text.
    Markdown,
    /// The paper's Table 3 with intervals and tests.
    Latex,
}

/// Query of `GET /api/admin/studies/{study}/export`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema, utoipa::IntoParams), into_params(parameter_in = Query))]
#[serde(deny_unknown_fields)]
pub struct ExportQuery {
    /// Its form.
    pub format: ExportFormat,
    /// Whether raters' names are in it; they are personal data; `false` by default.
    #[serde(default)]
    pub names: bool,
}

/// Forms of an export; each re-imports to the same study with `repartee study import --export`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "kebab-case")]
pub enum ExportFormat {
    /// Long form, one row for each revision; the design is a file of its own, `design`.
    Csv,
    /// Long form, one JSON object a line, the design in the first.
    Jsonl,
    /// A workbook with the sheets `ratings` and `design`.
    Xlsx,
    /// The design alone, as TOML: it belongs beside the CSV.
    Design,
    /// The study's file itself, a copy as of now, with names, links' hashes and log.
    Study,
}

/// Query of `GET /api/admin/studies/{study}/datasheet`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema, utoipa::IntoParams), into_params(parameter_in = Query))]
#[serde(deny_unknown_fields)]
pub struct DatasheetQuery {
    /// Its form.
    pub format: DatasheetFormat,
}

/// Forms of the Human Evaluation Datasheet (HEDS 3.0), pre-filled with what the study knows.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "kebab-case")]
pub enum DatasheetFormat {
    /// For programs.
    Json,
    /// For people, with gaps to fill in.
    Markdown,
}

/// Reply of `GET /api/admin/studies/{study}/verify`: the log, the items and all tables are in order.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Verified {
    /// Events of the log.
    pub n_events: u64,
    /// Judgements in the log, revisions included.
    pub n_revisions: u64,
    /// Hash of the last event: noted elsewhere, it shows later that nothing before it was changed.
    pub head: String,
}
