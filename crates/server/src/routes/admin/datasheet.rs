//! The Human Evaluation Datasheet.

use axum::{
    extract::{Path, State},
    http::header,
    response::{IntoResponse as _, Response},
};
use repartee_study::{
    StudyError,
    datasheet::Datasheet,
    report::{Report, ReportOptions},
};
use repartee_wire::admin::{DatasheetFormat, DatasheetQuery};

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
    let permit = app.heavy().await?;
    let text = study.read(move |store| {
        let ratings = store.ratings()?;
        let report = match Report::of(&ratings, &ReportOptions::default()) {
            Err(StudyError::NoRatings) => None,
            report => Some(report?),
        };
        let datasheet = Datasheet::of(&ratings, report.as_ref());
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
