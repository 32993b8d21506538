//! The engine in Chromium against the program: the same model, latents and options must give the same replies.

mod native;

use std::{
    path::Path,
    sync::mpsc::{self, Receiver},
    thread,
    time::{Duration, Instant},
};

use anyhow::{Context, bail, ensure};
use repartee_browser::{Answer, FileServer};
use serde_json::{Value, json};

use self::native::Native;
use super::{browser::Browser, sizes};
use crate::{process, say, workspace::Workspace};

/// Compiling all shaders takes a software adapter minutes.
const LIMIT: Duration = Duration::from_secs(900);

/// Log-probabilities of one reply may differ so much between devices, nats. Two replies nearer than this are a tie, in
/// which either may win.
const TOLERANCE_NATS: f64 = 2e-3;

const UTTERANCES: [&str; 3] =
    ["I lost my keys again.", "What do you think about autumn?", "I want to learn to play the guitar."];

/// Strategies as options of the program and as JSON of the engine, and replies to each utterance.
fn strategies() -> [(&'static [&'static str], Value, u64); 3] {
    [
        (&["--strategy", "greedy"], json!({ "kind": "greedy" }), 6),
        (&["--beam", "5"], json!({ "kind": "beam", "size": 5, "length_penalty": 1.2, "n_best": 1 }), 2),
        (
            &["--top-p", "0.9"],
            json!({ "kind": "sample", "temperature": 1.0, "top_k": 0, "top_p": 0.9, "min_p": 0.0 }),
            3,
        ),
    ]
}

pub(super) fn check(
    workspace: &Workspace,
    engine: &Path,
    run: &Path,
    devices: &[&str],
    output: Option<&Path>,
) -> anyhow::Result<()> {
    if Browser::program().is_none() {
        say::line("web", "skipped: no Chromium here; on Debian: apt-get install chromium");
        return Ok(());
    }
    let folder = workspace.root.join("target").join("web-check");
    if folder.exists() {
        fs_err::remove_dir_all(&folder)?;
    }
    fs_err::create_dir_all(&folder)?;
    for name in ["engine.js", "engine_bg.wasm"] {
        fs_err::copy(engine.join(name), folder.join(name))?;
    }
    for name in ["index.html", "check.js"] {
        fs_err::copy(workspace.root.join("ui/engine/check").join(name), folder.join(name))?;
    }
    for name in ["run.toml", "tokenizer.json", "checkpoints/best.safetensors"] {
        let to = folder.join(Path::new(name).file_name().context("a file has a name")?);
        fs_err::copy(run.join(name), to)?;
    }
    let requests: Vec<Value> = strategies()
        .iter()
        .flat_map(|(_, strategy, n_samples)| UTTERANCES.map(|utterance| request(utterance, strategy, *n_samples)))
        .collect();
    let job = json!({ "devices": devices, "requests": requests });
    fs_err::write(folder.join("job.json"), job.to_string())?;
    let expected = native(workspace, run, &folder)?;

    let (tell, told) = mpsc::channel();
    let server = FileServer::bind(&folder, 0).context("no free port on this machine")?.with_answers(move |request| {
        match (request.method.as_str(), request.path.as_str()) {
            ("POST", "/progress") => say::line("web", &String::from_utf8_lossy(&request.body)),
            // Nobody listens any more after the limit.
            ("POST", "/result") => _ = tell.send(request.body.clone()),
            _ => return None,
        }
        Some(Answer::Text { status: 204, body: String::new() })
    });
    let address = format!("http://{}/", server.address()?);
    thread::spawn(|| server.run());
    let mut browser = Browser::open(&address, &folder.join("profile"))?;
    say::line("web", "Chromium generates; on WebGPU a software adapter takes many minutes");
    let result = wait(&told, || browser.runs()).and_then(|body| Ok(String::from_utf8(body)?));
    drop(browser);
    let mut result: Value = serde_json::from_str(&result?).context("the page's result is no JSON")?;
    if let Some(error) = result["error"].as_str() {
        bail!("the engine failed in the browser: {error}");
    }
    let mut native = Native::start(workspace, run, &folder)?;
    let mut problems = Vec::new();
    let devices = result["devices"].as_object_mut().context("the result names no device")?;
    for (device, found) in devices {
        if let Some(missing) = found["missing"].as_str() {
            say::line("web", &format!("{device}: skipped, {missing}"));
            continue;
        }
        let agreement = compare(&found["replies"], &expected)?;
        let (tokens, first) = (number(&found["tokensPerSecond"])?, number(&found["firstStepMilliseconds"])?);
        say::line(
            "web",
            &format!(
                "{device}: {} of {} replies equal the program's, {} ties, log p differs by at most {:.1e} nats; \
                 {tokens:.0} tokens/s, first step after {first:.0} ms",
                agreement.n_equal, agreement.n_replies, agreement.n_ties, agreement.largest_difference
            ),
        );
        problems.extend(agreement.problems.iter().map(|problem| format!("{device}: {problem}")));
        if let Some(native) = &mut native {
            let answered = native.answer(device, &requests)?;
            let agreement = compare(&answered.replies, &expected)?;
            problems.extend(agreement.problems.iter().map(|problem| format!("the program on {device}: {problem}")));
            let (theirs, ratio) = (answered.tokens_per_second, tokens / answered.tokens_per_second);
            say::line(
                "web",
                &format!("{device}: the program itself {theirs:.0} tokens/s; the browser's ratio {ratio:.2}"),
            );
            found["native"] = json!({ "tokensPerSecond": theirs, "ratio": ratio });
        }
        if !found["stopped"].as_str().is_some_and(|message| message.contains("stopped")) {
            problems.push(format!("{device}: generation was told to stop and went on: {}", found["stopped"]));
        }
        found["agreement"] = json!({
            "replies": agreement.n_replies, "equal": agreement.n_equal, "ties": agreement.n_ties,
            "largestDifferenceNats": agreement.largest_difference,
        });
        found.as_object_mut().context("a device's result is an object")?.remove("replies");
    }
    let (bytes, gzip) = sizes(&engine.join("engine_bg.wasm"))?;
    say::line("web", &format!("wasm: {bytes} bytes, {} with gzip", gzip.map_or("?".to_owned(), |n| n.to_string())));
    result["wasm"] = json!({ "bytes": bytes, "gzipBytes": gzip });
    if let Some(output) = output {
        fs_err::write(output, serde_json::to_string_pretty(&result)? + "\n")?;
    }
    ensure!(problems.is_empty(), "the browser's replies are not the program's:\n{}", problems.join("\n"));
    Ok(())
}

