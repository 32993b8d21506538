//! The engine: the program `repartee studio FOLDER --stdio`, a process of its own.
//!
//! Each line is a JSON array `[number, kind, body]`. To the engine the kind is `call`, `task` or `stop`; from it `answer`,
//! `event`, `end` or `error`, with the number of what they belong to, and first of all `[0, "ready", {"pages": ADDRESS}]`.
//! Bodies pass through as they are. The end of its input ends the engine; runs that it started go on.

use std::{
    collections::{HashMap, VecDeque},
    io::{BufRead as _, BufReader, Read, Write as _},
    path::Path,
    process::{Child, ChildStdin, Command, ExitStatus, Stdio},
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
    thread,
    time::{Duration, Instant},
};

use repartee_wire::engine::{Call, EngineError, EngineErrorCode};
use serde::{Deserialize, de::DeserializeOwned};
use serde_json::value::RawValue;
use tokio::sync::{oneshot, watch};

/// Lines of what the engine says on the side that are kept, for when it dies.
const N_LAST_WORDS: usize = 12;

/// How long an engine may take to end once its input has ended, or its output.
const PATIENCE: Duration = Duration::from_secs(3);

/// What is heard of a call or a task, in JSON.
#[derive(Debug)]
pub(crate) enum Heard {
    Answer(String),
    Event(String),
    End,
    Error(String),
}

/// Takes what is heard.
type Hear = Box<dyn FnMut(Heard) + Send>;

/// Where the engine says that its pages are.
#[derive(Deserialize)]
struct Ready {
    pages: String,
}

/// A running engine.
pub(crate) struct Engine {
    child: Mutex<Child>,
    input: Mutex<Option<ChildStdin>>,
    waiting: Mutex<HashMap<u64, Hear>>,
    tasks: Mutex<Vec<u64>>,
    next: AtomicU64,
    pages: watch::Sender<Option<String>>,
    last_words: Mutex<VecDeque<String>>,
    is_ending: AtomicBool,
    fault: Mutex<Option<EngineError>>,
}

impl Engine {
    /// Starts the program on a project folder. `on_lost` hears of its end, if nobody asked for that.
    ///
    /// # Errors
    /// When the program is not there or cannot be started.
    pub(crate) fn start(
        program: &Path,
        folder: &Path,
        on_lost: impl FnOnce(EngineError) + Send + 'static,
    ) -> Result<Arc<Self>, EngineError> {
        let mut command = Command::new(program);
        command.arg("studio").arg(folder).arg("--stdio");
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        without_console(&mut command);
        let mut child = command.spawn().map_err(|error| {
            let shown = program.display();
            internal(format!("the engine `{shown}` cannot be started ({error}); install Repartee again, or name its program in REPARTEE"))
        })?;
        let (input, output, errors) = (child.stdin.take(), child.stdout.take(), child.stderr.take());
        let engine = Arc::new(Self {
            child: Mutex::new(child),
            input: Mutex::new(input),
            waiting: Mutex::default(),
            tasks: Mutex::default(),
            next: AtomicU64::new(1),
            pages: watch::Sender::new(None),
            last_words: Mutex::default(),
            is_ending: AtomicBool::new(false),
            fault: Mutex::default(),
        });
        if let Some(errors) = errors {
            let listener = engine.clone();
            thread::spawn(move || listener.keep_last_words(errors));
        }
        if let Some(output) = output {
            let listener = engine.clone();
            thread::spawn(move || listener.listen(output, on_lost));
        }
        Ok(engine)
    }

    /// The answer to a call in JSON, in JSON.
    ///
    /// # Errors
    /// What the engine refuses, in JSON.
    pub(crate) async fn call(&self, call: &str) -> Result<String, String> {
        let (answer, answered) = oneshot::channel();
        let mut answer = Some(answer);
        self.send(
            "call",
            call,
            Box::new(move |heard| {
                let told = match heard {
                    Heard::Answer(body) => Ok(body),
                    Heard::Error(body) => Err(body),
                    Heard::Event(_) | Heard::End => return,
                };
                // Who asked may have gone.
                _ = answer.take().map(|answer| answer.send(told));
            }),
        );
        answered.await.unwrap_or_else(|_| Err(json(&lost("it gave no answer"))))
    }

    /// As [`Engine::call`], for a call of the app itself.
    ///
    /// # Errors
    /// What the engine refuses.
    pub(crate) async fn ask<T: DeserializeOwned>(&self, call: impl Into<Call>) -> Result<T, EngineError> {
        let call = serde_json::to_string(&call.into()).expect("calls are plain data");
        let answer = self.call(&call).await.map_err(|error| understood_error(&error))?;
        serde_json::from_str(&answer).map_err(|error| lost(&format!("its answer is not understood: {error}")))
    }

    /// Why it has ended, once it has.
    pub(crate) fn fault(&self) -> Option<EngineError> {
        locked(&self.fault).clone()
    }

