//! How fast it is. These take long and need a quiet machine: they run only with `RUN_SLOW_TESTS=1`, and print their
//! figures, which `benches/results/study` keeps.

use std::fmt::Write as _;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use repartee_server::Client;
use repartee_study::{NewInvite, Store};
use repartee_wire::{
    Judgement, Points,
    admin::{Admin, Holds, Import, Imported, Login, Upload},
    rater::{Change, Next, OpenSession, Saved, Study},
};
use rusqlite::{Connection, params};

use crate::common::{PASSWORD, content, design, frozen};
use crate::endurance::Process;

const N_ROWS: usize = 100_000;
const N_SYSTEMS: usize = 5;

fn is_asked_for() -> bool {
    let asked = std::env::var("RUN_SLOW_TESTS").is_ok_and(|value| value == "1");
    if !asked {
        eprintln!("skipped: set RUN_SLOW_TESTS=1");
    }
    asked
}

/// Rows of a file: system, id, context, reply.
fn rows() -> Vec<[String; 4]> {
    let row = |number: usize| {
        let (item, system) = (number / N_SYSTEMS, number % N_SYSTEMS);
        let context = format!("Utterance number {item}, which is about as long as people's are.");
        let reply = format!("Reply {number}, \"quoted\", and about as long as a reply of a system tends to be.");
        [format!("system {system}"), format!("i{item}"), context, reply]
    };
    (0..N_ROWS).map(row).collect()
}

fn csv(rows: &[[String; 4]]) -> String {
    let mut text = "system,id,context,reply\n".to_owned();
    for [system, id, context, reply] in rows {
        writeln!(text, "{system},{id},\"{context}\",\"{}\"", reply.replace('"', "\"\"")).unwrap();
    }
    text
}

fn percentile(mut values: Vec<f64>, share: f64) -> f64 {
    assert!(values.len() >= 100, "only {} values", values.len());
    values.sort_by(f64::total_cmp);
    values[((values.len() as f64 * share).ceil() as usize).clamp(1, values.len()) - 1]
}

fn logged_in(base: &str) -> Client {
    let mut client = Client::new(base);
    let _: Admin = client.send("POST", "/api/admin/login", &Login { password: PASSWORD.to_owned() }).unwrap();
    client
}

/// Seconds that an import over HTTP takes.
fn import(admin: &mut Client, study: &str, text: &str) -> f64 {
    let file =
        Upload { name: "a.csv".to_owned(), text: text.to_owned(), holds: Holds::Replies { system: None, nth: 0 } };
    let begun = Instant::now();
    let imported: Imported =
        admin.send("POST", &format!("/api/admin/studies/{study}/import"), &Import { files: vec![file] }).unwrap();
    assert_eq!(imported.n_items as usize, N_ROWS / N_SYSTEMS);
    begun.elapsed().as_secs_f64()
}

