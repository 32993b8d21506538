//! Processes and their memory, as Linux tells them.

use std::{
    fs,
    process::Command,
    thread::sleep,
    time::{Duration, Instant},
};

/// What a process may grow by while it does the same over and over: a share, and what a garbage collector or an allocator
/// keeps now and then.
const MAX_GROWTH: f64 = 0.10;
const SLACK_KIB: f64 = 16.0 * 1024.0;

/// A process.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Process {
    pub(crate) id: u32,
}

impl Process {
    /// The newest process of a name (its first 15 bytes) that another one has started.
    pub(crate) fn child_of(parent: u32, name: &str) -> Option<Self> {
        let mut found = Vec::new();
        for entry in fs::read_dir("/proc").ok()?.flatten() {
            let Some(id) = entry.file_name().to_str().and_then(|name| name.parse::<u32>().ok()) else { continue };
            if status(id, "Name:").as_deref() == Some(name) && parent_of(id) == Some(parent) && !is_dead(id) {
                found.push(id);
            }
        }
        found.into_iter().max().map(|id| Self { id })
    }

    pub(crate) fn kill(self) {
        let killed = Command::new("kill").args(["-KILL", &self.id.to_string()]).status();
        assert!(killed.is_ok_and(|status| status.success()), "{self:?} cannot be killed");
    }

    #[track_caller]
    pub(crate) fn wait_until_gone(self, patience: Duration) {
        let start = Instant::now();
        while !is_dead(self.id) {
            assert!(start.elapsed() < patience, "{self:?} is still there");
            sleep(Duration::from_millis(50));
        }
    }

    /// Memory that is its own, in KiB.
    fn memory_kib(self) -> f64 {
        let text = status(self.id, "RssAnon:").unwrap_or_default();
        text.split_whitespace().next().and_then(|number| number.parse().ok()).unwrap_or(f64::NAN)
    }
}

fn status(id: u32, field: &str) -> Option<String> {
    let text = fs::read_to_string(format!("/proc/{id}/status")).ok()?;
    text.lines().find_map(|line| line.strip_prefix(field)).map(|value| value.trim().to_owned())
}

fn is_dead(id: u32) -> bool {
    status(id, "State:").is_none_or(|state| state.starts_with(['Z', 'X']))
}

fn parent_of(id: u32) -> Option<u32> {
    status(id, "PPid:")?.parse().ok()
}

/// Fails if the memory of a process grows: the median of the last third against that of the second.
#[track_caller]
pub(crate) fn assert_flat(processes: &[(&str, Process)], duration: Duration) {
    let start = Instant::now();
    let mut samples: Vec<Vec<f64>> = vec![Vec::new(); processes.len()];
    while start.elapsed() < duration {
        for (samples, (_, process)) in samples.iter_mut().zip(processes) {
            samples.push(process.memory_kib());
        }
        sleep(Duration::from_secs(1));
    }
    for (samples, (name, _)) in samples.iter().zip(processes) {
        let third = samples.len() / 3;
        let (middle, last) = (median(&samples[third..2 * third]), median(&samples[2 * third..]));
        println!("memory of the {name}: {:.1} MiB, then {:.1} MiB", middle / 1024.0, last / 1024.0);
        assert!(last <= middle * (1.0 + MAX_GROWTH) + SLACK_KIB, "the {name} grows: {samples:?} KiB");
    }
}

fn median(samples: &[f64]) -> f64 {
    let mut samples = samples.to_vec();
    samples.sort_by(f64::total_cmp);
    samples.get(samples.len() / 2).copied().unwrap_or(f64::NAN)
}
