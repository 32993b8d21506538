//! All studies, and new ones.

use std::sync::Arc;

use axum::{Json, extract::State, http::StatusCode};
use repartee_service::admin;
use repartee_study::Store;
use repartee_wire::admin::{NewStudy, Studies, Study, StudySummary};

use super::study::view;
use crate::{App, extract::Body, guard::Admin, refusal::Refusal, studies, studies::blocking};

/// The studies that the server has; those that other programs made in its folders meanwhile, too.
#[utoipa::path(get, path = "/api/admin/studies", tag = "admin", responses((status = 200, body = Studies)))]
pub(crate) async fn list(State(app): State<App>, _: Admin) -> Result<Json<Studies>, Refusal> {
    let looking = app.clone();
    blocking(move || {
        looking.0.studies.look_again(looking.0.office.password_hash());
        Ok(())
    })
    .await?;
    let mut summaries = Vec::new();
    for study in app.0.studies.all() {
        summaries.push(summary(&study).await?);
    }
    summaries.sort_by(|one, other| one.name.cmp(&other.name));
    Ok(Json(Studies { studies: summaries }))
}

async fn summary(study: &Arc<studies::Study>) -> Result<StudySummary, Refusal> {
    let file = study.file();
    study.read(move |store| admin::summary(store, &file)).await
}

/// Makes a study from a design and files.
#[utoipa::path(post, path = "/api/admin/studies", tag = "admin", request_body = NewStudy,
    responses((status = 201, body = Study)))]
pub(crate) async fn create(
    State(app): State<App>,
    _: Admin,
    Body(new): Body<NewStudy>,
) -> Result<(StatusCode, Json<Study>), Refusal> {
    let NewStudy { design, files, freeze } = new;
    let (design, now_ms) = (admin::design(design), app.now_ms());
    let permit = app.heavy().await?;
    let making = app.clone();
    let study = blocking(move || {
        let _turn = making.0.studies.turn();
        let path = making.0.studies.path_for(&design.name)?;
        let mut store = Store::create(&path, &design, now_ms)?;
        let filled = admin::import(&mut store, &files).and_then(|_| {
            store.set_password_hash(making.0.office.password_hash())?;
            if freeze { store.freeze(now_ms).map(drop) } else { Ok(()) }
        });
        if let Err(error) = filled {
            drop(store);
            // The error to tell is the first one, whether or not the useless file can be removed.
            let _ = std::fs::remove_file(&path);
            return Err(error);
        }
        making.0.studies.admit(store)
    });
    let study = study.await?;
    drop(permit);
    Ok((StatusCode::CREATED, Json(view(&app, &study).await?)))
}
