//! The whole way through a study in a real browser: an administrator makes it from files, two raters finish it by
//! keyboard alone, one in Japanese and one of them cut off from the server for a while, and the report appears.
//! On the way, pages are searched for barriers (WCAG 2.2 AA). Skipped, with a message, where there is no Chromium or
//! where the program was built without its pages.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on fails")]

mod server;
mod study;

use std::time::Duration;

use repartee_browser::{Axe, Browser};
use server::{PASSWORD, Server};
use study::Size;

const ENTER: char = '\u{e007}';
const BACKSPACE: char = '\u{e003}';
const ESCAPE: char = '\u{e00c}';
const SAVED: &str = "document.querySelector('#save-mark')?.dataset.state === 'saved'";

#[test]
fn a_study_from_files_to_its_report_by_keyboard() {
    let Some(browser) = Browser::start() else { return };
    let size = Size::wanted();
    let studies = tempfile::tempdir().unwrap();
    let files = tempfile::tempdir().unwrap();
    let mut server = Server::start(studies.path(), 0);
    browser.go(&server.at("/admin"));
    if browser.run("return document.title === 'Repartee' && !document.querySelector('#boot, main')") == true {
        eprintln!("skipped: the program was built without its pages; `cargo xtask ui` builds them");
        return;
    }
    let axe = Axe::load();
    let links = make_study(&browser, &axe, &study::write(files.path(), size));
    assert_eq!(links.len(), 2);

    let n_changes = rate(&browser, &axe, &links[0], 0, Some((&mut server, studies.path())));
    browser.run("localStorage.clear()");
    let n_changes = n_changes + rate(&browser, &axe, &links[1], 1, None);
    read_report(&browser, &axe, &server, size);
    drop(server);
    check_file(studies.path(), n_changes);
}

/// The administrator's part; gives the raters' links.
fn make_study(browser: &Browser, axe: &Axe, files: &[std::path::PathBuf]) -> Vec<String> {
    browser.wait("document.querySelector('#password')");
    axe.check_itself(browser);
    axe.check(browser, "the login");
    browser.type_into("#password", &format!("{PASSWORD}{ENTER}"));
    browser.click(".link-button a");
    browser.wait("location.pathname === '/admin/new'");
    browser.choose_files("#files", files);
    browser.wait(&format!("document.querySelectorAll('.file').length === {}", files.len()));
    browser.type_into("#name", "Replies to think about");
    browser.run(
        "const select = document.querySelector('#baseline'); select.value = 'Plain';
         select.dispatchEvent(new Event('change', { bubbles: true }))",
    );
    axe.check(browser, "a new study");
    browser.click("#freeze-now");
    browser.click("#create");
    browser.wait("location.pathname.endsWith('/raters')");
    browser.type_into("#invite-names", "Anna");
    browser.click("form button.primary");
    browser.wait("document.querySelectorAll('#fresh-links code').length === 1");
    browser.type_into("#invite-names", "佐藤");
    browser.run(
        "const select = document.querySelector('#invite-language'); select.value = 'ja';
         select.dispatchEvent(new Event('change', { bubbles: true }))",
    );
    browser.click("form button.primary");
    browser.wait("document.querySelectorAll('#fresh-links code').length === 2");
    axe.check(browser, "the raters");
    let links =
        browser.run("return [...document.querySelectorAll('#fresh-links code')].map((code) => code.textContent)");
    browser.click(".tabs a:first-child");
    browser.wait("document.querySelector('#done')");
    axe.check(browser, "the progress");
    links.as_array().unwrap().iter().map(|link| link.as_str().unwrap().to_owned()).collect()
}

/// A rater's part, by keyboard alone; gives how many judgements were made.
fn rate(
    browser: &Browser,
    axe: &Axe,
    link: &str,
    rater: usize,
    mut cut: Option<(&mut Server, &std::path::Path)>,
) -> usize {
    browser.go(link);
    browser.wait("document.querySelector('#begin')");
    assert_eq!(browser.run("return location.pathname"), "/rate", "the token leaves the address");
    assert_eq!(browser.run("return document.documentElement.lang"), ["en", "ja"][rater]);
    axe.check(browser, "the guidelines");
    browser.press(&ENTER.to_string());
    let mut n_changes = 0;
    for page in 1.. {
        let number = format!("document.querySelector('h1.unseen')?.textContent.match(/\\d+/)?.[0] === '{page}'");
        browser.wait(&format!("document.querySelector('#thanks') || {number}"));
        if browser.run("return Boolean(document.querySelector('#thanks'))") == true {
            break;
        }
        let n_replies = browser.run("return document.querySelectorAll('.reply').length").as_u64().unwrap() as usize;
        let keys = study::keys(n_replies, page, rater);
        match page {
            1 if rater == 0 => look_around(browser, axe),
            1 => axe.check(browser, "a page to rate, in Japanese"),
            2 => n_changes += take_back(browser),
            _ => {}
        }
        match cut.take_if(|_| page == 2) {
            Some((server, studies)) => cut_off(browser, server, studies, &keys),
            None => browser.press(&keys),
        }
        n_changes += keys.len();
        browser.wait(&format!("{SAVED} && document.querySelectorAll('.reply.judged').length === {n_replies}"));
        browser.press(&ENTER.to_string());
        browser.wait(&format!("document.querySelector('#feedback, #thanks') || !({number})"));
        if browser.run("return Boolean(document.querySelector('#feedback'))") == true {
            axe.check(browser, "the results of practice");
            browser.press(&ENTER.to_string());
        }
    }
    axe.check(browser, "thanks");
    n_changes
}

