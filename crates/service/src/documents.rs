//! Documents about a study: report, raw data, datasheet.

use repartee_study::{
    Store, StudyError,
    datasheet::Datasheet as Sheet,
    exchange::{Format, export as write},
    report::{Report, ReportOptions},
};
use repartee_wire::{
    ErrorCode,
    admin::{DatasheetFormat, ExportFormat, ExportQuery, ReportFormat, ReportQuery},
};

use crate::Refused;

/// A document.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Document {
    /// What it is, in the words of HTTP.
    pub content_type: &'static str,
    /// How the names of such files end.
    pub extension: &'static str,
    /// The document.
    pub bytes: Vec<u8>,
}

impl Document {
    fn text(content_type: &'static str, extension: &'static str, text: String) -> Self {
        Self { content_type, extension, bytes: text.into_bytes() }
    }

    /// A name for it, after the study's own file.
    #[must_use]
    pub fn name(&self, file: &str) -> String {
        let is_plain = |letter: &char| letter.is_ascii_alphanumeric() || "-_".contains(*letter);
        let stem: String = file.trim_end_matches(".sqlite").chars().filter(is_plain).collect();
        let stem = if stem.is_empty() { "study" } else { &stem };
        format!("{stem}{}", self.extension)
    }
}

/// The options of a report.
///
/// # Errors
/// When the number of samples is out of bounds.
pub fn report_options(query: &ReportQuery) -> Result<ReportOptions, Refused> {
    let draws = query.draws.unwrap_or(2_000);
    if !(100..=10_000).contains(&draws) {
        return Err(Refused::new(ErrorCode::Invalid, format!("`draws` is {draws}; give 100 to 10000")));
    }
    Ok(ReportOptions { n_draws: draws as usize, names: query.names, ..ReportOptions::default() })
}

/// A report that was computed, as a document.
#[must_use]
pub fn report(report: &Report, format: ReportFormat) -> Document {
    match format {
        ReportFormat::Html => Document::text("text/html; charset=utf-8", ".report.html", report.to_html()),
        ReportFormat::Json => Document::text("application/json", ".report.json", report.to_json()),
        ReportFormat::Markdown => Document::text("text/markdown; charset=utf-8", ".report.md", report.to_markdown()),
        ReportFormat::Latex => Document::text("text/x-tex; charset=utf-8", ".report.tex", report.to_latex()),
    }
}

/// All judgements, the design, or the study's file, which `copy` gives.
///
/// # Errors
/// The file cannot be read.
pub fn export(
    store: &mut Store,
    query: ExportQuery,
    copy: impl FnOnce(&Store) -> Result<Vec<u8>, StudyError>,
) -> Result<Document, StudyError> {
    let (content_type, extension, bytes) = match query.format {
        ExportFormat::Csv => ("text/csv; charset=utf-8", ".csv", write(&store.ratings()?, Format::Csv, query.names)?.0),
        ExportFormat::Jsonl => ("application/jsonl", ".jsonl", write(&store.ratings()?, Format::Jsonl, query.names)?.0),
        ExportFormat::Xlsx => (
            "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
            ".xlsx",
            write(&store.ratings()?, Format::Xlsx, query.names)?.0,
        ),
        ExportFormat::Design => ("application/toml", ".design.toml", store.design().to_toml().into_bytes()),
        ExportFormat::Study => return Ok(study_file(copy(store)?)),
    };
    Ok(Document { content_type, extension, bytes })
}

/// A copy of the study's file, as a document.
#[must_use]
pub fn study_file(bytes: Vec<u8>) -> Document {
    Document { content_type: "application/vnd.sqlite3", extension: ".sqlite", bytes }
}

/// The Human Evaluation Datasheet, pre-filled with what the study and its report, if there is one, know.
///
/// # Errors
/// The file cannot be read.
pub fn datasheet(store: &mut Store, report: Option<&Report>, format: DatasheetFormat) -> Result<Document, StudyError> {
    let sheet = Sheet::of(&store.ratings()?, report);
    Ok(match format {
        DatasheetFormat::Json => Document::text("application/json", ".datasheet.json", sheet.to_json()),
        DatasheetFormat::Markdown => {
            Document::text("text/markdown; charset=utf-8", ".datasheet.md", sheet.to_markdown())
        }
    })
}
