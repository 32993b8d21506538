//! Fifty raters at once over real HTTP, and a server that is killed meanwhile.

use std::collections::{BTreeMap, BTreeSet};
use std::fs::File;
use std::net::{Ipv4Addr, SocketAddr, TcpListener};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use repartee_server::{
    App, Client, Config, Log, Password, run,
    simulate::{Guest, Pace, Work, simulate},
};
use repartee_study::{
    Criterion, NewInvite, PageKind, PageState, Store,
    simulate::{SimulatedRater, Truth},
};
use rusqlite::Connection;

use crate::common::{PASSWORD, content, design, frozen};

/// Names the folder with studies and the port for [`server_process`].
const VARIABLE: &str = "REPARTEE_TEST_SERVER";

/// Not a test of its own: the server that other tests start as a process of their own, by running this binary again.
#[test]
fn server_process() {
    let Ok(setting) = std::env::var(VARIABLE) else { return };
    let (port, folder) = setting.split_once(':').unwrap();
    let clock = || SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_millis() as i64;
    let config = Config {
        paths: vec![PathBuf::from(folder)],
        password: Password::Given(PASSWORD.to_owned()),
        secure_cookies: false,
        origin: None,
        log: Log::stderr(),
        clock: Arc::new(clock),
        local: None,
    };
    let (app, _) = App::open(config).unwrap();
    run(&app, SocketAddr::from((Ipv4Addr::LOCALHOST, port.parse().unwrap())), |_| {}).unwrap();
}

/// A server in a process of its own; killed when it is dropped.
pub(crate) struct Process {
    child: Child,
    folder: PathBuf,
    port: u16,
}

impl Process {
    pub(crate) fn start(folder: &Path) -> Self {
        let port = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap().local_addr().unwrap().port();
        let mut process = Self { child: Self::spawn(folder, port), folder: folder.to_path_buf(), port };
        process.wait();
        process
    }

    fn spawn(folder: &Path, port: u16) -> Child {
        let log = File::options().create(true).append(true).open(folder.join("log")).unwrap();
        let mut command = Command::new(std::env::current_exe().unwrap());
        command.args(["--exact", "endurance::server_process", "--nocapture"]);
        command.env(VARIABLE, format!("{port}:{}", folder.display()));
        command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(log).spawn().unwrap()
    }

    fn wait(&mut self) {
        let begun = Instant::now();
        while Client::new(&self.base()).get::<repartee_wire::Health>("/healthz").is_err() {
            assert!(begun.elapsed() < Duration::from_secs(60), "the server does not start: {}", self.log());
            std::thread::sleep(Duration::from_millis(10));
        }
    }

    pub(crate) fn base(&self) -> String {
        format!("http://127.0.0.1:{}", self.port)
    }

    pub(crate) fn log(&self) -> String {
        std::fs::read_to_string(self.folder.join("log")).unwrap()
    }

    /// SIGKILL, and a new process in its place at once.
    fn kill_and_restart(&mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
        self.child = Self::spawn(&self.folder, self.port);
    }