/// Help, list of pages, skip and comment, opened and closed again; colours light and dark.
fn look_around(browser: &Browser, axe: &Axe) {
    axe.check(browser, "a page to rate");
    for (key, page) in [('?', "the keys"), ('l', "the list of pages"), ('s', "a skip"), ('c', "a comment")] {
        browser.press(&key.to_string());
        browser.wait("document.querySelector('dialog[open]')");
        axe.check(browser, page);
        browser.press(&ESCAPE.to_string());
        browser.wait("!document.querySelector('dialog')");
    }
    browser.run("document.documentElement.dataset.theme = 'dark'");
    axe.check(browser, "a page to rate, dark");
    browser.run("document.documentElement.removeAttribute('data-theme')");
}

/// A judgement taken back, a flag, and keys that an input method has: they judge nothing.
fn take_back(browser: &Browser) -> usize {
    let pressed = "document.querySelectorAll('.score[aria-pressed=true]').length";
    browser.press("3");
    browser.wait(&format!("{pressed} === 1"));
    browser.press("z");
    browser.wait(&format!("{pressed} === 0"));
    browser.press("f");
    browser.wait("document.querySelector('.tool[aria-pressed=true]')");
    browser.run(
        "document.body.dispatchEvent(new KeyboardEvent('keydown', { key: '4', isComposing: true, bubbles: true }))",
    );
    assert_eq!(browser.run(&format!("return {pressed}")), 0);
    browser.press("1");
    browser.press(&BACKSPACE.to_string());
    browser.press("z");
    browser.wait(&format!("{SAVED} && {pressed} === 0"));
    // Two judgements and two that take them back.
    4
}

/// Rates a page while the server is down, with a reload in between; then the server comes back.
fn cut_off(browser: &Browser, server: &mut Server, studies: &std::path::Path, keys: &str) {
    browser.wait("navigator.serviceWorker.controller");
    let n_pressed = "document.querySelectorAll('.score[aria-pressed=true]').length";
    let n_kept = "Object.keys(localStorage).filter((key) => key.startsWith('repartee.queue.')).length";
    browser.wait(SAVED);
    server.stop();
    let (first, second) = keys.split_at(keys.len() / 2);
    browser.press(first);
    browser.wait("document.querySelector('#save-mark').dataset.state === 'waiting'");
    assert_eq!(browser.run(&format!("return {n_kept}")), first.len());
    browser.reload().unwrap();
    browser.wait(&format!("{n_pressed} === {}", first.len()));
    browser.press(second);
    browser.wait(&format!("{n_pressed} === {}", keys.len()));
    assert_eq!(browser.run(&format!("return {n_kept}")), keys.len(), "nothing is lost while the server is down");
    *server = Server::start(studies, server.address.port());
    browser.wait(SAVED);
    assert_eq!(browser.run(&format!("return {n_kept}")), 0);
}

/// The administrator again: everything is done, and the report is there.
fn read_report(browser: &Browser, axe: &Axe, server: &Server, size: Size) {
    browser.go(&server.at("/admin"));
    // The server was started anew meanwhile, and keeps no administrator's session.
    browser.wait("document.querySelector('#password, .tile a')");
    if browser.run("return Boolean(document.querySelector('#password'))") == true {
        browser.type_into("#password", &format!("{PASSWORD}{ENTER}"));
    }
    browser.wait("document.querySelector('.tile a')");
    browser.run("document.documentElement.dataset.theme = 'dark'");
    axe.check(browser, "the studies, dark");
    browser.run("document.documentElement.removeAttribute('data-theme')");
    browser.click(".tile a");
    browser.wait("document.querySelector('#done')?.textContent.startsWith('100')");
    browser.click(".tabs a:nth-child(2)");
    browser.wait("document.querySelectorAll('tbody tr').length >= 4");
    axe.check(browser, "the raters' quality");
    browser.click(".tabs a:nth-child(4)");
    browser.wait("document.querySelector('.downloads')");
    axe.check(browser, "the export");
    browser.click(".tabs a:nth-child(3)");
    // Bootstrap samples and permutations of the whole study.
    browser.wait_for("document.querySelector('#report')", Duration::from_secs(240));
    let n_rows = browser.run("return document.querySelector('#report table tbody').rows.length");
    assert_eq!(n_rows, size.n_systems);
    assert!(browser.run("return document.querySelectorAll('#report svg circle').length").as_u64().unwrap() > 0);
    axe.check(browser, "the report");
    for format in ["html", "markdown", "latex", "json"] {
        let fetch = format!(
            "const done = arguments[0];
             fetch(location.pathname.replace('/admin', '/api/admin') + '?format={format}')
                 .then(async (reply) => done([reply.status, (await reply.text()).length]))"
        );
        let answer = browser.run_async(&fetch);
        assert!(answer[0] == 200 && answer[1].as_u64().unwrap() > 500, "{format}: {answer}");
    }
}

/// What lies on the disk is what was typed.
fn check_file(studies: &std::path::Path, n_changes: usize) {
    let mut files = std::fs::read_dir(studies).unwrap().flatten().map(|entry| entry.path());
    let file = files.find(|path| path.extension().is_some_and(|extension| extension == "sqlite")).unwrap();
    let mut store = repartee_study::Store::open(&file).unwrap();
    let ratings = store.ratings().unwrap();
    let cards = ratings.pages.iter().flat_map(|page| &page.cards);
    assert_eq!(cards.map(|card| card.revisions.len()).sum::<usize>(), n_changes, "no change is lost or doubled");
    let progress = ratings.progress();
    assert_eq!(progress.n_pages_done, progress.n_pages_wanted);
}
