//! The Human Evaluation Datasheet.

use axum::{
    extract::{Path, State},
    http::header,
    response::{IntoResponse as _, Response},
};
use repartee_service::documents::{self, Document};
use repartee_study::report::ReportOptions;
use repartee_wire::{ErrorCode, admin::DatasheetQuery};

use crate::{App, extract::Asked, guard::Admin, refusal::Refusal};

/// The datasheet, pre-filled with what the study knows.
#[utoipa::path(get, path = "/api/admin/studies/{study}/datasheet", tag = "admin",
    params(("study" = String, Path), DatasheetQuery),
    responses((status = 200, description = "The datasheet in the form that was asked for")))]
pub(crate) async fn datasheet(
    State(app): State<App>,
    _: Admin,
    Path(study): Path<String>,
    Asked(query): Asked<DatasheetQuery>,
) -> Result<Response, Refusal> {
    let study = app.0.studies.get(&study)?;
    let report = match app.report(&study, ReportOptions::default()).await {
        Err(refusal) if refusal.code() == ErrorCode::NoRatings => None,
        report => Some(report?),
    };
    let permit = app.heavy().await?;
    let document = study.read(move |store| documents::datasheet(store, report.as_deref(), query.format)).await;
    drop(permit);
    let Document { content_type, bytes, .. } = document?;
    Ok(([(header::CONTENT_TYPE, content_type)], bytes).into_response())
}
