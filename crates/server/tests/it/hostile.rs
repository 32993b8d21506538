//! Requests that mean harm, or are only wrong.

use axum::http::{Request, header};
use repartee_study::exchange::{Format, export};
use repartee_wire::{MAX_BODY_BYTES, MAX_UPLOAD_BYTES};
use serde_json::{Value, json};

use crate::common::{Server, content, design};

const SCRIPT: &str = "<script>alert('x')</script><img src=x onerror=alert(1)>";

#[tokio::test]
async fn oversized_requests_are_refused() {
    let server = Server::with(&design(1), &content(1, 1));
    let mut anna = server.rater("anna").await;
    let page = anna.next().await.unwrap();
    let card = page["cards"][0]["id"].as_str().unwrap();
    let comment = |n: usize| json!({"card": card, "comment": "x".repeat(n), "active_ms": 0});
    anna.send("PUT", "/api/rater/revision/a", comment(MAX_BODY_BYTES)).await.refused(413, "too-large");
    let message = anna.send("PUT", "/api/rater/revision/b", comment(2_001)).await.refused(422, "invalid");
    assert!(message.contains("`comment`"), "{message}");
    anna.send("PUT", "/api/rater/revision/c", comment(2_000)).await.ok();
    let long = format!("/api/rater/revision/{}", "x".repeat(61));
    anna.send("PUT", &long, comment(1)).await.refused(422, "invalid");
    let skip = json!({"card": card, "sensibleness": {"state": "skipped", "reason": "x".repeat(501)}, "active_ms": 0});
    anna.send("PUT", "/api/rater/revision/d", skip).await.refused(422, "invalid");
    let slow = json!({"card": card, "flagged": true, "active_ms": 86_400_001});
    anna.send("PUT", "/api/rater/revision/e", slow).await.refused(422, "invalid");
    let mut admin = server.admin().await;
    let request = Request::post("/api/admin/studies").header("x-repartee", "1");
    let request = request.header(header::CONTENT_TYPE, "application/json");
    admin.ask(request, vec![b' '; MAX_UPLOAD_BYTES + 1]).await.refused(413, "too-large");
    assert!(!server.log.text().contains("\"status\":5"), "nothing of it was an error of the server");
}

#[tokio::test]
async fn malformed_requests_are_refused() {
    let server = Server::with(&design(1), &content(1, 1));
    let mut anna = server.rater("anna").await;
    let page = anna.next().await.unwrap();
    let card = page["cards"][0]["id"].as_str().unwrap();
    for body in [
        json!({}),
        json!({"card": card}),
        json!({"card": card, "active_ms": -1, "flagged": true}),
        json!({"card": card, "active_ms": 1, "flagged": "yes"}),
        json!({"card": card, "active_ms": 1, "sensibleness": {"state": "points", "points": 0}}),
        json!({"card": card, "active_ms": 1, "sensibleness": {"state": "points", "points": 6}}),
        json!({"card": card, "active_ms": 1, "sensibleness": {"state": "points", "points": 2.5}}),
        json!({"card": card, "active_ms": 1, "sensibleness": {"state": "zero"}}),
        json!({"card": card, "active_ms": 1, "sensibleness": 3}),
        json!({"card": card, "active_ms": 1, "flagged": true, "more": 1}),
        json!([]),
    ] {
        anna.send("PUT", "/api/rater/revision/x", body).await.refused(400, "bad-request");
    }
    for body in [
        json!({"card": card, "active_ms": 1}),
        json!({"card": card, "active_ms": 1, "sensibleness": {"state": "too-noisy"}}),
        json!({"card": card, "active_ms": 1, "specificity": {"state": "skipped", "reason": " "}}),
    ] {
        anna.send("PUT", "/api/rater/revision/x", body).await.refused(422, "invalid");
    }
    for (kind, bytes) in [
        ("application/json", &b"{\"card\":"[..]),
        ("application/json", b"\xff\xfe"),
        ("application/json", b""),
        ("text/plain", b"{}"),
        ("application/x-www-form-urlencoded", b"card=x"),
    ] {
        let request =
            Request::put("/api/rater/revision/x").header("x-repartee", "1").header(header::CONTENT_TYPE, kind);
        anna.ask(request, bytes.to_vec()).await.refused(400, "bad-request");
    }
    assert_eq!(server.store().verify().unwrap().n_revisions, 0);
    let mut admin = server.admin().await;
    let study = server.store().uid().unwrap();
    for query in ["", "?format=pdf", "?format=html&draws=x", "?format=html&draws=0", "?names=true"] {
        let answer = admin.get(&format!("/api/admin/studies/{study}/report{query}")).await;
        assert!(matches!(answer.status.as_u16(), 400 | 422), "{query}: {}", answer.status);
    }
    assert!(!server.log.text().contains("\"status\":5"), "nothing of it was an error of the server");
}

