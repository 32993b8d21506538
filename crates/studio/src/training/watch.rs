//! What a run writes, as pages hear it.

use std::{collections::BTreeMap, path::Path, thread::sleep, time::Duration};

use repartee_engine::samples::Samples;
use repartee_wire::engine::{EngineError, Metrics, MetricsKind, MetricsLine, MetricsPage, RunEvent, Sample, WatchRun};
use serde_json::{Map, Value};

use super::{Training, lines::Lines, status::is_active};
use crate::{fault, project::Project};

/// Files are looked at so often.
const LOOK_EVERY: Duration = Duration::from_millis(200);

/// Lines of a run's metrics, from one on.
pub(crate) fn metrics(project: &Project, call: &Metrics) -> Result<MetricsPage, EngineError> {
    let mut log = Lines::new(project.run(&call.run)?.join("metrics.jsonl"));
    page(&mut log, call.since_line)
}

/// What has come since the last look, without the lines before one.
fn page(log: &mut Lines, since_line: u64) -> Result<MetricsPage, EngineError> {
    let failed = |error| fault::of_file(Path::new("metrics.jsonl"), &error);
    let lines = log.more().map_err(failed)?;
    let first = log.next - lines.len() as u64;
    let known = since_line.saturating_sub(first) as usize;
    let lines = lines.iter().skip(known).filter_map(|line| parsed(line)).collect();
    Ok(MetricsPage { lines, next_line: log.next })
}

/// A line with all its numbers, those of tables inside it, too. Numbers that are not finite are left out.
fn parsed(line: &str) -> Option<MetricsLine> {
    let Ok(Value::Object(line)) = serde_json::from_str(line) else { return None };
    let kind = match line.get("kind")?.as_str()? {
        "update" => MetricsKind::Update,
        "evaluation" => MetricsKind::Evaluation,
        _ => return None,
    };
    let winners = line.get("winners").and_then(Value::as_array).into_iter().flatten();
    let mut values = BTreeMap::new();
    collect(&line, &mut values);
    Some(MetricsLine {
        kind,
        update: values.remove("update")? as u64,
        winners: winners.filter_map(Value::as_u64).collect(),
        best: line.get("best").and_then(Value::as_bool).unwrap_or(false),
        values,
    })
}

fn collect(table: &Map<String, Value>, values: &mut BTreeMap<String, f64>) {
    for (name, value) in table {
        match value {
            Value::Number(number) => values.extend(number.as_f64().map(|number| (name.clone(), number))),
            Value::Object(inner) => collect(inner, values),
            _ => {}
        }
    }
}

fn told(line: &str) -> Option<RunEvent> {
    let Samples { update, samples } = serde_json::from_str(line).ok()?;
    let sample =
        |sample: repartee_engine::samples::Sample| Sample { utterance: sample.utterance, replies: sample.replies };
    Some(RunEvent::Samples { update, samples: samples.into_iter().map(sample).collect() })
}

impl Training {
    /// Tells of a run until it has ended, or nobody wants to hear more.
    pub(crate) fn watch(
        &self,
        project: &Project,
        task: &WatchRun,
        tell: &dyn Fn(RunEvent),
        is_stopped: &dyn Fn() -> bool,
    ) -> Result<(), EngineError> {
        let folder = project.run(&task.run)?;
        let mut log = Lines::new(folder.join("metrics.jsonl"));
        let mut samples = Lines::new(folder.join("samples.jsonl"));
        let mut known = None;
        let mut since = task.since_line;
        loop {
            // The state first: what is written before the end is told before it.
            let status = self.status(project, &task.run)?;
            let page = page(&mut log, since)?;
            if !page.lines.is_empty() {
                since = page.next_line;
                tell(RunEvent::Lines(page));
            }
            let new = samples.more().map_err(|error| fault::of_file(&folder, &error))?;
            new.iter().filter_map(|line| told(line)).for_each(tell);
            let is_over = !is_active(status.state);
            if known.as_ref() != Some(&status) {
                tell(RunEvent::State(status.clone()));
                known = Some(status);
            }
            if is_over || is_stopped() {
                return Ok(());
            }
            sleep(LOOK_EVERY);
        }
    }
}
