//! The engine behind the pages, as a program that shows them speaks with it: line by line, with the processes that train.

mod common;

use std::{
    collections::BTreeMap,
    fs,
    io::{BufRead as _, BufReader, Write as _},
    path::Path,
    process::{Child, ChildStdin, Command, Stdio},
    sync::mpsc::{Receiver, channel},
    time::{Duration, Instant},
};

use common::{Folder, succeeds};
use serde_json::{Value, json};

/// Far longer than anything here takes on a busy machine.
const PATIENCE: Duration = Duration::from_secs(180);

const MODEL: [&str; 6] = [
    "model.d_model=16",
    "model.d_feedforward=24",
    "model.latent_size=8",
    "model.n_layers=1",
    "model.n_heads=2",
    "batch.tokens=400",
];

/// A studio that is spoken with.
struct Studio {
    child: Child,
    input: Option<ChildStdin>,
    lines: Receiver<Value>,
    heard: BTreeMap<u64, Vec<(String, Value)>>,
    next: u64,
    pages: String,
}

impl Studio {
    fn start(folder: &str) -> Self {
        let mut command = Command::new(env!("CARGO_BIN_EXE_repartee"));
        command.args(["studio", folder, "--stdio", "--device", "cpu"]);
        let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().expect("the program starts");
        let (input, output) = (child.stdin.take(), child.stdout.take().expect("it is piped"));
        let (sender, lines) = channel();
        std::thread::spawn(move || {
            for line in BufReader::new(output).lines().map_while(Result::ok) {
                let line = serde_json::from_str(&line).unwrap_or_else(|error| panic!("{line}: {error}"));
                if sender.send(line).is_err() {
                    break;
                }
            }
        });
        let first: Value = lines.recv_timeout(PATIENCE).expect("it says that it is ready");
        assert_eq!((&first[0], &first[1]), (&json!(0), &json!("ready")), "{first}");
        let pages = first[2]["pages"].as_str().expect("an address").to_owned();
        Self { child, input, lines, heard: BTreeMap::new(), next: 1, pages }
    }

    fn send(&mut self, kind: &str, body: &Value) -> u64 {
        let number = self.next;
        self.next += 1;
        self.say(&json!([number, kind, body]).to_string());
        number
    }

    fn say(&mut self, line: &str) {
        writeln!(self.input.as_mut().expect("it is open"), "{line}").expect("it listens");
    }

    /// Waits until something is said of a number that `is_it`, and gives it.
    fn hear(&mut self, number: u64, is_it: impl Fn(&str, &Value) -> bool) -> (String, Value) {
        let start = Instant::now();
        loop {
            let found = self.heard.get(&number).and_then(|all| all.iter().find(|(kind, body)| is_it(kind, body)));
            if let Some(found) = found {
                return found.clone();
            }
            assert!(start.elapsed() < PATIENCE, "waited too long; heard {:?}", self.heard.get(&number));
            let Ok(line) = self.lines.recv_timeout(Duration::from_millis(100)) else { continue };
            let (number, kind) = (line[0].as_u64().expect("a number"), line[1].as_str().expect("a kind").to_owned());
            self.heard.entry(number).or_default().push((kind, line[2].clone()));
        }
    }

    fn call(&mut self, call: &Value) -> Value {
        let number = self.send("call", call);
        let (kind, body) = self.hear(number, |_, _| true);
        assert_eq!(kind, "answer", "{call}: {body}");
        body
    }

    fn refused(&mut self, kind: &str, body: &Value) -> Value {
        let number = self.send(kind, body);
        self.hear(number, |kind, _| kind == "error").1
    }

    /// All events of a task, after its end.
    fn task(&mut self, task: &Value) -> Vec<Value> {
        let number = self.send("task", task);
        let (kind, body) = self.hear(number, |kind, _| matches!(kind, "end" | "error"));
        assert_eq!(kind, "end", "{task}: {body}");
        let events = self.heard[&number].iter().filter(|(kind, _)| kind == "event");
        events.map(|(_, body)| body.clone()).collect()
    }

    fn watch(&mut self, run: &str) -> Vec<Value> {
        self.task(&json!({ "task": "watch-run", "run": run, "since_line": 0 }))
    }

    fn status(&mut self, run: &str) -> Value {
        let runs = self.call(&json!({ "call": "runs" }));
        let found = runs.as_array().expect("a list").iter().find(|status| status["run"] == run);
        found.unwrap_or_else(|| panic!("no {run} in {runs}")).clone()
    }

    fn request(&self, name: &str, corpus: &str, n_updates: u64) -> Value {
        let more = [format!("training.max_updates={n_updates}"), "training.evaluate_every=7".to_owned()];
        let settings: Vec<String> = MODEL.into_iter().map(str::to_owned).chain(more).collect();
        let settings = [settings, vec!["training.log_every=1".to_owned()]].concat();
        json!({ "name": name, "corpus": corpus, "configuration": "speculative", "size": "tiny", "settings": settings })
    }