#[tokio::test]
async fn paths_lead_nowhere_else() {
    let server = Server::with(&design(1), &content(1, 1));
    std::fs::write(server.path("secret.txt"), "the secret").unwrap();
    let mut browser = server.browser();
    for path in [
        "/../secret.txt",
        "/..%2fsecret.txt",
        "/%2e%2e/secret.txt",
        "/....//secret.txt",
        "/a/../../secret.txt",
        "/..\\secret.txt",
        "//etc/passwd.",
        "/%2fetc%2fpasswd.txt",
        "/a.sqlite",
        "/r/../../a.sqlite",
        "/api/../a.sqlite",
        "/%00.html",
        "/Cargo.toml",
    ] {
        let answer = browser.get(path).await;
        assert_eq!(answer.status.as_u16(), 404, "{path}");
        assert!(!answer.text.contains("secret") && !answer.text.contains("SQLite"), "{path}");
    }
    let mut admin = server.admin().await;
    let before = names(&server);
    let upload = |name: &str, text: &str| {
        json!({"design": {"name": "../../evil\u{0}/..", "raters_per_item": 1},
               "files": [{"name": name, "text": text, "holds": {"what": "replies"}}]})
    };
    let refused = admin.send("POST", "/api/admin/studies", upload("../../../etc/x.csv", "system,context\nA,b\n")).await;
    let message = refused.refused(422, "import");
    assert!(message.starts_with("`x.csv`"), "{message}");
    assert_eq!(names(&server), before, "nothing is made");
    let made = admin.send("POST", "/api/admin/studies", upload("/x.csv", "system,context,reply\nA,b,c\n")).await.ok();
    let file = made["summary"]["file"].as_str().unwrap().to_owned();
    assert!(
        file.starts_with("evil-") && file.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-.".contains(&byte))
    );
    assert!(names(&server).contains(&file));
    for path in ["/api/admin/studies/..%2f..", "/api/admin/studies/a.sqlite", "/api/admin/studies/%27%20OR%201=1"] {
        admin.get(path).await.refused(404, "not-found");
    }
}

fn names(server: &Server) -> Vec<String> {
    let entries = std::fs::read_dir(server.folder.path()).unwrap();
    let names = entries.map(|entry| entry.unwrap().file_name().to_string_lossy().into_owned());
    let mut names: Vec<String> = names.filter(|name| name.ends_with(".sqlite")).collect();
    names.sort();
    names
}

