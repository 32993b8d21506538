//! Human evaluation through the program: from files of replies to a report and an export that makes the same study.

use std::{
    fs,
    path::Path,
    process::{Command, Output, Stdio},
};

fn repartee(folder: &Path, arguments: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_repartee"));
    command.current_dir(folder).arg("study").args(arguments).stdin(Stdio::null());
    command.output().expect("the program starts")
}

#[track_caller]
fn succeeds(folder: &Path, arguments: &[&str]) -> String {
    let Output { status, stdout, stderr } = repartee(folder, arguments);
    assert!(status.success(), "{arguments:?}: {}", String::from_utf8_lossy(&stderr));
    String::from_utf8(stdout).expect("the program writes UTF-8")
}

#[track_caller]
fn fails(folder: &Path, arguments: &[&str], parts: &[&str]) {
    let Output { status, stderr, .. } = repartee(folder, arguments);
    let stderr = String::from_utf8_lossy(&stderr);
    assert!(!status.success(), "{arguments:?} should fail");
    let error = stderr.lines().last().unwrap_or_default();
    for part in parts {
        assert!(error.starts_with("error: ") && error.contains(part), "`{part}` is not in: {error}");
    }
}

/// Twelve utterances with a reply of each system, one of them a formula.
fn write_replies(folder: &Path) {
    for system in ["Reference", "Speculative", "T-CVAE"] {
        let reply = |n: usize| if system == "T-CVAE" { "=I do not know.".to_owned() } else { format!("{system} {n}") };
        let line = |n| serde_json::json!({ "context": format!("Utterance number {n}."), "response": reply(n) });
        let lines: Vec<String> = (0..12).map(|n| line(n).to_string()).collect();
        fs::write(folder.join(format!("{system}.jsonl")), lines.join("\n")).expect("the folder is writable");
    }
}

#[test]
fn a_study_goes_from_files_to_a_report_and_comes_back_from_its_export() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let folder = folder.path();
    write_replies(folder);
    let create = ["create", "a.sqlite", "--name", "Trial", "--raters-per-item", "2", "--baseline", "T-CVAE"];
    succeeds(folder, &create);
    fails(folder, &create, &["a.sqlite"]);

    fs::write(folder.join("bad.csv"), "context,system,reply\nUtterance,A,hi\nUtterance,,x\n").expect("writable");
    fails(folder, &["import", "a.sqlite", "bad.csv"], &["bad.csv", "row 3", "`system`", "nothing was imported"]);
    let systems = ["Reference", "Speculative", "T-CVAE"].map(|system| format!("{system}={system}.jsonl"));
    let [a, b, c] = systems.each_ref().map(String::as_str);
    let imported = succeeds(folder, &["import", "a.sqlite", "--system", a, "--system", b, "--system", c]);
    assert!(imported.contains("items: 12"), "{imported}");
    let hash = succeeds(folder, &["freeze", "a.sqlite"]);
    assert_eq!(hash.trim().len(), 64, "{hash}");
    fails(folder, &["import", "a.sqlite", "--system", a], &["frozen"]);

    let raters = ["--rater", "anna:0.2:0.5:0", "--rater", "bob:-0.3:0.7:0.1"];
    succeeds(folder, &[&["simulate", "a.sqlite"], &raters[..]].concat());
    let status = succeeds(folder, &["status", "a.sqlite"]);
    assert!(status.contains("12 items finished by 2 raters"), "{status}");
    succeeds(folder, &["verify", "a.sqlite"]);

    let outs = ["r.html", "r.tex", "r.md", "r.json"].map(|file| ["--out", file]).concat();
    succeeds(folder, &[&["report", "a.sqlite", "--draws", "200"], &outs[..]].concat());
    let read = |file: &str| fs::read_to_string(folder.join(file)).expect("it was written");
    for file in ["r.html", "r.tex", "r.md", "r.json"] {
        assert!(read(file).contains("Speculative"), "{file}");
    }
    assert!(read("r.html").contains("<svg"), "the report has charts");

    succeeds(folder, &["export", "a.sqlite", "--out", "e.csv"]);
    assert!(!read("e.csv").contains(",=I do"), "a formula of a reply must not stay one in a table");
    succeeds(folder, &["import", "b.sqlite", "--export", "e.csv"]);
    succeeds(folder, &["export", "b.sqlite", "--out", "again.csv"]);
    assert_eq!(read("again.csv"), read("e.csv"));
    succeeds(folder, &["verify", "b.sqlite"]);
}

#[test]
fn the_planner_finds_larger_differences_more_often() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let power = |difference: &str| {
        let text = succeeds(folder.path(), &["plan", "--difference", difference, "--json"]);
        let plan: serde_json::Value = serde_json::from_str(&text).expect("it is JSON");
        plan["sizes"][0]["power"].as_f64().expect("a size has its power")
    };
    let (small, large) = (power("0.2"), power("0.8"));
    assert!(small < large && large <= 1.0, "{small} and {large}");
}