    /// Waits until a run has made so many updates.
    fn wait_for_update(&mut self, run: &str, update: u64) {
        let start = Instant::now();
        loop {
            let status = self.status(run);
            if status["update"].as_u64() >= Some(update) && status["state"] == "running" {
                return;
            }
            assert!(start.elapsed() < PATIENCE && status["state"] != "failed", "{status}");
            std::thread::sleep(Duration::from_millis(10));
        }
    }
}

impl Drop for Studio {
    fn drop(&mut self) {
        drop(self.input.take());
        let ended = self.child.wait().expect("it ends");
        if !std::thread::panicking() {
            assert!(ended.success());
        }
    }
}

/// A project with a small corpus, so that the embedded ones are not written.
fn project(folder: &Folder) -> (String, String) {
    let project = folder.path("project");
    let corpus = folder.path("project/corpora/planted");
    fs::create_dir_all(folder.path("project/corpora")).expect("the folder is writable");
    succeeds(&["corpus", "planted", "--out", &corpus, "--pairs", "300", "--dev", "4", "--test", "4"]);
    succeeds(&["vocab", "train", &corpus, "--size", "200"]);
    (project, corpus)
}

/// The log without what is the clock's.
fn records(project: &str, run: &str) -> Vec<Value> {
    let log = fs::read_to_string(Path::new(project).join("runs").join(run).join("metrics.jsonl")).expect("a log");
    let parse = |line: &str| {
        let mut record: Value = serde_json::from_str(line).expect("every line is whole");
        record.as_object_mut().expect("a line is an object").remove("tokens_per_second");
        record
    };
    log.lines().map(parse).collect()
}

#[test]
fn a_run_is_started_stopped_resumed_and_speaks() {
    let folder = Folder::new();
    let (project, corpus) = project(&folder);
    let mut studio = Studio::start(&project);
    let about = studio.call(&json!({ "call": "about-engine" }));
    assert_eq!(
        (&about["home"], &about["trains"], &about["devices"][0]["id"]),
        (&json!("desktop"), &json!(true), &json!("cpu"))
    );
    let corpora = studio.call(&json!({ "call": "corpora" }));
    assert_eq!(corpora.as_array().map(Vec::len), Some(1), "{corpora}");
    assert_eq!((&corpora[0]["path"], &corpora[0]["language"]), (&json!(corpus), &json!("en")));
    let configurations = studio.call(&json!({ "call": "configurations" }));
    assert!(configurations.as_array().is_some_and(|all| all.iter().any(|one| one["name"] == "speculative")));
    let request = studio.request("undisturbed", &corpus, 40);
    let plan = studio.call(&json!({ "call": "plan-run", "request": request }));
    assert_eq!(plan["max_updates"], 40);
    assert!(plan["total_seconds"].as_f64().is_some_and(|seconds| seconds > 0.0), "{plan}");

    studio.call(&json!({ "call": "start-run", "request": request }));
    let events = studio.watch("undisturbed");
    assert_eq!(events.last().map(|event| &event["state"]), Some(&json!("finished")), "{events:?}");
    let lines: Vec<&Value> = events.iter().flat_map(|event| event["lines"].as_array()).flatten().collect();
    assert_eq!(lines.len(), 40 + 6, "a line an update, and the evaluations");
    let samples: Vec<&Value> = events.iter().filter(|event| event["event"] == "samples").collect();
    assert_eq!(samples.len(), 6);
    assert!(samples.iter().all(|samples| samples["samples"][0]["replies"].as_array().map(Vec::len) == Some(3)));

    let request = studio.request("stopped", &corpus, 40);
    studio.call(&json!({ "call": "start-run", "request": request }));
    studio.wait_for_update("stopped", 3);
    let again = studio.refused("call", &json!({ "call": "start-run", "request": request }));
    assert_eq!(again["code"], "invalid", "{again}");
    studio.call(&json!({ "call": "stop-run", "run": "stopped" }));
    let events = studio.watch("stopped");
    let last = events.last().expect("the state");
    assert_eq!(last["state"], "stopped", "{events:?}");
    assert!(last["update"].as_u64().is_some_and(|update| (3..40).contains(&update)), "{last}");
    assert_eq!(last["max_updates"], 40);

    // Another engine finds it, and resumes it.
    drop(studio);
    let mut studio = Studio::start(&project);
    assert_eq!(studio.status("stopped")["state"], "stopped");
    studio.call(&json!({ "call": "resume-run", "run": "stopped" }));
    let events = studio.watch("stopped");
    assert_eq!(events.last().map(|event| &event["state"]), Some(&json!("finished")), "{events:?}");
    assert_eq!(records(&project, "stopped"), records(&project, "undisturbed"));
    let page = studio.call(&json!({ "call": "metrics", "run": "stopped", "since_line": 44 }));
    assert_eq!((page["lines"].as_array().map(Vec::len), &page["next_line"]), (Some(2), &json!(46)));
    let over = studio.refused("call", &json!({ "call": "resume-run", "run": "stopped" }));
    assert_eq!(over["code"], "invalid", "{over}");

    speaks(&mut studio, &project);
}

