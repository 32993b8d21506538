//! Nothing that a rater's session shows or leaves tells whose a reply is, or that it is a control.

use repartee_study::{ItemKind, PageKind};

use crate::common::{SYSTEMS, Server, content, control, design};

#[tokio::test]
async fn no_response_page_url_or_log_line_names_a_system_or_a_control() {
    let mut with_controls = design(1);
    with_controls.quality.control_every = 3;
    with_controls.quality.repeat_gap = 1;
    with_controls.baseline = Some(SYSTEMS[0].to_owned());
    with_controls.reference = Some(SYSTEMS[1].to_owned());
    let mut all = content(12, 4);
    all.items.push(control(ItemKind::Gold, "secretkey", "how are you"));
    all.items.push(control(ItemKind::Training, "otherkey", "what now"));
    let server = Server::with(&with_controls, &all);
    let mut rater = server.rater("anna").await;
    for path in ["/", "/rate", "/r/0123", "/api/rater/study", "/api/rater/pages"] {
        rater.get(path).await;
    }
    while let Some(page) = rater.next().await {
        rater.rate(&page).await;
        let id = page["id"].as_str().unwrap();
        rater.get(&format!("/api/rater/page/{id}")).await.ok();
        let card = page["cards"][0]["id"].as_str().unwrap();
        let note = serde_json::json!({"card": card, "flagged": true, "comment": "odd", "active_ms": 1});
        rater.send("PUT", &format!("/api/rater/revision/n-{card}"), note).await.ok();
    }
    let pages = rater.get("/api/rater/pages").await.ok();
    // What goes wrong must not tell, either.
    for path in ["/api/rater/page/nothing", "/api/admin/studies", "/api/rater/nothing", "/api/rater/page/%00"] {
        assert!(rater.get(path).await.status.is_client_error(), "{path}");
    }
    rater
        .send("PUT", "/api/rater/revision/x", serde_json::json!({"card": "nothing", "flagged": true, "active_ms": 0}))
        .await;
    rater.send("PUT", "/api/rater/revision/x", serde_json::json!({"system": "?"})).await.refused(400, "bad-request");
    rater.send("DELETE", "/api/rater/session", serde_json::Value::Null).await;

    let ratings = server.store().ratings().unwrap();
    for kind in [PageKind::Gold, PageKind::Training, PageKind::Repeat, PageKind::Degraded, PageKind::Main] {
        assert!(ratings.pages.iter().any(|page| page.kind == kind), "the session has no page of kind {kind:?}");
    }
    assert_eq!(pages["pages"].as_array().unwrap().len(), ratings.pages.len());
    let seen = rater.seen.replace("unknown field `system`, expected", "");
    let log = server.log.text();
    assert!(log.lines().count() > 100);
    for (what, text) in [("what a rater sees", &seen), ("the log", &log)] {
        let words = ["gold", "repeat", "degraded", "slot", "baseline", "reference", "secretkey", "otherkey", "\"k0\""];
        for word in SYSTEMS.into_iter().chain(words) {
            assert!(!text.contains(word), "`{word}` is in {what}");
        }
    }
    for name in ["\"system\"", "\"kind\"", "\"item\"", "\"position\""] {
        assert!(!seen.contains(name), "a field {name} is in what a rater sees");
    }
    // The log has no word of the study: no context, no reply, no name, no id, no link.
    let cards =
        ratings.pages.iter().flat_map(|page| page.cards.iter().map(|card| card.id.clone()).chain([page.id.clone()]));
    let private = ["anna", "context", "answer", "voice", "how are you", "odd", "/r/0"].map(str::to_owned);
    for word in private.into_iter().chain(cards).chain([rater.cookie.clone().unwrap_or_default()]) {
        assert!(word.is_empty() || !log.contains(&word), "`{word}` is in the log");
    }
    let ids: Vec<&str> = pages["pages"].as_array().unwrap().iter().map(|page| page["id"].as_str().unwrap()).collect();
    assert!(ids.iter().all(|id| id.len() == 32 && id.bytes().all(|byte| byte.is_ascii_hexdigit())));
    assert!(!ids.is_sorted(), "ids have no order");
}
