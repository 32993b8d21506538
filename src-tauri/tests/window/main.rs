//! The app on a screen that nobody sees: a model is trained while its curves move, stopped, resumed and asked; the engine is
//! killed and started again; a reply is rated; the window is closed while a run is under way. `cargo xtask desktop --test`
//! names the program `repartee` and runs it; where something is missing it says that it was skipped.
//!
//! `REPARTEE_SCREENSHOTS` names a folder for pictures of the screen.

#![cfg(target_os = "linux")]
#![expect(clippy::unwrap_used, reason = "a test that cannot go on fails")]

mod memory;
mod study;
mod x11;

use std::{
    fs,
    path::{Path, PathBuf},
    time::{Duration, Instant},
};

use repartee_browser::{Axe, Browser, Screen};

use crate::memory::Process;

/// Opening a device, compiling and computing take a busy machine a while.
const LONG: Duration = Duration::from_secs(240);

/// Updates of the run, more than it ever makes.
const MAX_UPDATES: u32 = 20_000;

const THERE: &str = "document.querySelectorAll('.said:not(.making)').length";

/// The app, a screen around it, and its project.
struct App {
    browser: Browser,
    screen: Screen,
    project: PathBuf,
    repartee: PathBuf,
}

impl App {
    /// Nothing, with a message, where something is missing.
    fn start() -> Option<Self> {
        let Some(repartee) = std::env::var_os("REPARTEE").map(PathBuf::from) else {
            eprintln!("skipped: REPARTEE names no program; `cargo xtask desktop --test` does");
            return None;
        };
        let screen = Screen::start()?;
        let project = screen.home().join("project");
        fs::create_dir_all(project.join("studies")).unwrap();
        // The engine looks for studies when it starts.
        study::make(&repartee, &project);
        let browser = Self::open(&screen, &project, &repartee);
        Some(Self { browser, screen, project, repartee })
    }

    fn open(screen: &Screen, project: &Path, repartee: &Path) -> Browser {
        let app = Path::new(env!("CARGO_BIN_EXE_repartee-desktop"));
        let arguments = [project.to_str().unwrap()];
        screen.drive(app, &arguments, &[("REPARTEE", repartee.to_str().unwrap())])
    }

    /// Goes to a page by its link.
    fn page(&self, path: &str) {
        self.browser.click(&format!("nav.pages a[href='{path}']"));
        self.browser.wait(&format!("location.pathname === '{path}' && document.querySelector('main h1')"));
    }

    fn shoot(&self, name: &str) {
        if let Some(folder) = std::env::var_os("REPARTEE_SCREENSHOTS").map(PathBuf::from) {
            fs::create_dir_all(&folder).unwrap();
            fs::write(folder.join(format!("{name}.ppm")), x11::picture(&self.screen)).unwrap();
        }
    }

    /// The app's own process.
    fn process(&self) -> Process {
        Process::child_of(self.browser.driver_id(), "repartee-deskto").unwrap()
    }

    /// The engine's process.
    fn engine(&self) -> Option<Process> {
        Process::child_of(self.process().id, "repartee")
    }

    /// Scrolls to an element.
    fn show(&self, css: &str) {
        self.browser.run(&format!("document.querySelector({css:?}).scrollIntoView()"));
        // What is not drawn yet is in no picture.
        std::thread::sleep(Duration::from_millis(300));
    }

    fn set(&self, css: &str, value: &str) {
        self.browser.run(&format!(
            "const input = document.querySelector({css:?}); input.value = {value:?};
             input.dispatchEvent(new Event('input', {{ bubbles: true }}));
             input.dispatchEvent(new Event('change', {{ bubbles: true }}));"
        ));
    }

    fn update(&self) -> u64 {
        let count = self.browser.run("return document.querySelector('.run-count').textContent.replaceAll(',', '')");
        let digits: String = count.as_str().unwrap().trim().chars().take_while(char::is_ascii_digit).collect();
        digits.parse().unwrap()
    }
}

#[test]
fn from_training_to_a_rating() {
    let Some(mut app) = App::start() else { return };
    if app.browser.run("return Boolean(document.querySelector('script'))") != true {
        eprintln!("skipped: the app was built without its pages; `cargo xtask desktop` builds them");
        return;
    }
    settings(&app);
    a_second_instance_gives_way(&app);
    train(&app);
    watch(&app);
    stop_and_resume(&app);
    generate(&app);
    kill_the_engine(&app);
    rate(&app);
    close(&mut app);
}