/// Replies and maps of the trained model; the replies are the program's.
fn speaks(studio: &mut Studio, project: &str) {
    let model = "runs/undisturbed";
    let models = studio.call(&json!({ "call": "models" }));
    assert_eq!(models.as_array().map(Vec::len), Some(2), "{models}");
    let generate = json!({
        "task": "generate", "model": model, "utterance": "I lost my keys.", "n_samples": 3, "seed": 7,
        "strategy": { "kind": "beam", "size": 2, "length_penalty": 1.2, "n_best": 1 }, "max_length": 12,
        "presentation": "each-latent",
    });
    assert_eq!(studio.refused("task", &generate)["code"], "not-open");
    let opened = studio.task(&json!({ "task": "open-model", "model": model }));
    assert_eq!((&opened[0]["event"], &opened[1]["device"]), (&json!("loading"), &json!("cpu")), "{opened:?}");
    let events = studio.task(&generate);
    let said: Vec<&Value> = events.iter().filter(|event| event["event"] == "reply").collect();
    assert_eq!(events.last().map(|event| &event["event"]), Some(&json!("done")));

    let run = Path::new(project).join(model).display().to_string();
    let input = Path::new(project).join("in.txt");
    fs::write(&input, "I lost my keys.\n").expect("the folder is writable");
    let input = input.display().to_string();
    let arguments = ["generate", "--run", &run, "--input", &input, "--samples", "3", "--each-latent", "--seed", "7"];
    let more = ["--beam", "2", "--length-penalty", "1.2", "--max-length", "12", "--json"];
    let printed: Value =
        serde_json::from_str(&succeeds(&[&arguments[..], &more[..]].concat())).expect("a line of JSON");
    let expected = printed["replies"].as_array().expect("replies");
    assert_eq!(said.len(), 3);
    for (said, expected) in said.iter().zip(expected) {
        for name in ["text", "z_seed", "log_probability_nats", "n_tokens"] {
            assert_eq!(said[name], expected[name], "{name}: {said} is not {expected}");
        }
    }

    let map = json!({
        "task": "latent-map", "model": model, "context": "I lost my keys.", "response": "Oh no.", "n_prior": 20,
        "n_posterior": 5, "seed": 1, "with_replies": true,
    });
    let events = studio.task(&map);
    assert_eq!(events[0]["points"].as_array().map(Vec::len), Some(26));
    let z = &events[0]["points"][4]["z_seed"];
    let moved = studio.task(&json!({ "task": "arrange", "model": model, "perplexity": 5.0 }));
    assert!(moved.iter().any(|event| event["event"] == "moved"), "{moved:?}");
    let decode = json!({
        "task": "decode", "model": model, "utterance": "I lost my keys.", "latents": [{ "z_seed": z }],
        "strategy": { "kind": "greedy" },
    });
    assert_eq!(&studio.task(&decode)[..].iter().find(|event| event["event"] == "reply").expect("a reply")["z_seed"], z);
    studio.call(&json!({ "call": "close-model", "model": model }));
    assert_eq!(studio.refused("task", &decode)["code"], "not-open");
}

