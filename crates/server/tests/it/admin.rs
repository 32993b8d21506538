//! The administrator's way: from files to the report.

use repartee_server::{App, Config, Log, Password};
use repartee_study::{Store, exchange::reimport};
use serde_json::{Value, json};

use crate::common::{Server, content, design, frozen};

fn upload(name: &str, text: &str, holds: &Value) -> Value {
    json!({"name": name, "text": text, "holds": holds})
}

#[tokio::test]
async fn a_study_goes_from_files_to_the_report_and_its_exports_come_back() {
    let server = Server::with(&design(1), &content(1, 1));
    let mut admin = server.admin().await;
    let csv = "system,context,reply\nT-CVAE,hi,yes\nBoW,hi,no\n";
    let jsonl = "{\"context\":\"hi\",\"response\":\"hello there\"}\n";
    let gold = "context,reply,sensibleness,specificity\nhow,zz gl,1,0\n";
    let made = admin
        .send(
            "POST",
            "/api/admin/studies",
            json!({
                "design": {"name": "Six methods", "raters_per_item": 2, "baseline": "T-CVAE", "language": "ja",
                           "control_every": 2},
                "files": [
                    upload("a.csv", csv, &json!({"what": "replies"})),
                    upload("b.jsonl", jsonl, &json!({"what": "replies", "system": "Speculative"})),
                    upload("g.csv", gold, &json!({"what": "gold"})),
                    upload("t.csv", gold, &json!({"what": "training"})),
                ],
            }),
        )
        .await
        .ok();
    assert_eq!(made["systems"], json!(["T-CVAE", "BoW", "Speculative"]));
    assert_eq!((&made["summary"]["n_items"], &made["n_gold"], &made["n_training"]), (&json!(1), &json!(1), &json!(1)));
    assert_eq!((&made["design"]["lease_minutes"], &made["design"]["repeats"]), (&json!(30), &json!(true)));
    assert_eq!(made["summary"]["design_hash"], Value::Null);
    let id = made["summary"]["id"].as_str().unwrap();
    let base = format!("/api/admin/studies/{id}");
    let more = "context,reply\nyo,T-CVAE says yes\n";
    for system in ["T-CVAE", "BoW", "Speculative"] {
        let file = upload("c.csv", more, &json!({"what": "replies", "system": system}));
        admin.send("POST", &format!("{base}/import"), json!({"files": [file]})).await.ok();
    }
    assert_eq!(admin.get(&base).await.ok()["telling_replies"][0]["names"], "T-CVAE");
    admin.get(&format!("{base}/report?format=json")).await.refused(409, "no-ratings");
    let hash = admin.send("POST", &format!("{base}/freeze"), Value::Null).await.ok()["design_hash"].clone();
    assert_eq!(admin.send("POST", &format!("{base}/freeze"), Value::Null).await.ok()["design_hash"], hash);
    let file = upload("c.csv", more, &json!({"what": "replies", "system": "D"}));
    admin.send("POST", &format!("{base}/import"), json!({"files": [file]})).await.refused(409, "frozen");

    let (mut last, mut rater_page) = (server.browser(), None);
    for (name, language) in [("anna", Value::Null), ("bob", json!("en"))] {
        let mut new = json!({"rater": name});
        if !language.is_null() {
            new["language"] = language;
        }
        let invite = admin.send("POST", &format!("{base}/invites"), new).await.ok();
        assert_eq!(invite["path"], format!("/r/{}", invite["token"].as_str().unwrap()));
        let mut rater = server.browser();
        let study = rater.send("POST", "/api/rater/session", json!({"token": invite["token"]})).await.ok();
        assert_eq!(study["interface_language"], if name == "anna" { "ja" } else { "en" });
        while let Some(page) = rater.next().await {
            rater.rate(&page).await;
            let card = page["cards"][0]["id"].as_str().unwrap();
            let note = json!({"card": card, "flagged": true, "comment": "hm", "active_ms": 1});
            rater.send("PUT", &format!("/api/rater/revision/n{card}"), note).await.ok();
            rater_page = Some(page);
        }
        last = rater;
    }
    let invites = admin.get(&format!("{base}/invites")).await;
    assert!(!invites.text.contains("token"), "a link is shown once");
    assert!(invites.ok()["invites"].as_array().unwrap().iter().all(|invite| invite["opened_ms"].is_i64()));
    let study = admin.get(&base).await.ok();
    assert_eq!((&study["summary"]["n_pages_done"], &study["summary"]["n_pages_wanted"]), (&json!(4), &json!(4)));
    assert_eq!(study["items_by_raters_done"], json!({"2": 2}));
    let anna = &study["raters"][0];
    assert_eq!((&anna["name"], &anna["n_done"], &anna["n_flagged"]), (&json!("anna"), &json!(2), &json!(4)));
    assert_eq!(anna["gold"], json!({"share": 0.5, "n": 2}));
    let notes = admin.get(&format!("{base}/notes")).await.ok();
    assert_eq!(notes["notes"].as_array().unwrap().len(), 8);
    let list = admin.get("/api/admin/studies").await.ok();
    assert_eq!(list["studies"].as_array().unwrap().len(), 2);

    for (format, part) in [("html", "<svg"), ("json", "\"systems\""), ("markdown", "| "), ("latex", "\\begin{tab")] {
        let report = admin.get(&format!("{base}/report?format={format}&draws=100")).await;
        assert_eq!(report.status.as_u16(), 200);
        assert!(report.text.contains(part) && report.text.contains("Speculative"), "{format}: {}", report.text);
    }
    // What is rated after a report is in the next one.
    let page = rater_page.unwrap();
    let card = page["cards"][0]["id"].as_str().unwrap();
    let before = admin.get(&format!("{base}/report?format=json&draws=100")).await;
    assert_eq!(admin.get(&format!("{base}/report?format=json&draws=100")).await.text, before.text);
    let change = json!({"card": card, "sensibleness": {"state": "points", "points": 1}, "active_ms": 3});
    server.pass(1);
    last.send("PUT", "/api/rater/revision/later", change).await.ok();
    assert_ne!(admin.get(&format!("{base}/report?format=json&draws=100")).await.text, before.text);
    let sheet = admin.get(&format!("{base}/datasheet?format=json")).await.ok();
    assert_eq!(sheet["version"], "HEDS 3.0");
    let questions = sheet["questions"].as_array().unwrap();
    let answer = |number: &str| &questions.iter().find(|question| question["number"] == number).unwrap()["answer"];
    assert!(answer("3.1.1").as_str().unwrap().starts_with("6: replies of 3 systems"));
    assert!(answer("3.3.1").as_str().unwrap().contains(hash.as_str().unwrap()));
    assert_eq!(answer("5.1"), &Value::Null);
    let sheet = admin.get(&format!("{base}/datasheet?format=markdown")).await.text;
    assert!(sheet.contains("**2.5 ") && sheet.contains("_to be filled in_"));
    let verified = admin.get(&format!("{base}/verify")).await.ok();
    assert_eq!(verified["head"].as_str().unwrap().len(), 64);

    // Every export makes the same study.
    let file = made["summary"]["file"].as_str().unwrap();
    let ratings = Store::open(&server.path(file)).unwrap().ratings().unwrap();
    let design = admin.get(&format!("{base}/export?format=design")).await.bytes;
    std::fs::write(server.path("e.design.toml"), design).unwrap();
    for format in ["csv", "jsonl", "xlsx"] {
        let bytes = admin.get(&format!("{base}/export?format={format}&names=true")).await.bytes;
        let path = server.path(&format!("e.{format}"));
        std::fs::write(&path, bytes).unwrap();
        assert_eq!(reimport(&path).unwrap(), ratings, "{format}");
        let anonymous = admin.get(&format!("{base}/export?format={format}")).await;
        assert!(!anonymous.text.contains("anna"), "{format}");
    }
    let copy = admin.get(&format!("{base}/export?format=study")).await.bytes;
    std::fs::write(server.path("copy"), copy).unwrap();
    assert_eq!(Store::open(&server.path("copy")).unwrap().ratings().unwrap(), ratings);
}

