//! The routes: one file each, one line each in [`router`]. `repartee_wire::ROUTES` lists them; a test compares.

pub(crate) mod admin;
pub(crate) mod health;
pub(crate) mod interface;
pub(crate) mod rater;

use axum::{
    Router,
    extract::DefaultBodyLimit,
    routing::{delete, get, post, put},
};
use repartee_wire::{MAX_BODY_BYTES, MAX_UPLOAD_BYTES};

use crate::App;

/// All routes.
pub(crate) fn router() -> Router<App> {
    let uploads = Router::new()
        .route("/api/admin/studies", get(admin::studies::list).post(admin::studies::create))
        .route("/api/admin/studies/{study}/import", post(admin::import::import))
        .layer(DefaultBodyLimit::max(MAX_UPLOAD_BYTES));
    Router::new()
        .route("/api/rater/session", post(rater::session::open).delete(rater::session::close))
        .route("/api/rater/study", get(rater::study::show))
        .route("/api/rater/next", get(rater::next::take))
        .route("/api/rater/pages", get(rater::pages::list))
        .route("/api/rater/page/{page}", get(rater::page::show))
        .route("/api/rater/revision/{revision}", put(rater::revision::save))
        .route("/api/rater/finish/{page}", post(rater::finish::finish))
        .route("/api/admin/login", post(admin::session::login))
        .route("/api/admin/logout", post(admin::session::logout))
        .route("/api/admin/session", get(admin::session::show))
        .route("/api/admin/studies/{study}", get(admin::study::show))
        .route("/api/admin/studies/{study}/freeze", post(admin::freeze::freeze))
        .route("/api/admin/studies/{study}/invites", get(admin::invites::list).post(admin::invites::create))
        .route("/api/admin/studies/{study}/invites/{invite}", delete(admin::invites::revoke))
        .route("/api/admin/studies/{study}/notes", get(admin::notes::list))
        .route("/api/admin/studies/{study}/report", get(admin::report::report))
        .route("/api/admin/studies/{study}/export", get(admin::export::export))
        .route("/api/admin/studies/{study}/datasheet", get(admin::datasheet::datasheet))
        .route("/api/admin/studies/{study}/verify", get(admin::verify::verify))
        .route("/api/openapi.json", get(health::openapi))
        .route("/healthz", get(health::health))
        .route("/", get(interface::index))
        .route("/{*path}", get(interface::any))
        .layer(DefaultBodyLimit::max(MAX_BODY_BYTES))
        .merge(uploads)
}
