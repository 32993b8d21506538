//! Studies in a tab of the static site, driven in Chromium: made, rated, reported, taken away and brought back; two tabs, a
//! tab that is closed while it saves, a full storage, no server. `cargo xtask web --test` builds the site and says where it
//! is; without it the tests say that they were skipped.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on fails")]

use std::{
    collections::BTreeMap,
    fs,
    path::{Path, PathBuf},
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    thread,
    time::{Duration, Instant},
};

use repartee_browser::{Answer, Axe, Browser, built_site, serve_site};
use repartee_study::{
    Content, Criterion, Design, Expectation, Item, ItemKind, Judgement, Reply, Store, report::Report,
    report::ReportOptions,
};
use serde_json::json;

/// Fetching and compiling the module takes a busy machine a while.
const LONG: Duration = Duration::from_secs(120);

const SAVED: &str = "document.querySelector('#save-mark[data-state=saved]')";
const ENTER: &str = "\u{e007}";

/// Names that no other text of a test contains.
const SYSTEMS: [&str; 2] = ["sysalpha", "sysbravo"];

/// Goes before the worker's script: writing fails as it does without space, while a message says so. Chromium hands out
/// space in pieces too large for a test to use up.
const QUOTA: &str = "let isFull = false;
new BroadcastChannel('quota').onmessage = ({ data }) => (isFull = data);
const write = FileSystemSyncAccessHandle.prototype.write;
FileSystemSyncAccessHandle.prototype.write = function (...words) {
  if (isFull) throw new DOMException('no space', 'QuotaExceededError');
  return write.apply(this, words);
};
";

/// What was said: utterance and reply, sensibleness and specificity.
type Said = BTreeMap<(String, String), (u8, u8)>;

struct Site {
    browser: Browser,
    address: String,
    is_gone: Arc<AtomicBool>,
    files: tempfile::TempDir,
}

/// The site in a browser; nothing, with a message, where it was not built.
fn site() -> Option<Site> {
    let site = built_site()?;
    let browser = Browser::start()?;
    let is_gone = Arc::new(AtomicBool::new(false));
    let gone = is_gone.clone();
    let folder = site.clone();
    let address = serve_site(&site, move |request| {
        if gone.load(Ordering::SeqCst) {
            return Some(Answer::Silence);
        }
        let name = request.path.trim_start_matches('/');
        let script = fs::read_to_string(folder.join(name)).ok().filter(|text| text.contains("repartee-studies"));
        let script = script.filter(|_| name.starts_with("studies-") && name.ends_with(".js"))?;
        Some(Answer::Bytes([QUOTA, &script].concat().into_bytes()))
    });
    let files = tempfile::tempdir().unwrap();
    Some(Site { browser, address, is_gone, files })
}

impl Site {
    fn go(&self, path: &str) {
        self.browser.go(&format!("{}{path}", self.address));
    }

    /// Makes a study by the form.
    fn create(&self, n_items: usize) {
        let mut files = Vec::new();
        for system in SYSTEMS {
            let line = |item| json!({ "context": format!("utterance {item}"), "reply": reply(item, system) });
            let file = self.files.path().join(format!("{system}.jsonl"));
            fs::write(&file, (0..n_items).map(|item| line(item).to_string() + "\n").collect::<String>()).unwrap();
            files.push(file);
        }
        self.go("/studies");
        self.browser.wait_for("document.querySelector('.centred')", LONG);
        self.browser.click(".link-button a");
        self.browser.wait("document.querySelector('#files')");
        self.browser.choose_files("#files", &files);
        self.browser.wait("document.querySelectorAll('.file').length === 2");
        self.browser.type_into("#name", "a trial");
        self.browser.click("#create");
        self.browser.wait_for("document.querySelector('.rate')", LONG);
    }

    /// Sits down to rate the one study there is, and goes past the guidelines.
    fn sit(&self, rater: &str) {
        self.go("/studies");
        self.browser.wait_for("document.querySelector('.rate')", LONG);
        self.browser.click(".rate");
        self.browser.run("document.querySelector('#rater-name').value = ''");
        self.browser.type_into("#rater-name", rater);
        self.browser.click("#begin-rating");
        let is_there = format!("location.href === '{}/rate'", self.address);
        self.browser.wait_for(&format!("{is_there} && document.querySelector('.actions.sticky')"), LONG);
        self.browser.press(ENTER);
        self.browser.wait_for("document.querySelector('#reply-0')", LONG);
    }

    /// Judges the page at hand by keyboard; different digits for different replies.
    fn judge(&self, said: &mut Said) {
        let keys: String = self.digits(said).iter().map(|(one, other)| format!("{one}{other}")).collect();
        self.browser.press(&keys);
    }

