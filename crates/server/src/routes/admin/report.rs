//! The report.

use axum::{
    extract::{Path, State},
    http::{HeaderValue, header},
    response::{IntoResponse as _, Response},
};
use repartee_service::documents::{self, Document};
use repartee_wire::admin::{ReportFormat, ReportQuery};

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
    let options = documents::report_options(&query)?;
    let study = app.0.studies.get(&study)?;
    let Document { content_type, bytes, .. } = documents::report(&*app.report(&study, options).await?, query.format);
    let mut response = ([(header::CONTENT_TYPE, content_type)], bytes).into_response();
    if query.format == ReportFormat::Html {
        let headers = response.headers_mut();
        headers.insert(header::CONTENT_SECURITY_POLICY, HeaderValue::from_static(POLICY));
        headers.insert(header::X_FRAME_OPTIONS, HeaderValue::from_static("SAMEORIGIN"));
    }
    Ok(response)
}
