//! Closing the window while runs are under way: the page asks whether they go on or are saved and stopped.

use std::{sync::atomic::Ordering, time::Duration};

use repartee_wire::engine::{EngineError, EngineErrorCode, RunState, RunStatus, Runs, StopRun};
use serde::Deserialize;
use tauri::{AppHandle, Manager as _};
use tokio::time::{sleep, timeout};

use crate::{
    engine::Engine,
    shell::{Shell, Told},
};

/// How long the engine may take to say which runs are under way; one that hangs keeps no window open.
const TO_ANSWER: Duration = Duration::from_secs(3);

/// How long runs may take to save and stop.
const TO_STOP: Duration = Duration::from_secs(300);

/// What is to become of the runs.
#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum How {
    /// They go on without the app.
    Background,
    /// They are saved and stopped; the app waits for it.
    Stop,
    /// The window stays.
    Stay,
}

/// Asks the page what is to become of the runs; closes at once where there are none, or nobody to ask.
pub(crate) async fn ask(app: AppHandle) {
    let shell = app.state::<Shell>();
    // Whoever closes twice wants it closed: the runs go on.
    if shell.is_closing.swap(true, Ordering::SeqCst) {
        return leave(&app);
    }
    let runs = match shell.engine() {
        Ok(engine) => {
            timeout(TO_ANSWER, under_way(&engine)).await.unwrap_or_else(|_| Ok(Vec::new())).unwrap_or_default()
        }
        Err(_) => Vec::new(),
    };
    if runs.is_empty() || !shell.tell(Told::Closing { runs }) {
        leave(&app);
    }
}

/// Does what the page was told.
///
/// # Errors
/// When a run does not stop; then the window stays.
pub(crate) async fn close(app: &AppHandle, how: How) -> Result<(), EngineError> {
    let shell = app.state::<Shell>();
    let done = match how {
        How::Stay => {
            shell.is_closing.store(false, Ordering::SeqCst);
            return Ok(());
        }
        How::Background => Ok(()),
        How::Stop => stop_all(&*shell.engine()?).await,
    };
    match &done {
        Ok(()) => leave(app),
        Err(_) => shell.is_closing.store(false, Ordering::SeqCst),
    }
    done
}

async fn stop_all(engine: &Engine) -> Result<(), EngineError> {
    for run in under_way(engine).await? {
        let _status: RunStatus = engine.ask(StopRun { run }).await?;
    }
    let all_stopped = async {
        while !under_way(engine).await?.is_empty() {
            sleep(Duration::from_millis(200)).await;
        }
        Ok(())
    };
    let message = "the runs do not stop; close again and let them go on, or wait";
    timeout(TO_STOP, all_stopped).await.unwrap_or_else(|_| Err(EngineError::new(EngineErrorCode::Busy, message)))
}

/// The runs that a process works on.
async fn under_way(engine: &Engine) -> Result<Vec<String>, EngineError> {
    let runs: Vec<RunStatus> = engine.ask(Runs {}).await?;
    let is_under_way =
        |run: &RunStatus| matches!(run.state, RunState::Starting | RunState::Running | RunState::Stopping);
    Ok(runs.into_iter().filter(is_under_way).map(|run| run.run).collect())
}

/// Ends the engine and the app.
fn leave(app: &AppHandle) {
    app.state::<Shell>().end_engine();
    app.exit(0);
}