    /// Chooses digits for the page at hand.
    fn digits(&self, said: &mut Said) -> Vec<(u8, u8)> {
        let page = self.browser.run(
            "return [document.querySelector('.utterance').textContent,
                [...document.querySelectorAll('.replies .reply-text')].map((p) => p.textContent)]",
        );
        let utterance = page[0].as_str().unwrap().to_owned();
        let mut digits = Vec::new();
        for reply in page[1].as_array().unwrap() {
            let n = said.len() as u8;
            let scores = (n % 5 + 1, n * 2 % 5 + 1);
            said.insert((utterance.clone(), reply.as_str().unwrap().to_owned()), scores);
            digits.push(scores);
        }
        assert_eq!(digits.len(), 2, "{page}");
        digits
    }

    fn page_name(&self) -> String {
        self.browser.run("return document.querySelector('.utterance')?.textContent ?? ''").as_str().unwrap().to_owned()
    }

    fn next_page(&self) {
        let here = self.page_name();
        self.browser.press(ENTER);
        let other = format!("document.querySelector('.utterance')?.textContent !== {}", json!(here));
        self.browser.wait_for(&format!("{other} || document.querySelector('#thanks')"), LONG);
    }

    /// Takes the one study away as a file.
    fn export(&self) -> PathBuf {
        // Each tab is told anew where its downloads go.
        self.browser.download_to(self.files.path());
        self.go("/studies");
        self.browser.wait_for("document.querySelector('.tile .download')", LONG);
        let there = || -> Vec<PathBuf> {
            let all = fs::read_dir(self.files.path()).unwrap().map(|entry| entry.unwrap().path());
            all.filter(|path| path.extension().is_some_and(|end| end == "sqlite")).collect()
        };
        let before = there();
        self.browser.click(".tile .download");
        let start = Instant::now();
        loop {
            if let Some(new) = there().into_iter().find(|path| !before.contains(path)) {
                return new;
            }
            assert!(start.elapsed() < LONG, "no file came");
            thread::sleep(Duration::from_millis(50));
        }
    }
}

fn reply(item: usize, system: &str) -> String {
    // In the reply's own words; no system's name.
    if system == SYSTEMS[0] { format!("a first answer to {item}") } else { format!("another answer to {item}") }
}

/// Opens an exported file natively and gives what was said; its log must be in order.
fn said_in(file: &Path) -> Said {
    let mut store = Store::open(file).unwrap();
    store.verify().unwrap();
    let ratings = store.ratings().unwrap();
    let mut said = Said::new();
    for page in &ratings.pages {
        let item = &ratings.content.items[page.item];
        for card in &page.cards {
            let points = Criterion::ALL.map(|criterion| match card.judgement(criterion) {
                Judgement::Points { points } => Some(points.get()),
                Judgement::Unrated => None,
                other => panic!("{other:?} was never said"),
            });
            if let [Some(one), Some(other)] = points {
                said.insert((item.context.clone(), item.replies[card.reply].text.clone()), (one, other));
            }
        }
    }
    said
}

#[test]
fn a_study_is_made_rated_reported_and_taken_away() {
    let Some(site) = site() else { return };
    let browser = &site.browser;
    let axe = Axe::load();
    // Everything that a rater's page hears of the worker.
    let spy = "window.heard = []; const Plain = Worker; window.Worker = class extends Plain {
        constructor(...words) { super(...words); this.addEventListener('message', ({ data }) => heard.push(JSON.stringify(data))); }
    };";
    browser.command("Page.addScriptToEvaluateOnNewDocument", &json!({ "source": spy }));
    site.go("/studies");
    browser.wait_for("document.querySelector('.centred')", LONG);
    axe.check(browser, "no study yet");
    site.create(3);
    axe.check(browser, "a study");
    site.sit("anna");
    let mut said = Said::new();
    site.judge(&mut said);
    browser.wait(SAVED);
    axe.check(browser, "rating");
    // A reload, and the page is as it was left.
    browser.reload().unwrap();
    browser.wait_for("document.querySelectorAll('.replies .score[aria-pressed=true]').length === 4", LONG);
    site.next_page();
    for _ in 0..2 {
        site.judge(&mut said);
        browser.wait(SAVED);
        site.next_page();
    }
    browser.wait("document.querySelector('#thanks')");
    let heard = browser.run("return heard.join('\\n')");
    let heard = heard.as_str().unwrap();
    assert!(heard.contains("a first answer"), "the page hears the worker: {heard}");
    for name in SYSTEMS {
        assert!(!heard.contains(name), "`{name}` is in what a rater's page hears");
    }

    let file = site.export();
    assert_eq!(said.len(), 6);
    assert_eq!(said_in(&file), said);
    let mut store = Store::open(&file).unwrap();
    let report = Report::of(&store.ratings().unwrap(), &ReportOptions::default()).unwrap();
    let native: serde_json::Value = serde_json::from_str(&report.to_json()).unwrap();
    browser.click(".tile h2 a");
    browser.wait("document.querySelector('.tabs')");
    browser.run("[...document.querySelectorAll('.tabs a')].find((a) => a.pathname.endsWith('/report')).click()");
    browser.wait_for("document.querySelector('#report table')", LONG);
    axe.check(browser, "the report");
    let shown = browser.run("return document.querySelector('#report').textContent");
    let shown = shown.as_str().unwrap();
    for system in native["systems"].as_array().unwrap() {
        let measures = system["measures"].as_array().unwrap();
        let average = measures.iter().find(|measured| measured["measure"] == "average").unwrap();
        let average = format!("{:.2}", average["mean"]["value"].as_f64().unwrap());
        assert!(shown.contains(&average), "{average} of {system} is not in the report: {shown}");
    }

    // Without the server all of it is still there.
    browser.wait_for("navigator.serviceWorker.controller", LONG);
    site.is_gone.store(true, Ordering::SeqCst);
    site.go("/studies");
    browser.wait_for("document.querySelectorAll('.tile').length === 1", LONG);
    browser.click(".tile .delete");
    browser.click("#really-delete");
    browser.wait("document.querySelector('.centred') && !document.querySelector('.tile')");
    browser.reload().unwrap();
    browser.wait_for("document.querySelector('.centred') && !document.querySelector('.tile')", LONG);
}