#[test]
fn copies_rated_apart_merge_and_rating_needs_a_terminal() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let folder = folder.path();
    write_replies(folder);
    succeeds(folder, &["create", "a.sqlite", "--name", "Trial", "--raters-per-item", "2"]);
    fails(folder, &["rate", "a.sqlite", "--rater", "anna"], &["needs a terminal"]);
    let systems = ["Reference", "Speculative"].map(|system| format!("{system}={system}.jsonl"));
    let [one, other] = systems.each_ref().map(String::as_str);
    succeeds(folder, &["import", "a.sqlite", "--system", one, "--system", other]);
    fails(folder, &["simulate", "a.sqlite", "--rater", "anna:0:0.5:0"], &["not frozen yet"]);
    succeeds(folder, &["freeze", "a.sqlite"]);
    fails(folder, &["report", "a.sqlite"], &["no ratings to report on yet"]);
    succeeds(folder, &["backup", "a.sqlite", "--out", "b.sqlite"]);
    succeeds(folder, &["simulate", "a.sqlite", "--rater", "anna:0.2:0.5:0"]);
    succeeds(folder, &["simulate", "b.sqlite", "--rater", "bob:-0.2:0.5:0.1"]);
    succeeds(folder, &["merge", "a.sqlite", "b.sqlite", "--out", "both.sqlite"]);
    assert!(succeeds(folder, &["status", "both.sqlite"]).contains("24 of 24 pages done (100 %)"));
    let verified = succeeds(folder, &["verify", "both.sqlite"]);
    let head = verified.lines().find_map(|line| line.strip_prefix("head: ")).expect("verify prints the head");
    succeeds(folder, &["verify", "both.sqlite", "--head", head]);
    fails(folder, &["verify", "a.sqlite", "--head", head], &["the log ends with"]);
}

#[test]
fn a_study_is_served_and_simulated_through_its_server() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let folder = folder.path();
    write_replies(folder);
    succeeds(folder, &["create", "a.sqlite", "--name", "Trial", "--raters-per-item", "2"]);
    let systems = ["Reference", "Speculative"].map(|system| format!("{system}={system}.jsonl"));
    let [a, b] = systems.each_ref().map(String::as_str);
    succeeds(folder, &["import", "a.sqlite", "--system", a, "--system", b]);
    succeeds(folder, &["freeze", "a.sqlite"]);

    // A trial through a server of its own leaves the study alone; its workbook makes the same study.
    let raters = ["--rater", "anna:0.2:0.5:0", "--rater", "bob:-0.3:0.7:0.1", "--rater", "eve:0:0.5:0"];
    let done = succeeds(folder, &[&["simulate", "a.sqlite", "--into", "t.sqlite", "--serve"], &raters[..]].concat());
    assert!(done.contains("pages,"), "{done}");
    assert!(succeeds(folder, &["status", "t.sqlite"]).contains("12 items finished by 2 raters"));
    assert!(succeeds(folder, &["status", "a.sqlite"]).contains("0 of 24 pages done"));
    succeeds(folder, &["verify", "t.sqlite"]);
    succeeds(folder, &["export", "t.sqlite", "--out", "e.xlsx"]);
    succeeds(folder, &["import", "u.sqlite", "--export", "e.xlsx"]);
    for (study, file) in [("t.sqlite", "t.csv"), ("u.sqlite", "u.csv")] {
        succeeds(folder, &["export", study, "--out", file]);
    }
    let read = |file: &str| fs::read_to_string(folder.join(file)).expect("it was written");
    assert_eq!(read("t.csv"), read("u.csv"));
    succeeds(folder, &["datasheet", "t.sqlite", "--out", "heds.md"]);
    assert!(read("heds.md").contains("HEDS 3.0: Trial"));

    let link = succeeds(folder, &["invite", "a.sqlite", "--rater", "anna", "--language", "ja"]);
    assert_eq!(link.trim().rsplit('/').next().map(str::len), Some(64), "{link}");
    let list = succeeds(folder, &["invite", "a.sqlite", "--list"]);
    let id = list.split_whitespace().next().expect("an invitation");
    assert!(list.contains("anna") && list.contains("not opened yet"), "{list}");
    succeeds(folder, &["invite", "a.sqlite", "--revoke", id]);
    assert!(succeeds(folder, &["invite", "a.sqlite", "--list"]).contains("revoked"));

    // The server says where it is and its password, once.
    for is_first in [true, false] {
        let mut command = Command::new(env!("CARGO_BIN_EXE_repartee"));
        command.current_dir(folder).args(["study", "serve", "a.sqlite", "--bind", "127.0.0.1:0", "--json", "--quiet"]);
        let mut server = command.stdin(Stdio::null()).stdout(Stdio::piped()).spawn().expect("the program starts");
        let mut line = String::new();
        let stdout = server.stdout.take().expect("it is piped");
        std::io::BufRead::read_line(&mut std::io::BufReader::new(stdout), &mut line).expect("it says something");
        let said: serde_json::Value = serde_json::from_str(&line).expect("it says it as JSON");
        let url = said["url"].as_str().expect("an address").to_owned();
        assert!(url.starts_with("http://127.0.0.1:"), "{said}");
        assert_eq!(said["admin_password"].is_string(), is_first, "{said}");
        if is_first {
            succeeds(folder, &["simulate", "a.sqlite", "--http", &url, "--rater", "anna:0:0.5:0"]);
            assert!(succeeds(folder, &["status", "a.sqlite"]).contains("12 items finished by 1 raters"));
        }
        server.kill().expect("it runs");
        server.wait().expect("it ended");
    }
}
