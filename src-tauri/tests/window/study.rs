//! A small study in the project, and a rater's work on it.

use std::{fs, path::Path, process::Command};

use repartee_browser::Browser;
use serde_json::Value;

/// Pages to rate, one an item.
pub(crate) const N_PAGES: u64 = 2;

const SAVED: &str = "document.querySelector('#save-mark')?.dataset.state === 'saved'";

/// Makes a study of two systems with two items, ready to be rated.
pub(crate) fn make(repartee: &Path, project: &Path) {
    let file = project.join("studies/keys.sqlite");
    let file = file.to_str().unwrap();
    let mut files = Vec::new();
    for (system, reply) in [("Plain", "Oh, I see."), ("Speculative", "Did you look in the fridge?")] {
        let path = project.join(format!("{system}.csv"));
        fs::write(&path, format!("context,reply\nI lost my keys.,\"{reply}\"\nI lost my way.,\"{reply}\"\n")).unwrap();
        files.push(format!("{system}={}", path.display()));
    }
    let run = |words: &[&str]| {
        let output = Command::new(repartee).arg("study").args(words).output().unwrap();
        assert!(output.status.success(), "{words:?}: {}", String::from_utf8_lossy(&output.stderr));
    };
    run(&["create", file, "--name", "Keys", "--control-every", "0", "--raters-per-item", "1"]);
    run(&["import", file, "--system", &files[0], "--system", &files[1]]);
    run(&["freeze", file]);
}

/// From the list of studies to thanks for the work.
pub(crate) fn rate(browser: &Browser, shoot: impl Fn(&str)) {
    browser.wait("location.pathname.startsWith('/admin') && document.querySelector('main h1')");
    browser.wait("[...document.querySelectorAll('main a')].some((link) => link.textContent.includes('Keys'))");
    shoot("studies");
    browser.run("[...document.querySelectorAll('main a')].find((link) => link.textContent.includes('Keys')).click()");
    browser.wait("document.querySelector('.tabs a[href$=raters]')");
    browser.click(".tabs a[href$=raters]");
    browser.type_into("#invite-names", "Anna");
    browser.click("form button.primary");
    browser.wait("document.querySelectorAll('#fresh-links code').length === 1");
    let link = browser.run("return document.querySelector('#fresh-links code').textContent");
    browser.go(link.as_str().unwrap());
    browser.click("#begin");
    loop {
        browser.wait("document.querySelector('#thanks') || document.querySelector('.reply')");
        if browser.run("return Boolean(document.querySelector('#thanks'))") == true {
            break;
        }
        let heading = browser.run("return document.querySelector('h1.unseen')?.textContent");
        let n_replies = browser.run("return document.querySelectorAll('.reply').length").as_u64().unwrap();
        for _ in 0..n_replies {
            browser.press("42");
        }
        browser.wait(&format!("{SAVED} && document.querySelectorAll('.reply.judged').length === {n_replies}"));
        shoot("rate");
        browser.press("\u{e007}");
        let is_same = format!("document.querySelector('h1.unseen')?.textContent === {heading}");
        browser.wait(&format!("document.querySelector('#thanks') || !({is_same})"));
    }
    shoot("thanks");
}

/// Pages that raters have finished, as the study's file says.
pub(crate) fn n_pages_done(repartee: &Path, project: &Path) -> u64 {
    let file = project.join("studies/keys.sqlite");
    let status = Command::new(repartee).args(["study", "status", "--json"]).arg(&file).output().unwrap();
    let status: Value = serde_json::from_slice(&status.stdout).unwrap();
    status["progress"]["n_pages_done"].as_u64().unwrap_or_else(|| panic!("{status}"))
}