#[test]
fn an_import_slows_saving_at_most_five_times() {
    const N_RATERS: usize = 10;
    const N_IMPORTS: usize = 4;
    if !is_asked_for() {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let mut store = frozen(&folder.path().join("a.sqlite"), &design(1), &content(50, 4));
    let imports: Vec<String> = (0..N_IMPORTS)
        .map(|number| {
            Store::create(&folder.path().join(format!("{number}.sqlite")), &design(1), 0).unwrap().uid().unwrap()
        })
        .collect();
    let tokens: Vec<String> = (0..N_RATERS)
        .map(|number| {
            let new = NewInvite { rater: &format!("r{number}"), language: "en", expires_ms: None };
            store.invite(&new, 0).unwrap().1
        })
        .collect();
    let server = Process::start(folder.path());
    let base = server.base();
    let (is_importing, is_over) = (AtomicBool::new(false), AtomicBool::new(false));
    let text = csv(&rows());
    let (mut idle, mut busy, mut import_s) = (Vec::new(), Vec::new(), Vec::new());
    std::thread::scope(|scope| {
        let raters: Vec<_> =
            tokens.iter().map(|token| scope.spawn(|| saves(&base, token, &is_importing, &is_over))).collect();
        let mut admin = logged_in(&base);
        std::thread::sleep(Duration::from_secs(6));
        for study in &imports {
            is_importing.store(true, Ordering::SeqCst);
            import_s.push(import(&mut admin, study, &text));
            is_importing.store(false, Ordering::SeqCst);
            std::thread::sleep(Duration::from_secs(1));
        }
        is_over.store(true, Ordering::SeqCst);
        for rater in raters {
            let (quiet, loud) = rater.join().unwrap();
            idle.extend(quiet);
            busy.extend(loud);
        }
    });
    let (n_idle, n_busy) = (idle.len(), busy.len());
    let median = [percentile(idle.clone(), 0.5), percentile(busy.clone(), 0.5)];
    let [idle, busy] = [percentile(idle, 0.95), percentile(busy, 0.95)];
    println!(
        "save p95: idle {idle:.2} ms ({n_idle} saves, median {:.2}), during an import of {N_ROWS} rows {busy:.2} ms \
         ({n_busy} saves, median {:.2}); ratio {:.2}; imports took {import_s:.2?} s",
        median[0],
        median[1],
        busy / idle
    );
    assert!(busy <= 5.0 * idle, "{busy:.2} ms during the import, {idle:.2} ms without");
}

/// Saves every 40 ms; milliseconds of those without and those during an import.
fn saves(base: &str, token: &str, is_importing: &AtomicBool, is_over: &AtomicBool) -> (Vec<f64>, Vec<f64>) {
    let mut client = Client::new(base);
    let _: Study = client.send("POST", "/api/rater/session", &OpenSession { token: token.to_owned() }).unwrap();
    let Next::Page { page, .. } = client.get("/api/rater/next").unwrap() else { panic!("there is a page") };
    let (mut idle, mut busy) = (Vec::new(), Vec::new());
    for number in 0_usize.. {
        if is_over.load(Ordering::SeqCst) {
            break;
        }
        let points = Points::new(1 + (number % 5) as u8).unwrap();
        let card = page.cards[number % page.cards.len()].id.clone();
        let sensibleness = Some(Judgement::Points { points });
        let change = Change { card, sensibleness, active_ms: 40, ..Change::default() };
        let path = format!("/api/rater/revision/{}", repartee_study::new_id().unwrap());
        let (was_importing, begun) = (is_importing.load(Ordering::SeqCst), Instant::now());
        let _: Saved = client.send("PUT", &path, &change).unwrap();
        let elapsed_ms = begun.elapsed().as_secs_f64() * 1e3;
        if was_importing || is_importing.load(Ordering::SeqCst) {
            busy.push(elapsed_ms);
        } else {
            idle.push(elapsed_ms);
        }
        std::thread::sleep(Duration::from_millis(40));
    }
    (idle, busy)
}

#[test]
fn ingest_over_http_keeps_a_third_of_a_raw_loop() {
    const N_RUNS: usize = 3;
    if !is_asked_for() {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let imports: Vec<String> = (0..N_RUNS)
        .map(|number| {
            Store::create(&folder.path().join(format!("{number}.sqlite")), &design(1), 0).unwrap().uid().unwrap()
        })
        .collect();
    let server = Process::start(folder.path());
    let mut admin = logged_in(&server.base());
    let rows = rows();
    let text = csv(&rows);
    let (mut http_s, mut raw_s, mut flat_s) = (Vec::new(), Vec::new(), Vec::new());
    for (number, study) in imports.iter().enumerate() {
        http_s.push(import(&mut admin, study, &text));
        raw_s.push(raw(&folder.path().join(format!("raw{number}.sqlite")), &rows));
        flat_s.push(flat(&folder.path().join(format!("flat{number}")), &rows));
    }
    let best = |seconds: &[f64]| seconds.iter().copied().fold(f64::INFINITY, f64::min);
    let [http, raw, flat] = [&http_s, &raw_s, &flat_s].map(|seconds| N_ROWS as f64 / best(seconds));
    println!(
        "ingest of {N_ROWS} rows: over HTTP {http:.0} rows/s ({http_s:.2?} s); raw loop into the study's tables \
         {raw:.0} rows/s ({raw_s:.2?} s), ratio {:.2}; raw loop into one table without keys {flat:.0} rows/s \
         ({flat_s:.2?} s), ratio {:.2}",
        http / raw,
        http / flat
    );
    assert!(http >= 0.3 * raw, "{http:.0} rows/s over HTTP, {raw:.0} in a raw loop");
}

/// Seconds of one transaction that inserts the rows into the tables of a study, without any check of ours.
fn raw(path: &std::path::Path, rows: &[[String; 4]]) -> f64 {
    drop(Store::create(path, &design(1), 0).unwrap());
    let mut connection = Connection::open(path).unwrap();
    connection.pragma_update(None, "synchronous", "FULL").unwrap();
    connection.pragma_update(None, "foreign_keys", "ON").unwrap();
    let begun = Instant::now();
    let transaction = connection.transaction().unwrap();
    {
        let mut system = transaction.prepare("INSERT INTO system (id, name) VALUES (?1, ?2)").unwrap();
        let mut item =
            transaction.prepare("INSERT INTO item (id, key, kind, context) VALUES (?1, ?2, 'main', ?3)").unwrap();
        let mut reply = transaction
            .prepare("INSERT INTO reply (item_id, number, system_id, text) VALUES (?1, ?2, ?3, ?4)")
            .unwrap();
        for (number, [name, id, context, text]) in rows.iter().enumerate() {
            let (item_id, system_id) = ((number / N_SYSTEMS + 1) as i64, (number % N_SYSTEMS + 1) as i64);
            if number < N_SYSTEMS {
                system.execute(params![system_id, name]).unwrap();
            }
            if system_id == 1 {
                item.execute(params![item_id, id, context]).unwrap();
            }
            reply.execute(params![item_id, system_id - 1, system_id, text]).unwrap();
        }
    }
    transaction.commit().unwrap();
    begun.elapsed().as_secs_f64()
}

/// Seconds of one transaction that inserts the rows into one table without keys and checks.
fn flat(path: &std::path::Path, rows: &[[String; 4]]) -> f64 {
    let mut connection = Connection::open(path).unwrap();
    connection.pragma_update(None, "journal_mode", "WAL").unwrap();
    connection.pragma_update(None, "synchronous", "FULL").unwrap();
    connection.execute_batch("CREATE TABLE row (system TEXT, id TEXT, context TEXT, reply TEXT) STRICT").unwrap();
    let begun = Instant::now();
    let transaction = connection.transaction().unwrap();
    {
        let mut insert = transaction.prepare("INSERT INTO row VALUES (?1, ?2, ?3, ?4)").unwrap();
        for [system, id, context, reply] in rows {
            insert.execute(params![system, id, context, reply]).unwrap();
        }
    }
    transaction.commit().unwrap();
    begun.elapsed().as_secs_f64()
}
