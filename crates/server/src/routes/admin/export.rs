//! The export.

use axum::{
    extract::{Path, State},
    response::Response,
};
use repartee_service::documents;
use repartee_study::{Store, StudyError};
use repartee_wire::admin::ExportQuery;

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
    let document = study.read(move |store| documents::export(store, query, copy)).await;
    drop(permit);
    Ok(download(document?, &study.file()))
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
