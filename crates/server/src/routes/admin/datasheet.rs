//! The Human Evaluation Datasheet.

use axum::{
    extract::{Path, State},
    http::header,
    response::{IntoResponse as _, Response},
};
use repartee_study::{datasheet::Datasheet, report::ReportOptions};
use repartee_wire::{
    ErrorCode,
    admin::{DatasheetFormat, DatasheetQuery},
};

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
    let report = match app.report(&study, false, ReportOptions::default().n_draws).await {
        Err(refusal) if refusal.code() == ErrorCode::NoRatings => None,
        report => Some(report?),
    };
    let permit = app.heavy().await?;
    let text = study.read(move |store| {
        let datasheet = Datasheet::of(&store.ratings()?, report.as_deref());
        Ok(match query.format {
            DatasheetFormat::Json => datasheet.to_json(),
            DatasheetFormat::Markdown => datasheet.to_markdown(),
        })
    });
    let text = text.await;
    drop(permit);
    let kind = match query.format {
        DatasheetFormat::Json => "application/json",
        DatasheetFormat::Markdown => "text/markdown; charset=utf-8",
    };
    Ok(([(header::CONTENT_TYPE, kind)], text?).into_response())
}