#[tokio::test]
async fn a_malformed_import_names_row_column_and_reason_and_imports_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let before = Store::create(&folder.path().join("a.sqlite"), &design(1), 0).unwrap().uid().unwrap();
    let server = Server::of(folder);
    let mut admin = server.admin().await;
    let base = format!("/api/admin/studies/{before}");
    let good = upload("good.csv", "system,context,reply\nA,zero,x\n", &json!({"what": "replies"}));
    let replies = json!({"what": "replies"});
    let gold = json!({"what": "gold"});
    let sheet = json!({"what": "sheet", "system": "S"});
    let long = format!("system,context,reply\nA,one,{}\n", "x".repeat(20_001));
    for (name, text, holds, row, column, reason) in [
        ("a.csv", "system,context,reply\nA,one,x\nA,,y\n", &replies, json!(3), json!("context"), "empty"),
        ("a.csv", "system,context,reply\nA,one,x\nA,one,y\n", &replies, json!(3), json!("context"), "already"),
        ("a.csv", "system,context,reply\nA,one\n", &replies, json!(2), json!("reply"), "2 cells"),
        ("a.csv", "system,context\nA,one\n", &replies, Value::Null, Value::Null, "no column `reply`"),
        ("a.csv", "context,reply\none,x\n", &replies, json!(2), json!("system"), "missing"),
        ("a.csv", long.as_str(), &replies, json!(2), json!("reply"), "20000 characters"),
        ("a.csv", "", &replies, Value::Null, Value::Null, "empty"),
        (
            "a.jsonl",
            "{\"context\":\"one\",\"system\":\"A\",\"reply\":1.5}\n{\"context\":\n",
            &replies,
            json!(2),
            json!("character 11"),
            "EOF",
        ),
        ("a.xlsx", "PK", &replies, Value::Null, Value::Null, "CSV"),
        ("a.exe", "x", &replies, Value::Null, Value::Null, ".csv"),
        ("g.csv", "context,reply,sensibleness\nhi,x,7\n", &gold, json!(2), json!("sensibleness"), "no score"),
        ("s.csv", "ID,utterance,response,Sensibleness,Specificity\n,hi,x,,\n", &sheet, json!(2), json!("ID"), "empty"),
    ] {
        let files = json!({"files": [good, upload(name, text, holds)]});
        let answer = admin.send("POST", &format!("{base}/import"), files).await;
        let message = answer.refused(422, "import");
        assert!(message.contains("nothing was imported") && !message.contains('\n'), "{message}");
        let place = &answer.json()["place"];
        assert_eq!((&place["file"], &place["row"], &place["column"]), (&json!(name), &row, &column), "{message}");
        assert!(place["reason"].as_str().unwrap().contains(reason), "{message}");
        assert_eq!(server.store().content().unwrap(), repartee_study::Content::default(), "{message}");
    }
    admin.send("POST", &format!("{base}/freeze"), Value::Null).await.refused(422, "incomplete");
    admin.send("POST", &format!("{base}/import"), json!({"files": [good]})).await.ok();
    assert_eq!(server.store().content().unwrap().items.len(), 1);
    for (design, part) in [
        (json!({"name": " ", "raters_per_item": 1}), "`name`"),
        (json!({"name": "x", "raters_per_item": 0}), "`raters_per_item`"),
        (json!({"name": "x", "raters_per_item": 1, "control_every": 1}), "`quality.control_every`"),
        (json!({"name": "x", "raters_per_item": 1, "baseline": "B"}), "names the system `B`"),
    ] {
        let new = json!({"design": design, "files": [good], "freeze": true});
        let answer = admin.send("POST", "/api/admin/studies", new).await;
        assert!(answer.status.as_u16() == 422 && answer.text.contains(part), "{}", answer.text);
    }
    assert_eq!(admin.get("/api/admin/studies").await.ok()["studies"].as_array().unwrap().len(), 1);
    for new in [json!({"rater": ""}), json!({"rater": "a\nb"}), json!({"rater": "a", "language": "<b>"})] {
        admin.send("POST", &format!("{base}/invites"), new).await.refused(422, "invalid");
    }
}

