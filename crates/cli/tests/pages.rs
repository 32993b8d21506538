//! The studio's pages in a real browser: train a tiny model, see its curves move, stop, resume, reply, and rate an item.
//! Skipped, with a message, where there is no Chromium or where the program was built without its pages.

mod common;

use std::{
    io::{BufRead as _, BufReader},
    process::{Child, Command, Stdio},
    time::Duration,
};

use common::{Folder, succeeds};
use repartee_browser::{Axe, Browser};

/// Training and starting take a busy machine a while.
const LONG: Duration = Duration::from_secs(240);

const SETTINGS: &str = "model.d_model=16\nmodel.d_feedforward=24\nmodel.latent_size=8\nmodel.n_layers=1\n\
    model.n_heads=2\nbatch.tokens=400\ntraining.evaluate_every=20\ntraining.log_every=2";

struct Studio {
    child: Child,
    address: String,
}

impl Studio {
    fn start(folder: &str) -> Self {
        let mut command = Command::new(env!("CARGO_BIN_EXE_repartee"));
        command.args(["studio", folder, "--port", "0", "--device", "cpu", "--quiet"]);
        let mut child = command.stdout(Stdio::piped()).stdin(Stdio::null()).spawn().expect("the program starts");
        let mut address = String::new();
        BufReader::new(child.stdout.take().expect("it is piped")).read_line(&mut address).expect("it says its address");
        Self { child, address: address.trim().to_owned() }
    }
}

impl Drop for Studio {
    fn drop(&mut self) {
        self.child.kill().expect("it runs");
        self.child.wait().expect("it ends");
    }
}

/// A project with a small corpus and a study.
fn project(folder: &Folder) -> String {
    let (corpus, study) = (folder.path("project/corpora/planted"), folder.path("project/studies/trial.sqlite"));
    for name in ["project/corpora", "project/studies"] {
        std::fs::create_dir_all(folder.path(name)).expect("the folder is writable");
    }
    succeeds(&["corpus", "planted", "--out", &corpus, "--pairs", "300", "--dev", "4", "--test", "4"]);
    succeeds(&["vocab", "train", &corpus, "--size", "200"]);
    succeeds(&["study", "create", &study, "--name", "Trial", "--raters-per-item", "1", "--baseline", "B"]);
    for system in ["A", "B"] {
        let line = |n: usize| format!("{{\"context\":\"Utterance {n}.\",\"response\":\"{system} says {n}.\"}}\n");
        let file = folder.file(&format!("{system}.jsonl"), (0..4).map(line).collect::<String>());
        succeeds(&["study", "import", &study, "--system", &format!("{system}={file}")]);
    }
    succeeds(&["study", "freeze", &study]);
    folder.path("project")
}

#[test]
fn a_model_is_trained_watched_resumed_heard_and_an_item_rated() {
    let Some(browser) = Browser::start() else { return };
    let folder = Folder::new();
    let studio = Studio::start(&project(&folder));
    browser.go(&studio.address);
    browser.wait("location.pathname === '/'");
    if browser.run("return !document.querySelector('#boot, main')") == true {
        eprintln!("skipped: the program was built without its pages; `cargo xtask ui` builds them");
        return;
    }
    let axe = Axe::load();
    let base = studio.address.split("/open").next().expect("an address");
    browser.go(&format!("{base}/train"));
    train(&browser, &axe);
    reply(&browser, base);
    rate(&browser, &axe, base);
}

fn train(browser: &Browser, axe: &Axe) {
    browser.wait_for("document.querySelector('#start')", LONG);
    axe.check(browser, "the page of training");
    browser.run("document.querySelector('.new-run details').open = true");
    browser.type_into("#settings", SETTINGS);
    browser.type_into("#updates", "4000");
    browser.type_into("#run-name", "\u{e009}a\u{e009}first");
    browser.click("#plan");
    browser.wait_for("document.querySelector('#planned')", LONG);
    browser.click("#start");
    let points = "(document.querySelector('.curve path')?.getAttribute('d').match(/L/g) ?? []).length";
    browser.wait_for("document.querySelector('.run[data-run=first][data-state=running]')", LONG);
    browser.wait_for(&format!("{points} >= 3"), LONG);
    let before = browser.run(&format!("return {points}")).as_u64().expect("a number");
    browser.wait_for(&format!("{points} > {before}"), LONG);
    browser.wait_for("document.querySelectorAll('.curve circle').length > 0", LONG);
    browser.wait_for("document.querySelectorAll('#samples .sample-replies li').length >= 3", LONG);
    assert_eq!(browser.run("return document.querySelectorAll('#winners rect').length"), 5);
    // Else the bar above covers a part of a field, which then counts as too small.
    browser.run("scrollTo(0, 0)");
    axe.check(browser, "curves");
    browser.click(".run .stop");
    browser.wait_for("document.querySelector('.run[data-state=stopped]')", LONG);
    let stopped = browser.run("return Number(document.querySelector('.run progress').value)").as_u64();
    browser.click(".run .resume");
    browser.wait_for("document.querySelector('.run[data-state=running]')", LONG);
    let further = format!("Number(document.querySelector('.run progress').value) > {}", stopped.expect("a number"));
    browser.wait_for(&further, LONG);
    // A window that is closed and opened again finds the run.
    browser.reload().expect("the page is there");
    browser.wait_for("document.querySelector('.run[data-state=running]')", LONG);
    browser.wait_for(&format!("{points} > {before}"), LONG);
    browser.click(".run .stop");
    browser.wait_for("document.querySelector('.run[data-state=stopped]')", LONG);
}

fn reply(browser: &Browser, base: &str) {
    browser.go(&format!("{base}/models"));
    browser.wait("document.querySelector('.model[data-model=\"runs/first\"] .open')");
    assert_eq!(browser.run("return document.querySelectorAll('.remove').length"), 0);
    browser.go(&format!("{base}/generate"));
    browser.wait("document.querySelector('#model option')");
    browser.type_into("#utterance", "I lost my keys again.");
    browser.click("#reply");
    let said = "document.querySelectorAll('.said:not(.making)').length >= 1 && !document.querySelector('#stop')";
    browser.wait_for(said, LONG);
}

/// Without a password: who has the key is the administrator.
fn rate(browser: &Browser, axe: &Axe, base: &str) {
    browser.go(&format!("{base}/studies"));
    browser.click(".link-button a");
    browser.wait("document.querySelector('.tile a')");
    axe.check(browser, "the studies");
    browser.click(".tile a");
    browser.click(".tabs a[href$=raters]");
    browser.type_into("#invite-names", "Anna");
    browser.click("form button.primary");
    browser.wait("document.querySelector('#fresh-links code')");
    let link = browser.run("return document.querySelector('#fresh-links code').textContent");
    browser.go(link.as_str().expect("a link"));
    browser.wait("document.querySelector('#begin')");
    browser.press("\u{e007}");
    browser.wait("document.querySelectorAll('.reply').length === 2");
    browser.press("4251");
    browser.wait("document.querySelector('#save-mark')?.dataset.state === 'saved' && document.querySelectorAll('.reply.judged').length === 2");
}