/// What the page posts, in time and while the browser runs.
fn wait(told: &Receiver<Vec<u8>>, mut still_there: impl FnMut() -> bool) -> anyhow::Result<Vec<u8>> {
    let start = Instant::now();
    while start.elapsed() < LIMIT {
        if let Ok(body) = told.recv_timeout(Duration::from_millis(200)) {
            return Ok(body);
        }
        ensure!(still_there(), "the browser ended before the page had a result");
    }
    bail!("the page had no result after {} seconds", LIMIT.as_secs())
}

fn request(utterance: &str, strategy: &Value, n_samples: u64) -> Value {
    json!({
        "task": "generate", "model": "run", "utterance": utterance, "strategy": strategy, "n_samples": n_samples,
        "max_length": 40, "seed": 1, "presentation": "each-latent",
    })
}

/// What the program replies to the requests, on its cpu device.
fn native(workspace: &Workspace, run: &Path, folder: &Path) -> anyhow::Result<Vec<Vec<Value>>> {
    let input = folder.join("utterances.txt");
    fs_err::write(&input, UTTERANCES.join("\n") + "\n")?;
    let mut all = Vec::new();
    for (options, _, n_samples) in strategies() {
        let mut command = workspace.cargo();
        command.args(["run", "--quiet", "--package", "repartee-cli", "--bin", "repartee", "--"]);
        command.args(["generate", "--json", "--quiet", "--device", "cpu", "--seed", "1", "--each-latent"]);
        command.arg("--run").arg(std::path::absolute(run)?).arg("--input").arg(&input);
        command.args(["--samples", &n_samples.to_string(), "--max-length", "40"]).args(options);
        let text = process::shown(&command);
        let output = command.output().with_context(|| format!("cannot start `{text}`"))?;
        ensure!(output.status.success(), "`{text}`: {}", String::from_utf8_lossy(&output.stderr));
        for line in String::from_utf8(output.stdout)?.lines() {
            let record: Value = serde_json::from_str(line).with_context(|| format!("`{text}` printed `{line}`"))?;
            all.push(record["replies"].as_array().context("a record has replies")?.clone());
        }
    }
    Ok(all)
}

#[derive(Default)]
struct Agreement {
    n_replies: usize,
    n_equal: usize,
    n_ties: usize,
    largest_difference: f64,
    problems: Vec<String>,
}

fn compare(found: &Value, expected: &[Vec<Value>]) -> anyhow::Result<Agreement> {
    let found = found.as_array().context("a device's replies are a list")?;
    ensure!(found.len() == expected.len(), "{} requests were answered, expected {}", found.len(), expected.len());
    let mut agreement = Agreement::default();
    for (found, expected) in found.iter().zip(expected) {
        let found = found.as_array().context("a request's replies are a list")?;
        ensure!(found.len() == expected.len(), "{} replies, expected {}", found.len(), expected.len());
        for (found, expected) in found.iter().zip(expected) {
            agreement.n_replies += 1;
            ensure!(found["z_seed"] == expected["z_seed"], "other latents: {found}, expected {expected}");
            let log_p = |reply: &Value| number(&reply["log_probability_nats"]);
            let difference = (log_p(found)? - log_p(expected)?).abs();
            let (equal, near) = (found["text"] == expected["text"], difference <= TOLERANCE_NATS);
            match (equal, near) {
                (true, true) => {
                    agreement.n_equal += 1;
                    agreement.largest_difference = agreement.largest_difference.max(difference);
                }
                (false, true) => agreement.n_ties += 1,
                _ => agreement.problems.push(format!("{found}, expected {expected}")),
            }
        }
    }
    Ok(agreement)
}

fn number(value: &Value) -> anyhow::Result<f64> {
    value.as_f64().filter(|number| number.is_finite()).with_context(|| format!("`{value}` is no number"))
}
