//! The engine line by line, for a program that shows the pages itself.
//!
//! Each line is a JSON array `[number, kind, body]`. In: `call` and `task` with the call or task as body, and `stop`, with
//! the number of a task. Out: `answer` and `event`, `end` and `error`, with the number of what they belong to; the first
//! line is `[0, "ready", {"pages": ADDRESS}]`. The end of the input ends the engine; runs go on.

use std::{
    collections::BTreeMap,
    io::{self, BufRead, Write},
    sync::{Arc, Mutex},
    thread,
};

use repartee_wire::engine::EngineError;
use serde_json::Value;

use crate::{Stop, Studio, Told, fault::invalid, lock};

type Output = Arc<Mutex<dyn Write + Send>>;

/// Serves until the input ends. `pages` is where the same studio is over HTTP.
///
/// # Errors
/// When the input or the output breaks.
pub fn run(studio: &Studio, pages: &str, input: impl BufRead, output: impl Write + Send + 'static) -> io::Result<()> {
    let output: Output = Arc::new(Mutex::new(output));
    say(&output, 0, "ready", &serde_json::json!({ "pages": pages }).to_string())?;
    let running: Arc<Mutex<BTreeMap<u64, Stop>>> = Arc::default();
    for line in input.lines() {
        let line = line?;
        if line.trim().is_empty() {
            continue;
        }
        let Some((number, kind, body)) = parsed(&line) else {
            refuse(&output, 0, &invalid(format!("a line is [number, kind, body], not `{line}`")))?;
            continue;
        };
        match kind.as_str() {
            "call" => call(studio.clone(), number, body, output.clone()),
            "task" => start(studio, number, &body, &output, &running)?,
            // What has ended needs no stop.
            "stop" => lock(&running).get(&number).into_iter().for_each(Stop::stop),
            other => refuse(&output, number, &invalid(format!("`{other}` is none of call, task, stop")))?,
        }
    }
    lock(&running).values().for_each(Stop::stop);
    Ok(())
}

fn parsed(line: &str) -> Option<(u64, String, String)> {
    let parts: Vec<Value> = serde_json::from_str(line).ok()?;
    let body = parts.get(2).map(Value::to_string).unwrap_or_default();
    Some((parts.first()?.as_u64()?, parts.get(1)?.as_str()?.to_owned(), body))
}

/// A call may take a while; others need not wait for it.
fn call(studio: Studio, number: u64, body: String, output: Output) {
    thread::spawn(move || {
        // Whoever does not read any more hears nothing.
        _ = match studio.call_json(&body) {
            Ok(answer) => say(&output, number, "answer", &answer),
            Err(error) => refuse(&output, number, &error),
        };
    });
}

fn start(
    studio: &Studio,
    number: u64,
    body: &str,
    output: &Output,
    running: &Arc<Mutex<BTreeMap<u64, Stop>>>,
) -> io::Result<()> {
    // Held, so that an end that comes at once finds what it takes away.
    let mut tasks = lock(running);
    let (ear, ended) = (output.clone(), running.clone());
    let started = studio.start_json(body, move |told| {
        _ = match told {
            Told::Event(event) => say(&ear, number, "event", &event),
            Told::End(how) => {
                lock(&ended).remove(&number);
                match how {
                    Ok(()) => say(&ear, number, "end", "null"),
                    Err(error) => refuse(&ear, number, &error),
                }
            }
        };
    });
    match started {
        Ok(stop) => {
            tasks.insert(number, stop);
            Ok(())
        }
        Err(error) => refuse(output, number, &error),
    }
}

fn refuse(output: &Output, number: u64, error: &EngineError) -> io::Result<()> {
    say(output, number, "error", &serde_json::to_string(error).expect("a refusal is plain data"))
}

/// A whole line at once.
fn say(output: &Output, number: u64, kind: &str, body: &str) -> io::Result<()> {
    let mut output = lock(output);
    output.write_all(format!("[{number},\"{kind}\",{body}]\n").as_bytes())?;
    output.flush()
}
