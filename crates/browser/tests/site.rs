//! The static site in Chromium: replies, offline use, a download that breaks off, damaged files, a full storage, the latent
//! space, two models side by side. `cargo xtask web --test` builds the site and says where it is; without it the tests say
//! that they were skipped.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on fails")]

use std::{
    path::Path,
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, Ordering},
    },
    thread,
    time::{Duration, Instant},
};

use repartee_browser::{Answer, Axe, Browser, built_site as site, serve_site as serve};
use serde_json::{Value, json};

/// Compiling the engine and computing take a busy machine a while.
const LONG: Duration = Duration::from_secs(120);

const THERE: &str = "document.querySelectorAll('.said:not(.making)').length";
const OPEN: &str = "document.querySelector('.model-state[data-state=open]')";

fn texts(browser: &Browser) -> Vec<String> {
    let found =
        browser.run("return [...document.querySelectorAll('.said:not(.making) .said-text')].map((p) => p.textContent)");
    found.as_array().unwrap().iter().map(|text| text.as_str().unwrap().to_owned()).collect()
}

fn reply_to(browser: &Browser, utterance: &str) {
    browser.wait("document.querySelector('#model option')");
    browser.type_into("#utterance", utterance);
    browser.click("#reply");
}

fn models(site: &Path) -> Vec<Value> {
    let list: Value = serde_json::from_slice(&std::fs::read(site.join("models.json")).unwrap()).unwrap();
    list["models"].as_array().unwrap().clone()
}

#[test]
fn six_replies_without_webgpu_and_again_offline() {
    let (Some(site), Some(browser)) = (site(), Browser::start()) else { return };
    let is_gone = Arc::new(AtomicBool::new(false));
    let gone = is_gone.clone();
    let address = serve(&site, move |_| gone.load(Ordering::SeqCst).then_some(Answer::Silence));
    let axe = Axe::load();
    let start = Instant::now();
    browser.go(&format!("{address}/"));
    reply_to(&browser, "I lost my keys again.");
    browser.wait_for(&format!("{THERE} >= 1"), LONG);
    println!("page load to first reply: {:.1} s", start.elapsed().as_secs_f64());
    browser.wait_for(&format!("{THERE} === 6"), LONG);
    let mut six = texts(&browser);
    six.sort();
    six.dedup();
    assert_eq!(six.len(), 6, "{six:?}");
    assert_eq!(browser.run("return document.querySelector('.model-state').dataset.device"), "cpu");
    axe.check(&browser, "replies");

    browser.go(&format!("{address}/settings"));
    browser.wait("document.querySelector('#no-webgpu')");
    axe.check(&browser, "the settings");

    // The service worker keeps pages and engine, the engine's worker keeps the model.
    browser.wait_for("navigator.serviceWorker.controller", LONG);
    is_gone.store(true, Ordering::SeqCst);
    browser.go(&format!("{address}/generate"));
    reply_to(&browser, "I lost my keys again.");
    browser.wait_for(&format!("{THERE} === 6"), LONG);
    let mut offline = texts(&browser);
    offline.sort();
    assert_eq!(offline, six, "the same model says the same");

    browser.click("#again");
    browser.wait_for(&format!("{THERE} >= 1 && !document.querySelector('#stop')"), LONG);
    browser.click(".pin");
    browser.wait("document.querySelector('.pinned')");
    browser.reload().unwrap();
    browser.wait("document.querySelector('.pinned')");
}

#[test]
fn a_download_that_breaks_off_goes_on_after_a_reload() {
    let (Some(site), Some(browser)) = (site(), Browser::start()) else { return };
    let starts: Arc<Mutex<Vec<Option<usize>>>> = Arc::default();
    let seen = starts.clone();
    let address = serve(&site, move |request| {
        if !request.path.ends_with(".safetensors") {
            return None;
        }
        let mut seen = seen.lock().unwrap();
        seen.push(request.range_start);
        (seen.len() == 1).then_some(Answer::Cut(300_000))
    });
    browser.go(&format!("{address}/models"));
    browser.click(".model .open");
    browser.wait_for("document.querySelector('.error[data-code=unreachable]')", LONG);
    browser.reload().unwrap();
    browser.click(".model .open");
    browser.wait_for(OPEN, LONG);
    let starts = starts.lock().unwrap().clone();
    assert_eq!(starts.len(), 2, "{starts:?}");
    assert_eq!(starts[0], None);
    assert!(starts[1].is_some_and(|start| start > 0 && start <= 300_000), "it goes on where it was: {starts:?}");
    browser.wait("document.querySelector('.model .remove')");
    browser.click(".model .remove");
    browser.wait("!document.querySelector('.model .remove')");
}

