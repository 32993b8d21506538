//! The runs, what they have logged, and which of them are shown.

use std::{
    collections::{BTreeMap, BTreeSet},
    time::Duration,
};

use leptos::{prelude::*, task::spawn_local};
use repartee_wire::engine::{
    EngineError, MetricsLine, ResumeRun, RunEvent, RunState, RunStatus, Runs, Sample, StopRun, WatchRun,
};

use crate::{engine::Running, studio::state::Studio};

/// Runs are asked for again so often: one may have been started elsewhere.
const LOOK_EVERY: Duration = Duration::from_secs(4);

/// Runs that can be shown together: as many as there are colours.
pub(crate) const MOST_SHOWN: usize = 6;

/// What a run has logged.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Logged {
    pub(crate) lines: Vec<MetricsLine>,
    pub(crate) samples: BTreeMap<u64, Vec<Sample>>,
}

impl Logged {
    /// A run that was killed makes its last lines again: what they replace goes.
    fn add(&mut self, lines: Vec<MetricsLine>) {
        for line in lines {
            let is_old = |known: &MetricsLine| known.kind == line.kind && known.update >= line.update;
            while let Some(place) = self.lines.iter().rposition(is_old) {
                self.lines.remove(place);
            }
            self.lines.push(line);
        }
    }
}

/// See the module.
#[derive(Clone, Copy)]
pub(crate) struct History {
    studio: Studio,
    /// All runs, the newest first.
    pub(crate) runs: RwSignal<Option<Result<Vec<RunStatus>, EngineError>>>,
    /// Those that are shown, each with its colour.
    pub(crate) shown: RwSignal<BTreeMap<String, usize>>,
    /// What those have logged.
    pub(crate) logged: RwSignal<BTreeMap<String, RwSignal<Logged>>>,
    /// What went wrong with a run, by its name.
    pub(crate) faults: RwSignal<BTreeMap<String, EngineError>>,
    watches: StoredValue<BTreeMap<String, Running>, LocalStorage>,
}

/// Whether a process is at work.
pub(crate) fn is_active(state: RunState) -> bool {
    matches!(state, RunState::Starting | RunState::Running | RunState::Stopping)
}

impl History {
    pub(crate) fn start() -> Self {
        let history = Self {
            studio: Studio::get(),
            runs: RwSignal::new(None),
            shown: RwSignal::new(BTreeMap::new()),
            logged: RwSignal::new(BTreeMap::new()),
            faults: RwSignal::new(BTreeMap::new()),
            watches: StoredValue::new_local(BTreeMap::new()),
        };
        let is_first = StoredValue::new(true);
        history.refresh(move |runs| {
            if is_first.get_value() {
                is_first.set_value(false);
                history.show_at_first(runs);
            }
        });
        if let Ok(timer) = set_interval_with_handle(move || history.refresh(|_| ()), LOOK_EVERY) {
            on_cleanup(move || timer.clear());
        }
        history
    }

    /// What runs now, else the newest one.
    fn show_at_first(self, runs: &[RunStatus]) {
        let active = runs.iter().filter(|run| is_active(run.state));
        let mut names: BTreeSet<&str> = active.take(MOST_SHOWN).map(|run| run.run.as_str()).collect();
        names.extend(runs.first().filter(|_| names.is_empty()).map(|run| run.run.as_str()));
        names.into_iter().for_each(|name| self.show(name));
    }

    /// Asks for the runs again.
    pub(crate) fn refresh(self, then: impl FnOnce(&[RunStatus]) + 'static) {
        let engine = self.studio.engine();
        spawn_local(async move {
            let runs = engine.ask(Runs {}).await;
            // The page may have gone meanwhile.
            if self.runs.try_get_untracked().is_none() {
                return;
            }
            if let Ok(runs) = &runs {
                let is_new = |run: &&RunStatus| is_active(run.state) && !self.is_watched(&run.run);
                let shown = self.shown.get_untracked();
                let begun: Vec<String> = runs
                    .iter()
                    .filter(is_new)
                    .map(|run| run.run.clone())
                    .filter(|run| shown.contains_key(run))
                    .collect();
                begun.iter().for_each(|run| self.watch(run));
            }
            if self.runs.get_untracked().as_ref() != Some(&runs) {
                self.runs.set(Some(runs.clone()));
            }
            if let Ok(runs) = &runs {
                then(runs);
            }
        });
    }

