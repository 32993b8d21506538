//! The same requests to the program, on the devices that the browser has: what the browser's rates are compared with.

use std::{
    io::{BufRead, BufReader, Write},
    path::{Path, PathBuf},
    process::{Child, ChildStdin, ChildStdout, Stdio},
    time::Instant,
};

use anyhow::{Context, bail};
use serde_json::{Value, json};

use super::number;
use crate::workspace::Workspace;

/// Where Chromium keeps the Vulkan driver of the software adapter that it uses for WebGPU.
const DRIVERS: [&str; 3] = ["/usr/lib/chromium", "/usr/lib/chromium-browser", "/opt/google/chrome"];

/// The driver's description for a Vulkan loader, if this system has it.
fn driver() -> Option<PathBuf> {
    DRIVERS.iter().map(|folder| Path::new(folder).join("vk_swiftshader_icd.json")).find(|file| file.is_file())
}

/// The program as it speaks with the desktop app, with the run as its one model.
pub(super) struct Native {
    child: Child,
    input: ChildStdin,
    output: BufReader<ChildStdout>,
    number: u64,
}

/// What it answered.
pub(super) struct Answered {
    /// The replies to each request, as the browser's.
    pub(super) replies: Value,
    /// Of a second time, when shaders are compiled.
    pub(super) tokens_per_second: f64,
}

impl Native {
    /// Starts the program on the browser's software adapter in a project below `folder`; none where that adapter is unknown.
    pub(super) fn start(workspace: &Workspace, run: &Path, folder: &Path) -> anyhow::Result<Option<Self>> {
        let Some(driver) = driver() else { return Ok(None) };
        let project = folder.join("native");
        for name in ["run.toml", "manifest.json", "tokenizer.json", "checkpoints/best.safetensors"] {
            let to = project.join("models/run").join(name);
            fs_err::create_dir_all(to.parent().context("a file lies in a folder")?)?;
            fs_err::copy(run.join(name), to)?;
        }
        let mut command = workspace.cargo();
        command.args(["run", "--quiet", "--package", "repartee-cli", "--bin", "repartee", "--"]);
        command.args(["studio", "--quiet", "--stdio"]).arg(project);
        command.env("VK_DRIVER_FILES", &driver).env("VK_ICD_FILENAMES", &driver);
        command.stdin(Stdio::piped()).stdout(Stdio::piped());
        let mut child = command.spawn().context("cannot start the program")?;
        let input = child.stdin.take().context("the program has no input")?;
        let output = BufReader::new(child.stdout.take().context("the program has no output")?);
        Ok(Some(Self { child, input, output, number: 0 }))
    }

    /// All requests on a device, twice.
    pub(super) fn answer(&mut self, device: &str, requests: &[Value]) -> anyhow::Result<Answered> {
        self.task(&json!({ "task": "open-model", "model": "models/run", "device": device }))?;
        let replies = requests.iter().map(|request| self.replies(request)).collect::<anyhow::Result<Vec<_>>>()?;
        let (start, mut n_tokens) = (Instant::now(), 0.0);
        for request in requests {
            for reply in self.replies(request)?.as_array().into_iter().flatten() {
                n_tokens += number(&reply["n_tokens"])?;
            }
        }
        let tokens_per_second = n_tokens / start.elapsed().as_secs_f64();
        Ok(Answered { replies: replies.into(), tokens_per_second })
    }

    fn replies(&mut self, request: &Value) -> anyhow::Result<Value> {
        let mut request = request.clone();
        request["model"] = "models/run".into();
        let events = self.task(&request)?;
        Ok(events.into_iter().filter(|event| event["event"] == "reply").collect())
    }

    /// Runs a task to its end; gives its events.
    fn task(&mut self, task: &Value) -> anyhow::Result<Vec<Value>> {
        self.number += 1;
        writeln!(self.input, "{}", json!([self.number, "task", task])).context("the program does not listen")?;
        let mut events = Vec::new();
        let mut line = String::new();
        loop {
            line.clear();
            if self.output.read_line(&mut line)? == 0 {
                bail!("the program ended before its task did");
            }
            let mut said: Value = serde_json::from_str(&line).with_context(|| format!("the program said `{line}`"))?;
            if said[0] != json!(self.number) {
                continue;
            }
            match said[1].as_str() {
                Some("event") => events.push(said[2].take()),
                Some("end") => return Ok(events),
                _ => bail!("the program said `{}`", line.trim()),
            }
        }
    }
}

impl Drop for Native {
    fn drop(&mut self) {
        // It may have ended by itself.
        _ = self.child.kill();
        _ = self.child.wait();
    }
}