#[test]
fn damaged_and_foreign_files_are_told() {
    let (Some(site), Some(browser)) = (site(), Browser::start()) else { return };
    let path = models(&site)[0]["files"][2]["path"].as_str().unwrap().to_owned();
    let mut damaged = std::fs::read(site.join(&path)).unwrap();
    let middle = damaged.len() / 2;
    damaged[middle] ^= 1;
    let is_damaged = Arc::new(AtomicBool::new(true));
    let still = is_damaged.clone();
    let address = serve(&site, move |request| {
        (request.path.ends_with(&path) && still.load(Ordering::SeqCst)).then(|| Answer::Bytes(damaged.clone()))
    });
    browser.go(&format!("{address}/models"));
    browser.click(".model .open");
    browser.wait_for("document.querySelector('.error[data-code=corrupt]')", LONG);
    is_damaged.store(false, Ordering::SeqCst);
    browser.click(".model .retry");
    browser.wait_for(OPEN, LONG);
}

#[test]
fn another_version_is_told() {
    let (Some(site), Some(browser)) = (site(), Browser::start()) else { return };
    let list = json!({ "format": 99, "version": "9.9.9", "models": [] }).to_string();
    let address = serve(&site, move |request| {
        (request.path == "/models.json").then(|| Answer::Text { status: 200, body: list.clone() })
    });
    browser.go(&format!("{address}/"));
    browser.wait("document.querySelector('.error[data-code=wrong-version]')");
}

#[test]
fn a_full_storage_is_told_and_the_model_opens_all_the_same() {
    let (Some(site), Some(browser)) = (site(), Browser::start()) else { return };
    let address = serve(&site, |_| None);
    browser.go(&format!("{address}/models"));
    browser.wait("document.querySelector('.model .open')");
    let origin = browser.run("return location.origin");
    browser.command("Storage.overrideQuotaForOrigin", &json!({ "origin": origin, "quotaSize": 1000 }));
    browser.click(".model .open");
    browser.wait_for(&format!("{OPEN} && document.querySelector('[data-not-kept]')"), LONG);
}

#[test]
fn the_latent_space_can_be_walked() {
    let (Some(site), Some(browser)) = (site(), Browser::start()) else { return };
    let address = serve(&site, |_| None);
    let axe = Axe::load();
    browser.go(&format!("{address}/latent-space"));
    browser.wait("document.querySelector('#model option')");
    browser.type_into("#utterance", "I lost my keys again.");
    browser.type_into("#response", "Where did you see them last?");
    browser.type_into("#n-prior", "\u{e009}a\u{e009}60\u{e004}");
    browser.click("#draw");
    browser.wait_for("document.querySelector('#heard')?.dataset.heard === '60'", LONG);
    axe.check(&browser, "the latent space");
    // A dot is found by moving over the map until one answers.
    let clicked = browser.run(
        "const map = document.querySelector('#map');
         const box = map.getBoundingClientRect();
         const at = (x, y) => ({ clientX: box.x + x, clientY: box.y + y, pointerId: 1, bubbles: true });
         for (let y = 20; y < box.height - 20; y += 8) for (let x = 20; x < box.width - 20; x += 8) {
             map.dispatchEvent(new PointerEvent('pointermove', at(x, y)));
             if (map.classList.contains('pointing')) {
                 map.dispatchEvent(new PointerEvent('pointerdown', at(x, y)));
                 map.dispatchEvent(new PointerEvent('pointerup', at(x, y)));
                 return true;
             }
         }
         return false;",
    );
    // Where the class comes a moment later, the list of replies leads to a draw, too.
    if clicked != true {
        browser.click(".map-side summary");
        browser.click(".map-side .page-line");
    }
    browser.wait_for("document.querySelector('#decoded .said')", LONG);

    browser.click("#arrange");
    browser.wait_for("Number(document.querySelector('#tsne-step')?.dataset.step) > 0", LONG);
    let is_over = "document.querySelector('#arrange').disabled";
    if browser.run(&format!("return {is_over}")) == false {
        browser.click("#arrange");
    }
    browser.wait("document.querySelector('#components')");
    let step = browser.run("return Number(document.querySelector('#tsne-step').dataset.step)").as_u64().unwrap();
    thread::sleep(Duration::from_millis(300));
    assert_eq!(browser.run("return Number(document.querySelector('#tsne-step').dataset.step)"), step, "it is paused");
    if step < 1000 {
        browser.click("#arrange");
        browser.wait_for(&format!("Number(document.querySelector('#tsne-step').dataset.step) > {step}"), LONG);
    }
}