fn settings(app: &App) {
    app.page("/settings");
    let browser = &app.browser;
    browser.wait(&format!(
        "document.querySelector('#project-folder')?.textContent === {:?}",
        app.project.to_str().unwrap()
    ));
    browser.wait("document.querySelector('#engine-version')");
    Axe::load().check(browser, "the settings");
    app.shoot("settings");
    // The app's pages may ask for its own commands and for nothing else.
    let refused = browser.run_async(
        "const done = arguments[arguments.length - 1];
         window.__TAURI_INTERNALS__.invoke('plugin:dialog|open', { options: {} }).then(() => done('allowed'), (error) => done(String(error)));",
    );
    assert!(refused.as_str().unwrap().contains("not allowed"), "{refused}");
    let blocked = browser.run_async(
        "const done = arguments[arguments.length - 1];
         fetch('http://127.0.0.1:9/').then(() => done('reached'), (error) => done(String(error)));
         document.addEventListener('securitypolicyviolation', (event) => done(event.violatedDirective));",
    );
    assert_eq!(blocked, "connect-src");
    assert!(app.screen.home().join(".config/dev.repartee.desktop/projects.json").is_file());
}

/// The app, started once more, shows the window that is there, and ends.
fn a_second_instance_gives_way(app: &App) {
    let mut second = std::process::Command::new(env!("CARGO_BIN_EXE_repartee-desktop"));
    app.screen.prepare(&mut second);
    let mut second = second.env("REPARTEE", &app.repartee).spawn().unwrap();
    let start = Instant::now();
    let status = loop {
        if let Some(status) = second.try_wait().unwrap() {
            break status;
        }
        if start.elapsed() > LONG {
            second.kill().unwrap();
            panic!("there are two apps");
        }
        std::thread::sleep(Duration::from_millis(50));
    };
    assert!(status.success(), "{status}");
    assert!(app.engine().is_some());
}

fn train(app: &App) {
    app.page("/train");
    let browser = &app.browser;
    browser.wait_for("document.querySelector('#corpus option')", LONG);
    browser.wait_for("document.querySelector('#train-device option[value=cpu]')", LONG);
    app.set("#updates", &MAX_UPDATES.to_string());
    app.set("#train-device", "cpu");
    app.set("#settings", "training.evaluate_every=60\ntraining.log_every=5");
    browser.click("#plan");
    browser.wait_for("document.querySelector('#planned')", LONG);
    app.shoot("plan");
    browser.click("#start");
    browser.wait_for("document.querySelector('.run[data-state=running]')", LONG);
}

/// Curves grow, and memory does not.
fn watch(app: &App) {
    let browser = &app.browser;
    let points = "(document.querySelector('.curves svg.chart path[class^=series]')?.getAttribute('d') ?? '').split(/[ML]/).length";
    browser.wait_for(&format!("{points} > 3"), LONG);
    let before = browser.run(&format!("return {points}")).as_u64().unwrap();
    browser.wait_for(&format!("{points} > {}", before + 5), LONG);
    browser.wait_for("document.querySelector('#samples .sample-list li')", LONG);
    app.show(".curves");
    app.shoot("train");
    app.show("#samples");
    app.shoot("samples");
    // The bar at the top would lie over what is clicked next.
    app.show("body");
    let (shell, engine) = (app.process(), app.engine().unwrap());
    let pages = Process::child_of(shell.id, "WebKitWebProces").unwrap();
    memory::assert_flat(&[("app", shell), ("pages", pages), ("engine", engine)], seconds("REPARTEE_WATCH_SECONDS", 90));
    app.shoot("train-later");
}

/// A number of seconds from the environment.
fn seconds(variable: &str, default: u64) -> Duration {
    Duration::from_secs(std::env::var(variable).ok().and_then(|text| text.parse().ok()).unwrap_or(default))
}

fn stop_and_resume(app: &App) {
    let browser = &app.browser;
    browser.click(".run .stop");
    browser.wait_for("document.querySelector('.run[data-state=stopped]')", LONG);
    let stopped = app.update();
    browser.click(".run .resume");
    browser.wait_for("document.querySelector('.run[data-state=running]')", LONG);
    let start = Instant::now();
    while app.update() <= stopped {
        assert!(start.elapsed() < LONG, "the run does not go on from {stopped}");
        std::thread::sleep(Duration::from_millis(200));
    }
}