#[test]
fn what_is_wrong_is_told_and_the_engine_goes_on() {
    let folder = Folder::new();
    let (project, corpus) = project(&folder);
    let mut studio = Studio::start(&project);
    for line in ["nonsense", "[1]", "{}", "[1,\"call\"]", "[1,\"shout\",{}]"] {
        studio.say(line);
    }
    assert!(studio.pages.starts_with("http://127.0.0.1:"), "{}", studio.pages);
    let mut request = studio.request("../outside", &corpus, 40);
    assert_eq!(studio.refused("call", &json!({ "call": "start-run", "request": request }))["code"], "invalid");
    request["name"] = json!("wrong");
    request["settings"] = json!(["training.max_updates=none"]);
    let refused = studio.refused("call", &json!({ "call": "start-run", "request": request }));
    assert!(refused["message"].as_str().is_some_and(|text| text.contains("max_updates")), "{refused}");
    request["corpus"] = json!(folder.path("nowhere"));
    assert_eq!(studio.refused("call", &json!({ "call": "plan-run", "request": request }))["code"], "corrupt");
    assert_eq!(studio.refused("call", &json!({ "call": "no-such" }))["code"], "invalid");
    assert_eq!(
        studio.refused("task", &json!({ "task": "watch-run", "run": "none", "since_line": 0 }))["code"],
        "not-found"
    );
    assert_eq!(studio.refused("call", &json!({ "call": "remove-model", "model": "runs/x" }))["code"], "unsupported");

    // A run that cannot go on says why: its loss is no number soon.
    let mut request = studio.request("broken", &corpus, 40);
    let settings = request["settings"].as_array_mut().expect("a list");
    settings.extend(
        ["learning_rate.peak=1e30", "learning_rate.warmup_updates=1", "optimizer.clip_norm=1e30"].map(Value::from),
    );
    studio.call(&json!({ "call": "start-run", "request": request }));
    let events = studio.watch("broken");
    let last = events.last().expect("the state");
    assert_eq!(last["state"], "failed", "{events:?}");
    assert!(last["reason"].as_str().is_some_and(|reason| reason.contains("not finite")), "{last}");

    // A killed one is told, and resumed.
    let request = studio.request("killed", &corpus, 60);
    studio.call(&json!({ "call": "start-run", "request": request }));
    studio.wait_for_update("killed", 10);
    let run = Path::new(&project).join("runs/killed");
    let status: Value = serde_json::from_slice(&fs::read(run.join("status.json")).expect("a status")).expect("JSON");
    let process = status["process"].as_u64().expect("a process").to_string();
    let killed = if cfg!(windows) {
        Command::new("taskkill").args(["/F", "/PID", &process]).status()
    } else {
        Command::new("kill").args(["-9", &process]).status()
    };
    assert!(killed.is_ok_and(|status| status.success()));
    let events = studio.watch("killed");
    assert_eq!(events.last().map(|event| &event["state"]), Some(&json!("failed")), "{events:?}");
    let busy = studio.refused("call", &json!({ "call": "resume-run", "run": "nobody" }));
    assert_eq!(busy["code"], "not-found");
    studio.call(&json!({ "call": "resume-run", "run": "killed" }));
    let events = studio.watch("killed");
    assert_eq!(events.last().map(|event| &event["state"]), Some(&json!("finished")), "{events:?}");
    let updates: Vec<u64> = records(&project, "killed").iter().filter_map(|line| line["update"].as_u64()).collect();
    assert!(updates.is_sorted() && updates.last() == Some(&60), "{updates:?}");

    // A damaged model is listed, and told when it is opened.
    let path = run.join("checkpoints/best.safetensors");
    let mut bytes = fs::read(&path).expect("there is a model");
    let middle = bytes.len() / 2;
    bytes[middle] ^= 1;
    fs::write(&path, &bytes).expect("the folder is writable");
    let refused = studio.refused("task", &json!({ "task": "open-model", "model": "runs/killed" }));
    assert_eq!(refused["code"], "corrupt");
    assert!(refused["message"].as_str().is_some_and(|text| text.contains("best.safetensors")), "{refused}");
    fs::write(&path, b"").expect("the folder is writable");
    assert_eq!(studio.refused("task", &json!({ "task": "open-model", "model": "runs/killed" }))["code"], "corrupt");
}

#[test]
fn a_run_survives_the_end_of_its_engine() {
    let folder = Folder::new();
    let (project, corpus) = project(&folder);
    let mut studio = Studio::start(&project);
    let request = studio.request("long", &corpus, 100_000);
    studio.call(&json!({ "call": "start-run", "request": request }));
    studio.wait_for_update("long", 2);
    let before = studio.status("long")["update"].as_u64();
    drop(studio);
    let mut studio = Studio::start(&project);
    let after = studio.status("long");
    assert_eq!(after["state"], "running", "{after}");
    studio.wait_for_update("long", before.expect("a number") + 2);
    let run = Path::new(&project).join("runs/long").display().to_string();
    let other = common::repartee(&["train", "--resume", "--run", &run]);
    common::fails(&other, &["is being trained by another process"]);
    let number = studio.send("task", &json!({ "task": "watch-run", "run": "long", "since_line": 0 }));
    studio.hear(number, |kind, body| kind == "event" && body["event"] == "lines");
    studio.say(&json!([number, "stop"]).to_string());
    studio.hear(number, |kind, _| kind == "end");
    assert_eq!(studio.status("long")["state"], "running", "who stops watching stops no run");
    studio.call(&json!({ "call": "stop-run", "run": "long" }));
    let events = studio.watch("long");
    assert_eq!(events.last().map(|event| &event["state"]), Some(&json!("stopped")), "{events:?}");
    // The program alone can continue it, knowing its folder only.
    let update = studio.status("long")["update"].as_u64().expect("a number") + 1;
    succeeds(&["train", "--resume", "--run", &run, "--max-steps", &update.to_string()]);
    assert_eq!(studio.status("long")["state"], "finished");
}
