//! What the pages may ask of the app. Each command is also named in `permissions/pages.toml`.
//!
//! Refusals are an `EngineError` in JSON, as the engine's own.

use std::path::PathBuf;

use repartee_wire::engine::{EngineError, EngineErrorCode};
use tauri::{AppHandle, Manager as _, State, Url, async_runtime::spawn_blocking, ipc::Channel};
use tauri_plugin_dialog::{DialogExt as _, FilePath};
use tokio::sync::oneshot;

use crate::{
    closing::{self, How},
    engine::{Heard, json, lost},
    import,
    shell::{Shell, Standing, Told, program},
    windows,
};

/// A refusal in JSON.
type Refusal = String;

/// A message of a task: its kind, and a body in JSON.
type Message = (&'static str, String);

/// The answer to a call.
#[tauri::command]
pub(crate) async fn call(body: String, shell: State<'_, Shell>) -> Result<String, Refusal> {
    shell.engine().map_err(refusal)?.call(&body).await
}

/// Starts a task, of which the channel hears; gives its number.
#[tauri::command]
pub(crate) async fn start(body: String, told: Channel<Message>, shell: State<'_, Shell>) -> Result<u64, Refusal> {
    let hear = move |heard| {
        let message = match heard {
            Heard::Answer(body) | Heard::Event(body) => ("event", body),
            Heard::End => ("end", String::new()),
            Heard::Error(body) => ("error", body),
        };
        // A page that is gone hears nothing.
        _ = told.send(message);
    };
    Ok(shell.engine().map_err(refusal)?.start_task(&body, Box::new(hear)))
}

/// Stops a task.
#[tauri::command]
pub(crate) async fn stop(number: u64, shell: State<'_, Shell>) -> Result<(), Refusal> {
    shell.engine().map_err(refusal)?.stop_task(number);
    Ok(())
}

/// A page begins: how things stand, and where it wants to be told.
#[tauri::command]
pub(crate) async fn attend(told: Channel<Told>, shell: State<'_, Shell>) -> Result<Standing, Refusal> {
    Ok(shell.attend(told))
}

/// Lets the user choose a folder as the project; whether one was chosen.
#[tauri::command]
pub(crate) async fn choose_project(app: AppHandle, shell: State<'_, Shell>) -> Result<bool, Refusal> {
    let project = shell.project();
    let dialog = app.dialog().file().set_can_create_directories(true);
    let Some(folder) = chosen(|told| dialog.set_directory(project).pick_folder(told)).await else { return Ok(false) };
    switch(&app, folder).await?;
    Ok(true)
}

/// Opens a project that was open before.
#[tauri::command]
pub(crate) async fn open_project(folder: PathBuf, app: AppHandle, shell: State<'_, Shell>) -> Result<(), Refusal> {
    if !shell.is_known(&folder) {
        let message = format!("`{}` is none of the recent projects; choose its folder", folder.display());
        return Err(refusal(EngineError::new(EngineErrorCode::NotFound, message)));
    }
    switch(&app, folder).await
}

/// Lets the user choose a file of pairs and makes a corpus of it; its name, if a file was chosen.
#[tauri::command]
pub(crate) async fn import_corpus(app: AppHandle, shell: State<'_, Shell>) -> Result<Option<String>, Refusal> {
    let dialog = app.dialog().file().add_filter("JSONL, TSV", &["jsonl", "tsv"]);
    let Some(file) = chosen(|told| dialog.pick_file(told)).await else { return Ok(None) };
    let (program, project) = (program().map_err(refusal)?, shell.project());
    worked(move || import::corpus(&program, &project, &file)).await.map(Some)
}

/// Lets the user choose the folder of an exported model and copies it into the project; its name, if one was chosen.
#[tauri::command]
pub(crate) async fn import_model(app: AppHandle, shell: State<'_, Shell>) -> Result<Option<String>, Refusal> {
    let dialog = app.dialog().file();
    let Some(folder) = chosen(|told| dialog.pick_folder(told)).await else { return Ok(None) };
    let project = shell.project();
    worked(move || import::model(&project, &folder)).await.map(Some)
}

/// Starts the engine again.
#[tauri::command]
pub(crate) async fn restart_engine(app: AppHandle) -> Result<(), Refusal> {
    worked(move || {
        windows::close_studies(&app);
        app.state::<Shell>().restart();
        Ok(())
    })
    .await
}

/// Shows the studies of the project in a window of their own.
#[tauri::command]
pub(crate) async fn open_studies(app: AppHandle, shell: State<'_, Shell>) -> Result<(), Refusal> {
    let pages = shell.engine().map_err(refusal)?.pages().await;
    let pages = pages.and_then(|pages| Url::parse(&pages).ok());
    let pages = pages.ok_or_else(|| refusal(lost("it does not say where its pages are")))?;
    windows::open_studies(&app, &pages).map_err(|error| refusal(failed(&error)))
}

/// Closes the app, or not.
#[tauri::command]
pub(crate) async fn close(how: How, app: AppHandle) -> Result<(), Refusal> {
    closing::close(&app, how).await.map_err(refusal)
}

async fn switch(app: &AppHandle, folder: PathBuf) -> Result<(), Refusal> {
    let app = app.clone();
    worked(move || {
        windows::close_studies(&app);
        app.state::<Shell>().open_project(&folder);
        Ok(())
    })
    .await
}

/// What the user chose in a dialog.
async fn chosen(show: impl FnOnce(Box<dyn FnOnce(Option<FilePath>) + Send>)) -> Option<PathBuf> {
    let (choice, chosen) = oneshot::channel();
    show(Box::new(move |path| _ = choice.send(path)));
    chosen.await.ok()??.into_path().ok()
}

/// Works beside what must not wait.
async fn worked<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, EngineError> + Send + 'static,
) -> Result<T, Refusal> {
    spawn_blocking(work).await.unwrap_or_else(|error| Err(failed(&error))).map_err(refusal)
}

fn failed(error: &impl std::fmt::Display) -> EngineError {
    EngineError::new(EngineErrorCode::Internal, format!("the app has failed: {error}"))
}

#[expect(clippy::needless_pass_by_value, reason = "it stands in map_err")]
fn refusal(error: EngineError) -> Refusal {
    json(&error)
}