/// Replies of the model as it is after some updates, while it goes on being trained.
fn generate(app: &App) {
    app.page("/generate");
    let browser = &app.browser;
    browser.wait("document.querySelector('#model option')");
    browser.type_into("#utterance", "I lost my keys again.");
    browser.click("#reply");
    browser.wait_for(&format!("{THERE} >= 2 && !document.querySelector('#stop')"), LONG);
    app.shoot("generate");
    // A task that is stopped says nothing more, and the engine answers the next.
    // From within the page, as it may be over before the driver looks.
    browser.run_async(
        "const done = arguments[arguments.length - 1];
         const look = () => {
             const stop = document.querySelector('#stop');
             if (stop) { stop.click(); done(); } else { setTimeout(look, 0); }
         };
         document.querySelector('#again').click();
         look();",
    );
    browser.wait("!document.querySelector('#stop')");
    browser.click("#reply");
    browser.wait_for(&format!("{THERE} >= 2 && !document.querySelector('#stop')"), LONG);
}

/// A dead engine is told, another one is started, and the run has gone on meanwhile.
fn kill_the_engine(app: &App) {
    app.page("/train");
    let browser = &app.browser;
    browser.wait_for("document.querySelector('.run[data-state=running]')", LONG);
    let before = app.update();
    app.engine().unwrap().kill();
    browser.wait("document.querySelector('#engine-lost')");
    app.shoot("engine-lost");
    assert!(app.engine().is_none());
    browser.click("#start-again");
    browser.wait_for(
        "!document.querySelector('#engine-lost') && document.querySelector('.run[data-state=running]')",
        LONG,
    );
    assert!(app.engine().is_some());
    let start = Instant::now();
    while app.update() <= before {
        assert!(start.elapsed() < LONG, "the run did not go on");
        std::thread::sleep(Duration::from_millis(200));
    }
}

/// A rater's work in the second window.
fn rate(app: &App) {
    app.page("/studies");
    let browser = &app.browser;
    let main = browser.windows();
    browser.click("#open-studies");
    let start = Instant::now();
    let studies = loop {
        if let Some(window) = browser.windows().into_iter().find(|window| !main.contains(window)) {
            break window;
        }
        assert!(start.elapsed() < LONG, "no window of studies");
        std::thread::sleep(Duration::from_millis(100));
    };
    browser.turn_to(&studies);
    study::rate(browser, |name| app.shoot(name));
    // Pages of a server may ask the app for nothing.
    let refused = browser.run_async(
        "const done = arguments[arguments.length - 1];
         if (!window.__TAURI_INTERNALS__) return done('not allowed: no bridge');
         window.__TAURI_INTERNALS__.invoke('call', { body: '{}' }).then(() => done('allowed'), (error) => done(String(error)));",
    );
    assert!(refused.as_str().unwrap().contains("not allowed"), "{refused}");
    assert_eq!(study::n_pages_done(&app.repartee, &app.project), study::N_PAGES);
    browser.turn_to(&main[0]);
}

/// Closing asks what is to become of the run: it stays, then it is saved and stopped; the next start finds it so.
fn close(app: &mut App) {
    app.page("/train");
    let asked = "document.querySelector('#close-stop')";
    x11::close_window(&app.screen, "– Repartee");
    app.browser.wait(asked);
    app.shoot("closing");
    app.browser.click("#close-stay");
    app.browser.wait(&format!("!{asked}"));
    x11::close_window(&app.screen, "– Repartee");
    app.browser.wait(asked);
    let (shell, engine) = (app.process(), app.engine().unwrap());
    app.browser.run(&format!("{asked}.click()"));
    shell.wait_until_gone(LONG);
    engine.wait_until_gone(LONG);
    app.browser = App::open(&app.screen, &app.project, &app.repartee);
    app.page("/train");
    app.browser.wait_for("document.querySelector('.run[data-state=stopped]')", LONG);
    let status = fs::read_to_string(app.screen.home().join(".config/dev.repartee.desktop/.window-state.json")).unwrap();
    assert!(status.contains("\"main\""), "{status}");
}