    /// A run's status.
    pub(crate) fn status(self, run: &str) -> Option<RunStatus> {
        self.runs.with(|runs| runs.as_ref()?.as_ref().ok()?.iter().find(|status| status.run == run).cloned())
    }

    fn is_watched(self, run: &str) -> bool {
        self.watches.with_value(|watches| watches.contains_key(run))
    }

    /// Shows a run in the first colour that is free.
    pub(crate) fn show(self, run: &str) {
        self.shown.update(|shown| {
            let free = (0..MOST_SHOWN).find(|colour| !shown.values().any(|used| used == colour));
            if let (Some(colour), false) = (free, shown.contains_key(run)) {
                shown.insert(run.to_owned(), colour);
            }
        });
        if self.shown.with_untracked(|shown| shown.contains_key(run)) && !self.is_watched(run) {
            self.watch(run);
        }
    }

    /// Takes a run from the curves.
    pub(crate) fn hide(self, run: &str) {
        self.watches.update_value(|watches| drop(watches.remove(run)));
        self.logged.update(|logged| _ = logged.remove(run));
        self.shown.update(|shown| _ = shown.remove(run));
    }

    /// What a shown run has logged.
    pub(crate) fn of(self, run: &str) -> Option<RwSignal<Logged>> {
        self.logged.with(|logged| logged.get(run).copied())
    }

    /// Follows a run from its beginning.
    fn watch(self, run: &str) {
        let logged = RwSignal::new(Logged::default());
        self.logged.update(|all| _ = all.insert(run.to_owned(), logged));
        let on_event = move |event| match event {
            RunEvent::State(status) => self.update(status),
            RunEvent::Lines(page) => logged.update(|logged| logged.add(page.lines)),
            RunEvent::Samples { update, samples } => {
                logged.update(|logged| _ = logged.samples.insert(update, samples));
            }
        };
        let name = run.to_owned();
        let on_end = move |how: Result<(), EngineError>| {
            self.watches.update_value(|watches| drop(watches.remove(&name)));
            if let Err(error) = how {
                self.faults.update(|faults| _ = faults.insert(name, error));
            }
            // A model may have come of it.
            self.studio.refresh();
        };
        let watch = self.studio.engine().run(WatchRun { run: run.to_owned(), since_line: 0 }, on_event, on_end);
        self.watches.update_value(|watches| _ = watches.insert(run.to_owned(), watch));
    }

    fn update(self, status: RunStatus) {
        self.runs.update(|runs| {
            if let Some(Ok(runs)) = runs
                && let Some(known) = runs.iter_mut().find(|known| known.run == status.run)
            {
                *known = status;
            }
        });
    }

    /// Shows a run that was just started.
    pub(crate) fn begun(self, status: RunStatus) {
        let name = status.run.clone();
        self.runs.update(|runs| {
            if let Some(Ok(runs)) = runs {
                runs.retain(|known| known.run != status.run);
                runs.insert(0, status);
            }
        });
        self.watches.update_value(|watches| drop(watches.remove(&name)));
        self.show(&name);
    }

    /// Asks a run to stop.
    pub(crate) fn stop(self, run: String) {
        let engine = self.studio.engine();
        spawn_local(async move {
            match engine.ask(StopRun { run: run.clone() }).await {
                Ok(status) => self.update(status),
                Err(error) => self.faults.update(|faults| _ = faults.insert(run, error)),
            }
        });
    }

    /// Continues a run.
    pub(crate) fn resume(self, run: String) {
        let engine = self.studio.engine();
        self.faults.update(|faults| _ = faults.remove(&run));
        spawn_local(async move {
            match engine.ask(ResumeRun { run: run.clone() }).await {
                Ok(status) => self.begun(status),
                Err(error) => self.faults.update(|faults| _ = faults.insert(run, error)),
            }
        });
    }
}
