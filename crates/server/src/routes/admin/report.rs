//! The report.

use axum::{
    extract::{Path, State},
    http::{HeaderValue, header},
    response::{IntoResponse as _, Response},
};
use repartee_wire::{
    ErrorCode,
    admin::{ReportFormat, ReportQuery},
};

use crate::{App, extract::Asked, guard::Admin, refusal::Refusal};

/// The policy of the HTML report: styles of its own, nothing else; our pages may show it in a frame.
const POLICY: &str = "default-src 'none'; style-src 'unsafe-inline'; img-src data:; frame-ancestors 'self'; sandbox";

/// The report of what was rated so far.
#[utoipa::path(get, path = "/api/admin/studies/{study}/report", tag = "admin",
    params(("study" = String, Path), ReportQuery),
    responses((status = 200, description = "The report in the form that was asked for")))]
pub(crate) async fn report(
    State(app): State<App>,
    _: Admin,
    Path(study): Path<String>,
    Asked(query): Asked<ReportQuery>,
) -> Result<Response, Refusal> {
    let draws = query.draws.unwrap_or(2_000);
    if !(100..=10_000).contains(&draws) {
        return Err(Refusal::new(ErrorCode::Invalid, format!("`draws` is {draws}; give 100 to 10000")));
    }
    let study = app.0.studies.get(&study)?;
    let report = app.report(&study, query.names, draws as usize).await?;
    let text = match query.format {
        ReportFormat::Html => report.to_html(),
        ReportFormat::Json => report.to_json(),
        ReportFormat::Markdown => report.to_markdown(),
        ReportFormat::Latex => report.to_latex(),
    };
    let kind = match query.format {
        ReportFormat::Html => "text/html; charset=utf-8",
        ReportFormat::Json => "application/json",
        ReportFormat::Markdown => "text/markdown; charset=utf-8",
        ReportFormat::Latex => "text/x-tex; charset=utf-8",
    };
    let mut response = ([(header::CONTENT_TYPE, kind)], text).into_response();
    if query.format == ReportFormat::Html {
        let headers = response.headers_mut();
        headers.insert(header::CONTENT_SECURITY_POLICY, HeaderValue::from_static(POLICY));
        headers.insert(header::X_FRAME_OPTIONS, HeaderValue::from_static("SAMEORIGIN"));
    }
    Ok(response)
}