    /// Starts a task in JSON; the number stops it.
    pub(crate) fn start_task(&self, task: &str, hear: Hear) -> u64 {
        let number = self.send("task", task, hear);
        locked(&self.tasks).push(number);
        number
    }

    /// Stops a task; nothing more is heard of it.
    pub(crate) fn stop_task(&self, number: u64) {
        locked(&self.tasks).retain(|task| *task != number);
        // What has ended needs no stop.
        if locked(&self.waiting).remove(&number).is_some() {
            _ = self.write(&format!("[{number},\"stop\",null]\n"));
        }
    }

    /// Stops all tasks: the page that started them is gone.
    pub(crate) fn stop_all_tasks(&self) {
        let tasks = std::mem::take(&mut *locked(&self.tasks));
        tasks.into_iter().for_each(|task| self.stop_task(task));
    }

    /// The address of the engine's own pages, with their key; it comes when the engine is ready.
    pub(crate) async fn pages(&self) -> Option<String> {
        let mut pages = self.pages.subscribe();
        let found = tokio::time::timeout(PATIENCE, pages.wait_for(Option::is_some)).await;
        found.ok()?.ok()?.clone()
    }

    /// Ends the engine, and waits a little until it has ended.
    pub(crate) fn end(&self) {
        self.is_ending.store(true, Ordering::SeqCst);
        drop(locked(&self.input).take());
        self.reap();
    }

    fn send(&self, kind: &str, body: &str, hear: Hear) -> u64 {
        let number = self.next.fetch_add(1, Ordering::SeqCst);
        let mut hear = hear;
        // A body that is no JSON would garble the line; white space between its parts may be anything but a new line.
        let Ok(body) = serde_json::from_str::<&RawValue>(body) else {
            hear(Heard::Error(json(&EngineError::new(EngineErrorCode::Invalid, "what was asked is no JSON"))));
            return number;
        };
        let body = body.get().replace(['\n', '\r'], " ");
        locked(&self.waiting).insert(number, hear);
        if let Err(reason) = self.write(&format!("[{number},\"{kind}\",{body}]\n"))
            && let Some(mut hear) = locked(&self.waiting).remove(&number)
        {
            hear(Heard::Error(json(&lost(&reason))));
        }
        number
    }

    fn write(&self, line: &str) -> Result<(), String> {
        match &mut *locked(&self.input) {
            None => Err("it was ended".to_owned()),
            Some(input) => {
                input.write_all(line.as_bytes()).and_then(|()| input.flush()).map_err(|error| error.to_string())
            }
        }
    }

    fn keep_last_words(&self, errors: impl Read) {
        for line in BufReader::new(errors).lines().map_while(Result::ok) {
            eprintln!("{line}");
            let mut words = locked(&self.last_words);
            words.push_back(line);
            if words.len() > N_LAST_WORDS {
                words.pop_front();
            }
        }
    }

    /// Until the output ends, and with it the engine.
    fn listen(&self, output: impl Read, on_lost: impl FnOnce(EngineError)) {
        for line in BufReader::new(output).lines().map_while(Result::ok) {
            match serde_json::from_str::<(u64, String, &RawValue)>(&line) {
                Ok((number, kind, body)) => self.heard(number, &kind, body.get()),
                Err(error) => eprintln!("a line of the engine is not understood ({error}): {line}"),
            }
        }
        let status = self.reap();
        let how = status.map_or_else(|| "it does not answer".to_owned(), |status| status.to_string());
        let words = locked(&self.last_words).iter().rev().find(|line| !line.trim().is_empty()).cloned();
        let error = lost(&words.map_or(how.clone(), |words| format!("{how}; its last words: {words}")));
        *locked(&self.fault) = Some(error.clone());
        for (_, mut hear) in locked(&self.waiting).drain() {
            hear(Heard::Error(json(&error)));
        }
        if !self.is_ending.load(Ordering::SeqCst) {
            on_lost(error);
        }
    }

    fn heard(&self, number: u64, kind: &str, body: &str) {
        if kind == "ready" {
            if let Ok(ready) = serde_json::from_str::<Ready>(body) {
                self.pages.send_replace(Some(ready.pages));
            }
            return;
        }
        let heard = match kind {
            "event" => Heard::Event(body.to_owned()),
            "answer" => Heard::Answer(body.to_owned()),
            "end" => Heard::End,
            _ => Heard::Error(body.to_owned()),
        };
        let mut waiting = locked(&self.waiting);
        if let Heard::Event(_) = heard {
            if let Some(hear) = waiting.get_mut(&number) {
                hear(heard);
            }
        } else if let Some(mut hear) = waiting.remove(&number) {
            drop(waiting);
            locked(&self.tasks).retain(|task| *task != number);
            hear(heard);
        }
    }