    /// SIGTERM; the process is expected to end by itself.
    fn terminate(&mut self) -> bool {
        let asked = Command::new("kill").args(["-TERM", &self.child.id().to_string()]).status().unwrap();
        asked.success() && self.child.wait().unwrap().success()
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        // It may have ended already.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Links for as many raters, with known severities, noises and carelessness.
pub(crate) fn guests(store: &mut Store, n: usize) -> Vec<Guest> {
    let guest = |number: usize| {
        let name = format!("rater {number}");
        let rater = SimulatedRater {
            name: name.clone(),
            severity: (number % 5) as f64 * 0.2 - 0.4,
            noise: 0.6,
            carelessness: if number.is_multiple_of(10) { 0.3 } else { 0.0 },
        };
        let new = NewInvite { rater: &name, language: "en", expires_ms: None };
        Guest { rater, token: store.invite(&new, 1_000).unwrap().1 }
    };
    (0..n).map(guest).collect()
}

#[test]
fn nothing_acknowledged_is_lost_or_doubled_when_the_server_is_killed() {
    const N_RATERS: usize = 50;
    const N_KILLS: usize = 5;
    let (n_items, n_systems, k) = (60, 3, 5);
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a.sqlite");
    let mut design = design(k);
    design.quality.control_every = 4;
    design.quality.repeat_gap = 1;
    let content = content(n_items, n_systems);
    let mut store = frozen(&path, &design, &content);
    let guests = guests(&mut store, N_RATERS);
    let qualities = Truth::in_steps(&content.systems).qualities(&content, 7);
    let mut server = Process::start(folder.path());
    let base = server.base();
    let pace = Pace { seed: 7, patience: Duration::from_secs(60), ..Pace::default() };
    let n_judgements = n_items * n_systems * k as usize * 2;
    let works: Vec<Work> = std::thread::scope(|scope| {
        let raters = scope.spawn(|| simulate(&base, &guests, &qualities, pace));
        let look = Connection::open(&path).unwrap();
        look.busy_timeout(Duration::from_secs(10)).unwrap();
        for kill in 0..N_KILLS {
            let enough = n_judgements * (1 + 2 * kill) / (2 * N_KILLS + 2);
            loop {
                let n: i64 = look.query_row("SELECT COUNT(*) FROM revision", [], |row| row.get(0)).unwrap();
                if n >= enough as i64 {
                    break;
                }
                assert!(!raters.is_finished(), "the raters ended before kill {kill}");
                std::thread::sleep(Duration::from_millis(2));
            }
            assert!(!raters.is_finished(), "kill {kill} comes after the end");
            server.kill_and_restart();
        }
        raters.join().unwrap().unwrap()
    });

    // Every acknowledged judgement is there, once, as it was; and nothing else is.
    let mut store = Store::open(&path).unwrap();
    let verified = store.verify().unwrap();
    let ratings = store.ratings().unwrap();
    let mut saved: BTreeMap<String, (String, Criterion, u8)> = BTreeMap::new();
    for card in ratings.pages.iter().flat_map(|page| &page.cards) {
        for (revision, _) in &card.revisions {
            let digit = revision.judgement.digit().unwrap();
            let (id, _) = revision.id.rsplit_once('-').unwrap();
            let doubled = saved.insert(id.to_owned(), (revision.card.clone(), revision.criterion, digit));
            assert_eq!(doubled, None, "revision {id} is there twice");
        }
    }
    let mut acknowledged = BTreeMap::new();
    for work in &works {
        acknowledged.extend(work.acknowledged.clone());
    }
    assert_eq!(saved.len() as u64, verified.n_revisions);
    assert_eq!(acknowledged, saved);
    let n_retries: usize = works.iter().map(|work| work.n_retries).sum();
    assert!(n_retries > 0, "no rater noticed the kills");

    // Exactly k raters for each item, no two of them the same.
    let mut raters_of: BTreeMap<usize, Vec<usize>> = BTreeMap::new();
    for page in ratings.pages.iter().filter(|page| page.kind == PageKind::Main) {
        assert_eq!(page.state, PageState::Done);
        raters_of.entry(page.item).or_default().push(page.rater);
    }
    assert_eq!(raters_of.len(), n_items);
    for (item, raters) in &raters_of {
        let different: BTreeSet<&usize> = raters.iter().collect();
        assert_eq!((raters.len(), different.len()), (k as usize, k as usize), "item {item}");
    }
    assert!(ratings.pages.iter().any(|page| page.kind != PageKind::Main), "there are no controls");
    assert_eq!(works.iter().map(|work| work.n_pages).sum::<usize>(), ratings.pages.len());

    // No error of the server was shown to anyone, and a stop that is asked for is an orderly one.
    let log = server.log();
    assert!(log.lines().count() > n_judgements);
    let errors: Vec<&str> = log.lines().filter(|line| line.contains("\"status\":5") || line.contains("lock")).collect();
    assert!(errors.is_empty(), "{errors:?}");
    assert!(server.terminate(), "the server does not stop when it is asked to");
}