#[tokio::test]
async fn scripts_and_formulas_stay_texts() {
    const FORMULA: &str = "=HYPERLINK(\"http://evil.example\",\"x\")";
    let mut all = content(2, 2);
    all.systems[0] = SCRIPT.to_owned();
    for item in &mut all.items {
        item.replies[0].system = Some(SCRIPT.to_owned());
        item.replies[0].text = SCRIPT.to_owned();
        item.replies[1].text = FORMULA.to_owned();
    }
    let mut design = design(1);
    design.name = SCRIPT.to_owned();
    let server = Server::with(&design, &all);
    let mut rater = server.rater(&format!("{FORMULA}{SCRIPT}")).await;
    while let Some(page) = rater.next().await {
        let shown = rater.get(&format!("/api/rater/page/{}", page["id"].as_str().unwrap())).await;
        assert_eq!(shown.headers[header::CONTENT_TYPE], "application/json");
        assert_eq!(shown.headers["x-content-type-options"], "nosniff");
        assert!(shown.json()["cards"].as_array().unwrap().iter().any(|card| card["reply"] == SCRIPT));
        rater.rate(&page).await;
        for (number, comment) in [FORMULA, SCRIPT, "@SUM(1)", "+1", "-1", "\t=1"].into_iter().enumerate() {
            let card = page["cards"][0]["id"].as_str().unwrap();
            let change = json!({"card": card, "comment": comment, "active_ms": 1});
            rater.send("PUT", &format!("/api/rater/revision/{number}-{card}"), change).await.ok();
        }
    }
    let mut admin = server.admin().await;
    let base = format!("/api/admin/studies/{}", server.store().uid().unwrap());
    let html = admin.get(&format!("{base}/report?format=html&names=true&draws=100")).await;
    assert_eq!(html.status.as_u16(), 200, "{}", html.text);
    assert!(!html.text.contains("<script") && !html.text.contains("<img"), "a script is in the report");
    assert!(html.text.contains("&lt;script"));
    let policy = html.headers["content-security-policy"].to_str().unwrap();
    assert!(policy.contains("sandbox") && policy.contains("default-src 'none'") && !policy.contains("script-src"));
    assert_eq!(html.headers["x-frame-options"], "SAMEORIGIN");
    let csv = admin.get(&format!("{base}/export?format=csv&names=true")).await;
    assert!(csv.headers[header::CONTENT_DISPOSITION].to_str().unwrap().starts_with("attachment; filename=\"a.csv\""));
    let rows = cells(&csv.text);
    assert!(rows.iter().any(|cell| cell == &format!("'{FORMULA}")));
    let is_formula = |cell: &&String| cell.starts_with(['=', '+', '-', '@', '\t', '\r']);
    assert_eq!(rows.iter().find(is_formula), None, "a formula is in the table");
    // In a workbook texts are texts by type; no cell has a formula.
    let xlsx = admin.get(&format!("{base}/export?format=xlsx&names=true")).await.bytes;
    assert!(xlsx.starts_with(b"PK"));
    let mut store = server.store();
    let ratings = store.ratings().unwrap();
    std::fs::write(server.path("x.xlsx"), &xlsx).unwrap();
    assert_eq!(repartee_study::exchange::reimport(&server.path("x.xlsx")).unwrap(), ratings);
    let jsonl = export(&ratings, Format::Jsonl, true).unwrap().0;
    assert_eq!(admin.get(&format!("{base}/export?format=jsonl&names=true")).await.bytes, jsonl);
    store.verify().unwrap();
}

/// All cells of a table.
fn cells(csv: &str) -> Vec<String> {
    let (mut cells, mut cell, mut quoted) = (Vec::new(), String::new(), false);
    let mut letters = csv.chars().peekable();
    while let Some(letter) = letters.next() {
        match letter {
            '"' if quoted && letters.next_if_eq(&'"').is_some() => cell.push('"'),
            '"' => quoted = !quoted,
            ',' | '\n' if !quoted => cells.push(std::mem::take(&mut cell)),
            _ => cell.push(letter),
        }
    }
    cells
}

#[tokio::test]
async fn a_replayed_change_is_saved_once_and_a_changed_replay_is_refused() {
    let server = Server::with(&design(1), &content(1, 2));
    let mut anna = server.rater("anna").await;
    let page = anna.next().await.unwrap();
    let (one, other) = (page["cards"][0]["id"].clone(), page["cards"][1]["id"].clone());
    let change = json!({"card": one, "sensibleness": {"state": "points", "points": 4},
        "specificity": {"state": "too-noisy"}, "flagged": true, "comment": "hm", "active_ms": 5});
    let first = anna.send("PUT", "/api/rater/revision/a", change.clone()).await.ok();
    assert_eq!((&first["is_new"], &first["card"]["comment"]), (&json!(true), &json!("hm")));
    let later = json!({"card": one, "comment": "", "active_ms": 5});
    anna.send("PUT", "/api/rater/revision/b", later).await.ok();
    for _ in 0..3 {
        let again = anna.send("PUT", "/api/rater/revision/a", change.clone()).await.ok();
        assert_eq!(again["is_new"], false);
        assert_eq!(again["card"]["comment"], "", "a late repetition does not undo what came after it");
        assert_eq!(again["card"]["specificity"]["state"], "too-noisy");
    }
    for (field, value) in [
        ("card", other),
        ("sensibleness", json!({"state": "points", "points": 5})),
        ("specificity", Value::Null),
        ("flagged", json!(false)),
        ("comment", json!("hmm")),
    ] {
        let mut changed = change.clone();
        changed[field] = value;
        anna.send("PUT", "/api/rater/revision/a", changed).await.refused(409, "revision-clash");
    }
    let verified = server.store().verify().unwrap();
    assert_eq!(verified.n_revisions, 2);
}