    /// Waits until the process has ended; one that does not is killed.
    fn reap(&self) -> Option<ExitStatus> {
        let start = Instant::now();
        loop {
            let mut child = locked(&self.child);
            match child.try_wait() {
                Ok(Some(status)) => return Some(status),
                Ok(None) if start.elapsed() < PATIENCE => {}
                Ok(None) | Err(_) => {
                    _ = child.kill();
                    return child.wait().ok();
                }
            }
            drop(child);
            thread::sleep(Duration::from_millis(20));
        }
    }
}

/// The refusal of an engine that is gone.
pub(crate) fn lost(why: &str) -> EngineError {
    internal(format!("the engine has ended ({why}); start it again"))
}

fn internal(message: String) -> EngineError {
    EngineError::new(EngineErrorCode::Internal, message)
}

pub(crate) fn json(error: &EngineError) -> String {
    serde_json::to_string(error).expect("a refusal is plain data")
}

fn understood_error(text: &str) -> EngineError {
    serde_json::from_str(text).unwrap_or_else(|_| internal(format!("the engine has failed: {text}")))
}

pub(crate) fn locked<T: ?Sized>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Windows would open a console for a program of the command line.
pub(crate) fn without_console(command: &mut Command) {
    #[cfg(windows)]
    {
        const CREATE_NO_WINDOW: u32 = 0x0800_0000;
        std::os::windows::process::CommandExt::creation_flags(command, CREATE_NO_WINDOW);
    }
    #[cfg(not(windows))]
    {
        _ = command;
    }
}

#[cfg(all(test, unix))]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test that cannot go on fails")]

    use std::{fs, os::unix::fs::PermissionsExt as _, sync::mpsc};

    use super::*;

    /// An engine that answers the second line first, tells of a task, and dies at the line after.
    const SCRIPT: &str = r#"#!/bin/sh
echo '[0,"ready",{"pages":"http://127.0.0.1:1/"}]'
read -r first; read -r second; read -r third
echo "[2,\"answer\",{\"line\":$second}]"
echo 'garbled'
echo "[1,\"error\",{\"code\":\"busy\",\"message\":\"one\"}]"
echo "[3,\"event\",{\"line\":$third}]"
read -r fourth
echo 'the driver is gone' >&2
exit 7
"#;

    fn started(on_lost: impl FnOnce(EngineError) + Send + 'static) -> (tempfile::TempDir, Arc<Engine>) {
        let folder = tempfile::tempdir().unwrap();
        let program = folder.path().join("repartee");
        fs::write(&program, SCRIPT).unwrap();
        fs::set_permissions(&program, fs::Permissions::from_mode(0o755)).unwrap();
        let engine = Engine::start(&program, folder.path(), on_lost).unwrap();
        (folder, engine)
    }

    #[test]
    fn everyone_hears_what_is_theirs_and_of_the_end() {
        let (lost, was_lost) = mpsc::channel();
        let (_folder, engine) = started(move |error| lost.send(error.message).unwrap());
        let (told, heard) = mpsc::channel();
        tauri::async_runtime::block_on(async {
            let first = engine.call("{\"call\":\n\"models\"}");
            let second = async {
                let answer = engine.call("{}");
                let ear = told.clone();
                let task = async { engine.start_task("{\"task\":1}", Box::new(move |heard| ear.send(heard).unwrap())) };
                tokio::join!(answer, task)
            };
            let (first, (second, task)) = tokio::join!(first, second);
            assert_eq!(first, Err(r#"{"code":"busy","message":"one"}"#.to_owned()));
            assert_eq!(second, Ok(r#"{"line":[2,"call",{}]}"#.to_owned()));
            assert_eq!(task, 3);
            assert_eq!(engine.pages().await.as_deref(), Some("http://127.0.0.1:1/"));
            assert!(engine.call("no JSON").await.unwrap_err().contains("no JSON"));
            let left_alone = engine.call("{}").await.unwrap_err();
            assert!(left_alone.contains("its last words: the driver is gone"), "{left_alone}");
        });
        let Heard::Event(event) = heard.recv().unwrap() else { panic!("an event comes first") };
        assert_eq!(event, r#"{"line":[3,"task",{"task":1}]}"#);
        assert!(matches!(heard.recv().unwrap(), Heard::Error(_)));
        assert!(was_lost.recv().unwrap().contains("exit status: 7"));
        assert!(engine.fault().is_some());
    }

    #[test]
    fn an_engine_that_is_ended_is_not_lost() {
        let (lost, was_lost) = mpsc::channel::<()>();
        let (_folder, engine) = started(move |_| lost.send(()).unwrap());
        engine.end();
        assert_eq!(was_lost.recv(), Err(mpsc::RecvError), "it was dropped, not called");
        assert!(engine.write("[1,\"call\",{}]\n").is_err());
    }

    #[test]
    fn a_program_that_is_not_there_is_told() {
        let error = Engine::start(Path::new("/nowhere/repartee"), Path::new("."), |_| ()).err().unwrap();
        assert!(error.message.contains("/nowhere/repartee") && error.message.contains("REPARTEE"), "{error}");
    }
}
