//! The export.

use axum::{
    extract::{Path, State},
    response::Response,
};
use repartee_study::{
    Store, StudyError,
    exchange::{Format, export as write},
};
use repartee_wire::admin::{ExportFormat, ExportQuery};

use super::download;
use crate::{App, extract::Asked, guard::Admin, refusal::Refusal};

/// All judgements, or the study's file.
#[utoipa::path(get, path = "/api/admin/studies/{study}/export", tag = "admin",
    params(("study" = String, Path), ExportQuery), responses((status = 200, description = "A file")))]
pub(crate) async fn export(
    State(app): State<App>,
    _: Admin,
    Path(study): Path<String>,
    Asked(query): Asked<ExportQuery>,
) -> Result<Response, Refusal> {
    let study = app.0.studies.get(&study)?;
    let permit = app.heavy().await?;
    let ExportQuery { format, names } = query;
    let bytes = study.read(move |store| match format {
        ExportFormat::Csv => Ok(write(&store.ratings()?, Format::Csv, names)?.0),
        ExportFormat::Jsonl => Ok(write(&store.ratings()?, Format::Jsonl, names)?.0),
        ExportFormat::Xlsx => Ok(write(&store.ratings()?, Format::Xlsx, names)?.0),
        ExportFormat::Design => Ok(store.design().to_toml().into_bytes()),
        ExportFormat::Study => copy(store),
    });
    let bytes = bytes.await;
    drop(permit);
    let (kind, end) = match format {
        ExportFormat::Csv => ("text/csv; charset=utf-8", ".csv"),
        ExportFormat::Jsonl => ("application/jsonl", ".jsonl"),
        ExportFormat::Xlsx => ("application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", ".xlsx"),
        ExportFormat::Design => ("application/toml", ".design.toml"),
        ExportFormat::Study => ("application/vnd.sqlite3", ".sqlite"),
    };
    Ok(download(bytes?, kind, &study.file(), end))
}

/// The bytes of a copy as of now.
fn copy(store: &Store) -> Result<Vec<u8>, StudyError> {
    let path = store.path().with_extension(format!("copy-{}", repartee_study::new_id()?));
    let copied = store
        .backup(&path)
        .and_then(|()| std::fs::read(&path).map_err(|source| StudyError::Read { path: path.clone(), source }));
    // A copy that could not be removed is an untidiness, not an error of the request.
    let _ = std::fs::remove_file(&path);
    copied
}
