//! A rater's way through a study.

use repartee_study::ItemKind;
use serde_json::{Value, json};

use crate::common::{Server, content, control, design};

#[tokio::test]
async fn a_rater_goes_from_the_link_to_the_end() {
    let mut told = design(1);
    told.language = "ja".to_owned();
    told.examples.push(repartee_study::Example {
        context: "hi".to_owned(),
        reply: "hello".to_owned(),
        sensibleness: Some(5),
        specificity: Some(0),
        explanation: "so".to_owned(),
    });
    let mut all = content(3, 2);
    all.items.push(control(ItemKind::Training, "t", "practice"));
    let server = Server::with(&told, &all);
    let mut anna = server.rater("アンナ").await;
    let study = anna.get("/api/rater/study").await.ok();
    assert_eq!((&study["language"], &study["rater"]), (&json!("ja"), &json!("アンナ")));
    assert_eq!(study["examples"][0]["specificity"], 0);
    assert_eq!(
        study["scale"][0],
        json!({"criterion": "sensibleness", "least": 1, "most": 5, "allows_too_noisy": false})
    );
    assert_eq!(study["scale"][1]["allows_too_noisy"], true);
    assert_eq!(study["progress"], json!({"n_done": 0, "n_begun": 0, "n_left": 4}));

    // Practice: feedback when the page is done, and from then on with each change.
    let page = anna.next().await.unwrap();
    assert_eq!((&page["training"], &page["number"], &page["state"]), (&json!(true), &json!(1), &json!("open")));
    let id = page["id"].as_str().unwrap();
    let card = page["cards"][0]["id"].as_str().unwrap();
    let missing = anna.send("POST", &format!("/api/rater/finish/{id}"), Value::Null).await.ok();
    assert_eq!((&missing["finished"], missing["missing"].as_array().unwrap().len()), (&json!("missing"), 4));
    assert_eq!(missing["missing"][0], json!({"card": card, "criterion": "sensibleness"}));
    let done = anna.rate(&page).await;
    assert_eq!((&done["finished"], done["feedback"].as_array().unwrap().len()), (&json!("done"), 2));
    assert_eq!(done["progress"], json!({"n_done": 1, "n_begun": 1, "n_left": 3}));
    assert_eq!(anna.get(&format!("/api/rater/page/{id}")).await.ok()["feedback"], done["feedback"]);
    let change = json!({"card": card, "sensibleness": {"state": "points", "points": 1}, "active_ms": 3});
    let saved = anna.send("PUT", "/api/rater/revision/practice", change).await.ok();
    assert_eq!(saved["feedback"]["explanation"], "because");

    // A page with a skip, a flag and a comment; then back to it.
    let page = anna.next().await.unwrap();
    assert_eq!(page["training"], false);
    let (id, card) = (page["id"].as_str().unwrap(), page["cards"][0]["id"].as_str().unwrap());
    let skip = json!({"state": "skipped", "reason": "cut off"});
    let change = json!({"card": card, "sensibleness": skip, "specificity": skip, "flagged": true, "comment": "見て",
        "active_ms": 3});
    let saved = anna.send("PUT", "/api/rater/revision/skip", change).await.ok();
    assert_eq!((&saved["card"]["sensibleness"], &saved["feedback"]), (&skip, &Value::Null));
    let pages = anna.get("/api/rater/pages").await.ok();
    let mine = &pages["pages"][1];
    assert_eq!((&mine["n_unrated"], &mine["n_skipped"], &mine["n_flagged"]), (&json!(2), &json!(2), &json!(1)));
    assert_eq!((&mine["id"], &mine["excerpt"]), (&json!(id), &page["context"]));
    let other = page["cards"][1]["id"].as_str().unwrap();
    let change = json!({"card": other, "sensibleness": {"state": "points", "points": 2},
        "specificity": {"state": "points", "points": 3}, "active_ms": 3});
    anna.send("PUT", "/api/rater/revision/other", change).await.ok();
    let done = anna.send("POST", &format!("/api/rater/finish/{id}"), Value::Null).await.ok();
    assert_eq!((&done["finished"], &done["feedback"]), (&json!("done"), &json!([])));
    let again = anna.get(&format!("/api/rater/page/{id}")).await.ok();
    assert_eq!((&again["state"], &again["cards"][0]["comment"]), (&json!("done"), &json!("見て")));
    // Taking back is a change like any other: not rated is neither 0 nor skipped.
    let undo = json!({"card": card, "specificity": {"state": "unrated"}, "active_ms": 3});
    let saved = anna.send("PUT", "/api/rater/revision/undo", undo).await.ok();
    assert_eq!(saved["card"]["specificity"], json!({"state": "unrated"}));
    while let Some(page) = anna.next().await {
        anna.rate(&page).await;
    }
    let end = anna.get("/api/rater/next").await.ok();
    assert_eq!(end, json!({"next": "done", "progress": {"n_done": 4, "n_begun": 4, "n_left": 0}}));
    // The last rater's end is another's end, too, and a page in progress makes the others wait.
    let mut bob = server.rater("bob").await;
    let practice = bob.next().await.unwrap();
    bob.rate(&practice).await;
    assert_eq!(bob.get("/api/rater/next").await.ok()["next"], "done");
    server.store().verify().unwrap();
}

#[tokio::test]
async fn a_page_that_was_left_goes_to_another_and_its_first_rater_is_told() {
    let server = Server::with(&design(1), &content(1, 1));
    let mut anna = server.rater("anna").await;
    let mut bob = server.rater("bob").await;
    let page = anna.next().await.unwrap();
    let wait = bob.get("/api/rater/next").await.ok();
    assert_eq!((&wait["next"], &wait["wait_ms"]), (&json!("wait"), &json!(1_800_001)));
    server.pass(1_800_001);
    let other = bob.next().await.unwrap();
    assert_ne!(other["id"], page["id"]);
    let card = page["cards"][0]["id"].as_str().unwrap();
    let late = json!({"card": card, "sensibleness": {"state": "points", "points": 2}, "active_ms": 3});
    anna.send("PUT", "/api/rater/revision/late", late).await.refused(409, "handed-on");
    let left = anna.get(&format!("/api/rater/page/{}", page["id"].as_str().unwrap())).await.ok();
    assert_eq!(left["state"], "handed-on");
    assert_eq!(anna.get("/api/rater/pages").await.ok()["pages"], json!([]));
}

#[tokio::test]
async fn a_link_to_a_study_that_is_not_frozen_says_so() {
    let folder = tempfile::tempdir().unwrap();
    repartee_study::Store::create(&folder.path().join("a.sqlite"), &design(1), 0).unwrap();
    let server = Server::of(folder);
    let mut anna = server.browser();
    for _ in 0..20 {
        let opened = anna.send("POST", "/api/rater/session", json!({"token": server.invite("anna")})).await;
        opened.refused(409, "not-frozen");
    }
}
