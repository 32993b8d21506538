//! Files into a study.

use std::path::{Path as FilePath, PathBuf};

use axum::{
    Json,
    extract::{Path, State},
};
use repartee_study::{
    Content, ItemKind, StudyError,
    exchange::{Controls, RepliesFrom, Sheet, add_controls_of, add_replies_of, replies_of_sheet},
};
use repartee_wire::admin::{Holds, Import, Imported, Upload};

use crate::{App, extract::Body, guard::Admin, refusal::Refusal};

/// Adds files to a study that is not frozen; all or none.
#[utoipa::path(post, path = "/api/admin/studies/{study}/import", tag = "admin", request_body = Import,
    params(("study" = String, Path)), responses((status = 200, body = Imported)))]
pub(crate) async fn import(
    State(app): State<App>,
    _: Admin,
    Path(study): Path<String>,
    Body(request): Body<Import>,
) -> Result<Json<Imported>, Refusal> {
    let study = app.0.studies.get(&study)?;
    let permit = app.heavy().await?;
    let imported = study.write(move |store| {
        let content = store.extend(|content| add_files(content, &request.files))?;
        let count = |kind| content.items.iter().filter(|item| item.kind == kind).count() as u64;
        Ok(Imported {
            n_items: count(ItemKind::Main),
            n_training: count(ItemKind::Training),
            n_gold: count(ItemKind::Gold),
            systems: content.systems,
        })
    });
    let imported = imported.await;
    drop(permit);
    Ok(Json(imported?))
}

/// Adds what files hold.
pub(super) fn add_files(content: &mut Content, files: &[Upload]) -> Result<(), StudyError> {
    for Upload { name, text, holds } in files {
        // The name is for messages and tells the format; nothing is opened under it.
        let name = FilePath::new(FilePath::new(name).file_name().unwrap_or_default());
        let bytes = text.as_bytes();
        match holds {
            Holds::Replies { system, nth } => {
                let from = RepliesFrom { system: system.clone(), nth: *nth as usize };
                add_replies_of(content, name, bytes, &from)?;
            }
            Holds::Training => drop(add_controls_of(content, name, bytes, Controls::Training)?),
            Holds::Gold => drop(add_controls_of(content, name, bytes, Controls::Gold)?),
            Holds::Sheet { system } => {
                let sheet = Sheet { system: system.clone(), path: PathBuf::from(name) };
                replies_of_sheet(content, &sheet, bytes)?;
            }
        }
    }
    Ok(())
}