#[tokio::test]
async fn a_study_that_another_program_makes_in_the_folder_appears() {
    let server = Server::with(&design(1), &content(1, 1));
    let mut admin = server.admin().await;
    let mut names = async || -> Vec<Value> {
        let list = admin.get("/api/admin/studies").await.ok();
        list["studies"].as_array().unwrap().iter().map(|study| study["file"].clone()).collect()
    };
    assert_eq!(names().await, ["a.sqlite"]);
    frozen(&server.path("b.sqlite"), &design(2), &content(2, 1));
    std::fs::copy(server.path("a.sqlite"), server.path("copy.sqlite")).unwrap();
    std::fs::write(server.path("half.sqlite"), b"SQLite format 3").unwrap();
    assert_eq!(names().await, ["a.sqlite", "b.sqlite"]);
    assert_eq!(names().await, ["a.sqlite", "b.sqlite"]);
    let kept = Store::open(&server.path("b.sqlite")).unwrap().password_hash().unwrap();
    assert_eq!(kept, server.store().password_hash().unwrap());
}

#[tokio::test]
async fn the_password_is_made_once_and_kept_as_a_hash() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a.sqlite");
    Store::create(&path, &design(1), 0).unwrap();
    let config = |password: Password| Config {
        paths: vec![path.clone()],
        password,
        secure_cookies: false,
        origin: None,
        log: Log::silent(),
        clock: std::sync::Arc::new(|| 0),
        local: None,
    };
    let open = |password| App::open(config(password)).map(|(_, generated)| generated);
    let kept = || Store::open(&path).unwrap().password_hash().unwrap();
    assert_eq!(open(Password::Nobody).unwrap(), None);
    assert_eq!(kept(), None);
    assert_eq!(open(Password::Kept).unwrap().unwrap().len(), 34);
    let hash = kept().unwrap();
    assert!(hash.starts_with("$argon2id$"));
    assert_eq!(open(Password::Kept).unwrap(), None);
    assert!(open(Password::Given("short".to_owned())).is_err());
    assert_eq!(kept().unwrap(), hash);
    open(Password::Given("another password".to_owned())).unwrap();
    assert_ne!(kept().unwrap(), hash);
}
