//! What only the desktop app has: a project folder, files from the disk, a window that can be closed while runs are under way,
//! and an engine that can be started again.

mod dialogs;
pub(crate) mod ipc;
mod project;

use leptos::{prelude::*, task::spawn_local};
use repartee_wire::engine::EngineError;
use serde::Deserialize;

pub(crate) use dialogs::Dialogs;
pub(crate) use project::{ImportCorpus, ImportModel, Project};

/// Something that the app says by itself.
#[derive(Clone, Debug, Deserialize)]
#[serde(tag = "kind", rename_all = "kebab-case")]
enum Told {
    Closing { runs: Vec<String> },
    Lost { error: EngineError },
}

/// How things stand when the page begins.
#[derive(Clone, Debug, Deserialize)]
struct Standing {
    project: String,
    recent: Vec<String>,
    fault: Option<EngineError>,
}

/// The app around the pages.
#[derive(Clone, Copy)]
pub(crate) struct Desktop {
    standing: RwSignal<Option<Standing>>,
    /// Runs that are under way while the window is to be closed.
    closing: RwSignal<Option<Vec<String>>>,
    /// Why there is no engine.
    lost: RwSignal<Option<EngineError>>,
}

impl Desktop {
    /// The app, if the pages are in it.
    pub(crate) fn attend() -> Option<Self> {
        if !is_here() {
            return None;
        }
        let desktop = Self { standing: RwSignal::new(None), closing: RwSignal::new(None), lost: RwSignal::new(None) };
        let told = ipc::channel(move |message| match ipc::understood(&message) {
            Some(Told::Closing { runs }) => desktop.closing.set(Some(runs)),
            Some(Told::Lost { error }) => desktop.lost.set(Some(error)),
            None => {}
        });
        spawn_local(async move {
            match ipc::ask::<Standing>("attend", &[("told", told)]).await {
                Ok(standing) => {
                    desktop.lost.set(standing.fault.clone());
                    desktop.standing.set(Some(standing));
                }
                Err(error) => desktop.lost.set(Some(error)),
            }
        });
        Some(desktop)
    }

    /// The one around the pages, if there is one.
    pub(crate) fn get() -> Option<Self> {
        use_context()
    }
}

/// Whether the pages are in the app.
fn is_here() -> bool {
    let meta = document().query_selector("meta[name=repartee-engine][content=tauri]");
    meta.is_ok_and(|meta| meta.is_some())
}

/// Shows the studies, which have a window of their own.
pub(crate) async fn open_studies() -> Result<(), EngineError> {
    ipc::invoke("open_studies", &[]).await.map(|_| ())
}

/// Begins the page anew: everything on it was another engine's.
fn begin_anew() {
    _ = window().location().reload();
}