#[test]
fn a_study_from_elsewhere_is_rated_and_goes_back() {
    let Some(site) = site() else { return };
    let path = site.files.path().join("native.study");
    let mut design = Design::new("from elsewhere", 1);
    design.quality.control_every = 0;
    let mut store = Store::create(&path, &design, 0).unwrap();
    let of = |item: usize, system: &str| Reply {
        system: Some(system.to_owned()),
        text: reply(item, system),
        expectation: Expectation::default(),
    };
    let items = (0..2).map(|item| Item {
        key: item.to_string(),
        kind: ItemKind::Main,
        context: format!("utterance {item}"),
        replies: SYSTEMS.map(|system| of(item, system)).to_vec(),
    });
    let content = Content { systems: SYSTEMS.map(str::to_owned).to_vec(), items: items.collect() };
    store
        .extend(|there| {
            *there = content;
            Ok(())
        })
        .unwrap();
    store.freeze(0).unwrap();
    let uid = store.uid().unwrap();
    // The last connection writes all that WAL holds into the file.
    drop(store);
    site.go("/studies");
    site.browser.wait_for("document.querySelector('#study-file')", LONG);
    site.browser.choose_files("#study-file", &[&path]);
    site.browser.wait_for("document.querySelector('.tile')", LONG);
    site.browser.choose_files("#study-file", &[&path]);
    site.browser.wait("document.querySelector('.error')?.textContent.includes('here already')");
    let no_study = site.files.path().join("no.study");
    fs::write(&no_study, "nothing of the kind").unwrap();
    site.browser.choose_files("#study-file", &[&no_study]);
    site.browser.wait("document.querySelector('.error')?.textContent.includes('no study')");
    site.sit("bob");
    let mut said = Said::new();
    site.judge(&mut said);
    site.browser.wait(SAVED);
    let file = site.export();
    assert_eq!(said_in(&file), said);
    assert_eq!(Store::open(&file).unwrap().uid().unwrap(), uid);
}

#[test]
fn one_tab_at_a_time_has_the_studies_and_a_closed_tab_loses_nothing() {
    let Some(site) = site() else { return };
    let browser = &site.browser;
    site.create(4);
    site.sit("anna");
    let mut said = Said::new();
    site.judge(&mut said);
    browser.wait(SAVED);
    // A second tab is told, keeps what is rated there, and goes on when the first is closed.
    let first = browser.tab();
    let mut here = browser.open_tab();
    site.go("/rate");
    browser.wait_for("document.querySelector('#elsewhere') && document.querySelector('#reply-0')", LONG);
    Axe::load().check(browser, "studies in another tab");
    browser.press("5");
    browser.wait("document.querySelector('#save-mark[data-state=waiting]')");
    let reply = browser.run("return document.querySelector('.replies .reply-text').textContent");
    said.get_mut(&(site.page_name(), reply.as_str().unwrap().to_owned())).unwrap().0 = 5;
    browser.turn_to(&first);
    browser.close_tab(&here);
    browser.wait_for(&format!("{SAVED} && !document.querySelector('#elsewhere')"), LONG);
    // Tabs that are closed while they save: what a key said is in the study.
    for _ in 0..3 {
        site.next_page();
        let digits = site.digits(&mut said);
        let next = browser.open_tab();
        browser.turn_to(&here);
        for (one, other) in digits {
            browser.press(&format!("{one}{other}"));
        }
        browser.close_tab(&next);
        here = next;
        site.go("/rate");
        browser.wait_for(&format!("document.querySelector('#reply-0') && {SAVED}"), LONG);
    }
    assert_eq!(said.len(), 8);
    let file = site.export();
    assert_eq!(said_in(&file), said);
}

#[test]
fn a_full_storage_is_told_and_the_rating_is_kept() {
    let Some(site) = site() else { return };
    let browser = &site.browser;
    site.create(2);
    site.sit("anna");
    let fill = |is_full: bool| browser.run(&format!("new BroadcastChannel('quota').postMessage({is_full})"));
    fill(true);
    let mut said = Said::new();
    site.judge(&mut said);
    browser.wait_for("document.querySelector('#save-mark[data-state=full]')", LONG);
    assert!(browser.run("return document.querySelector('#notice').textContent").as_str().unwrap().contains("full"));
    // As soon as there is space it is saved.
    fill(false);
    browser.wait_for(SAVED, LONG);
    let file = site.export();
    assert_eq!(said_in(&file), said);
}