#[test]
fn two_models_answer_from_the_same_noise() {
    let (Some(site), Some(browser)) = (site(), Browser::start()) else { return };
    if models(&site).len() < 2 {
        eprintln!("skipped: the site has one model only");
        return;
    }
    let address = serve(&site, |_| None);
    browser.go(&format!("{address}/compare"));
    browser.wait("document.querySelector('#left-model option')");
    browser.type_into("#utterance", "I lost my keys again.");
    browser.click("#reply");
    browser.wait_for(&format!("{THERE} === 12"), LONG);
    let z = |side: u32| {
        browser.run(&format!(
            "return [...document.querySelectorAll('.sides > :nth-child({side}) .said')].map((said) => said.dataset.z)"
        ))
    };
    let (left, right) = (z(1), z(2));
    assert_eq!((left.as_array().unwrap().len(), &left), (6, &right));
    // They share a vocabulary, which is fetched once.
    assert_eq!(browser.run("return document.querySelectorAll('[data-not-kept]').length"), 0);
    Axe::load().check(&browser, "two models");
}

#[test]
fn every_page_is_there_in_both_languages_and_without_barriers() {
    let (Some(site), Some(browser)) = (site(), Browser::start()) else { return };
    let address = serve(&site, |_| None);
    let axe = Axe::load();
    let mut n_headings = 0;
    for language in ["en", "ja"] {
        for page in ["generate", "compare", "latent-space", "train", "studies", "models", "settings"] {
            browser.go(&format!("{address}/{page}"));
            browser.run(&format!("localStorage.setItem('repartee.language', '{language}')"));
            browser.reload().unwrap();
            browser.wait("document.querySelector('main h1') && document.querySelector('nav.pages [aria-current]')");
            assert_eq!(browser.run("return document.documentElement.lang"), language);
            axe.check(&browser, &format!("{page} in {language}"));
            n_headings += 1;
        }
    }
    assert_eq!(n_headings, 14);
}

/// The graphics process dies while a model is open; the page says so, and goes on on the CPU.
#[test]
fn a_lost_device_is_told() {
    let flags = ["--enable-unsafe-webgpu", "--use-webgpu-adapter=swiftshader"];
    let (Some(site), Some(browser)) = (site(), Browser::start_with(&flags)) else { return };
    let address = serve(&site, |_| None);
    browser.go(&format!("{address}/settings"));
    browser.run("localStorage.setItem('repartee.device', 'wgpu')");
    browser.go(&format!("{address}/models"));
    browser.click(".model .open");
    browser.wait_for(OPEN, LONG);
    browser.click("nav.pages a[href$='/generate']");
    browser.command("Browser.crashGpuProcess", &json!({}));
    reply_to(&browser, "I lost my keys again.");
    browser.wait_for("document.querySelector('.error[data-code=lost-device]')", LONG);
    browser.wait("document.querySelector('.model-state').dataset.state === 'closed'");
    browser.click("#reply");
    browser.wait_for(&format!("{THERE} >= 1"), LONG);
    assert_eq!(browser.run("return document.querySelector('.model-state').dataset.device"), "cpu");
}

/// On WebGPU's software adapter, where all shaders are compiled first; it prints how long that takes.
#[test]
fn six_replies_on_webgpu() {
    let flags = ["--enable-unsafe-webgpu", "--use-webgpu-adapter=swiftshader"];
    let (Some(site), Some(browser)) = (site(), Browser::start_with(&flags)) else { return };
    let address = serve(&site, |_| None);
    browser.go(&format!("{address}/settings"));
    browser.run("localStorage.setItem('repartee.device', 'wgpu')");
    let start = Instant::now();
    browser.go(&format!("{address}/"));
    browser.wait("document.querySelector('#model option')");
    reply_to(&browser, "I lost my keys again.");
    browser.wait_for(OPEN, LONG);
    println!("open on WebGPU after {:.1} s", start.elapsed().as_secs_f64());
    browser.wait_for(&format!("{THERE} >= 1"), LONG);
    println!("first reply on WebGPU after {:.1} s", start.elapsed().as_secs_f64());
    browser.wait_for("document.querySelector('.summary')", LONG);
    println!("all replies on WebGPU after {:.1} s", start.elapsed().as_secs_f64());
    let mut six = texts(&browser);
    six.sort();
    six.dedup();
    assert_eq!(six.len(), 6, "{six:?}");
    assert_eq!(browser.run("return document.querySelector('.model-state').dataset.device"), "wgpu");
}
