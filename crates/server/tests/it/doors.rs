//! Who comes in, and who does not.

use axum::http::{Request, StatusCode, header};
use repartee_study::NewInvite;
use repartee_wire::{Method, ROUTES};
use serde_json::{Value, json};

use crate::common::{PASSWORD, Server, content, design, frozen};

#[tokio::test]
async fn a_raters_token_opens_nothing_of_another_rater_or_the_administrator() {
    let server = Server::with(&design(2), &content(3, 2));
    let mut anna = server.rater("anna").await;
    let mut bob = server.rater("bob").await;
    let page = anna.next().await.unwrap();
    let (id, card) = (page["id"].as_str().unwrap(), page["cards"][0]["id"].as_str().unwrap());
    let theft = json!({"card": card, "sensibleness": {"state": "points", "points": 1}, "active_ms": 0});
    let unknown = bob.get("/api/rater/page/0123").await.refused(404, "not-found");
    let foreign = bob.get(&format!("/api/rater/page/{id}")).await.refused(404, "not-found");
    assert_eq!(foreign, unknown, "nor does a rater learn whether a page exists");
    bob.send("PUT", "/api/rater/revision/x", theft.clone()).await.refused(404, "not-found");
    bob.send("POST", &format!("/api/rater/finish/{id}"), Value::Null).await.refused(404, "not-found");
    assert_eq!(bob.get("/api/rater/pages").await.ok()["pages"], json!([]));
    // Someone else's revision id is no way in, either.
    anna.send("PUT", "/api/rater/revision/x", theft).await.ok();
    let own = bob.next().await.unwrap()["cards"][0]["id"].clone();
    let other = json!({"card": own, "sensibleness": {"state": "points", "points": 1}, "active_ms": 0});
    bob.send("PUT", "/api/rater/revision/x", other).await.refused(409, "revision-clash");

    let study = server.store().uid().unwrap();
    let mut nobody = server.browser();
    let mut admin = server.admin().await;
    for (method, path) in ROUTES {
        let path = path.replace("{study}", &study).replace("{page}", id).replace("{revision}", "y");
        let body = if method == Method::Get { Value::Null } else { json!({}) };
        if path.starts_with("/api/admin") && path != "/api/admin/login" {
            bob.send(method.name(), &path, body.clone()).await.refused(401, "unauthorized");
            nobody.send(method.name(), &path, body).await.refused(401, "unauthorized");
        } else if path.starts_with("/api/rater") && (method, path.as_str()) != (Method::Post, "/api/rater/session") {
            admin.send(method.name(), &path, body.clone()).await.refused(401, "unauthorized");
            nobody.send(method.name(), &path, body).await.refused(401, "unauthorized");
        }
    }
}

#[tokio::test]
async fn a_session_is_of_one_study_only() {
    let folder = tempfile::tempdir().unwrap();
    frozen(&folder.path().join("a.sqlite"), &design(1), &content(1, 1));
    frozen(&folder.path().join("b.sqlite"), &design(1), &content(1, 1));
    let server = Server::of(folder);
    let other = repartee_study::Store::open(&server.path("b.sqlite")).unwrap().uid().unwrap();
    let mut anna = server.rater("anna").await;
    anna.get("/api/rater/study").await.ok();
    let cookie = anna.cookie.clone().unwrap();
    let (name, value) = cookie.split_once('=').unwrap();
    anna.cookie = Some(format!("{name}={other}.{}", value.split_once('.').unwrap().1));
    anna.get("/api/rater/study").await.refused(401, "unauthorized");
}

#[tokio::test]
async fn forged_expired_and_revoked_links_and_sessions_open_nothing() {
    let server = Server::with(&design(1), &content(1, 1));
    let mut browser = server.browser();
    let token = server.invite("anna");
    let mut changed = token.clone().into_bytes();
    changed[0] = if changed[0] == b'0' { b'1' } else { b'0' };
    let forged = [
        String::from_utf8(changed).unwrap(),
        token.to_uppercase().replace(|letter: char| letter.is_ascii_digit(), "A"),
        format!("{token}0"),
        token[1..].to_owned(),
        String::new(),
        "' OR 1=1 --".to_owned(),
        "\u{0}".to_owned(),
    ];
    for token in forged {
        let refusal = browser.send("POST", "/api/rater/session", json!({"token": token})).await;
        assert!(refusal.refused(401, "unauthorized").contains("opens nothing"));
        assert!(!refusal.headers.contains_key(header::SET_COOKIE));
    }
    for cookie in ["repartee-rater=x", "repartee-rater=x.y", "repartee-rater=", "repartee-admin=x", "x", "=;=.;"] {
        browser.cookie = Some(cookie.to_owned());
        browser.get("/api/rater/study").await.refused(401, "unauthorized");
        browser.get("/api/admin/session").await.refused(401, "unauthorized");
    }
    // A link that ends.
    let expires_ms = Some(server.now_ms() + 1_000);
    let (_, ending) =
        server.store().invite(&NewInvite { rater: "eve", language: "en", expires_ms }, server.now_ms()).unwrap();
    let mut eve = server.browser();
    eve.send("POST", "/api/rater/session", json!({"token": ending})).await.ok();
    eve.get("/api/rater/study").await.ok();
    server.pass(1_000);
    eve.get("/api/rater/study").await.refused(401, "unauthorized");
    eve.send("POST", "/api/rater/session", json!({"token": ending})).await.refused(401, "unauthorized");
    // A link that is revoked while it is in use; and a cookie that is used again after it was given back.
    let mut anna = server.browser();
    let opened = anna.send("POST", "/api/rater/session", json!({"token": token})).await;
    let cookie = opened.headers[header::SET_COOKIE].to_str().unwrap();
    for part in ["__Host-repartee-rater=", "HttpOnly", "SameSite=Strict", "Secure", "Path=/"] {
        assert!(cookie.contains(part), "{cookie}");
    }
    let kept = anna.cookie.clone();
    assert_eq!(anna.send("DELETE", "/api/rater/session", Value::Null).await.status, StatusCode::NO_CONTENT);
    anna.cookie = kept;
    anna.get("/api/rater/study").await.refused(401, "unauthorized");
    anna.send("POST", "/api/rater/session", json!({"token": token})).await.ok();
    anna.get("/api/rater/study").await.ok();
    let invites = server.store().invites().unwrap();
    let id = &invites.iter().find(|invite| invite.rater == "anna").unwrap().id;
    let study = server.store().uid().unwrap();
    let mut admin = server.admin().await;
    let path = format!("/api/admin/studies/{study}/invites/{id}");
    assert_eq!(admin.send("DELETE", &path, Value::Null).await.status, StatusCode::NO_CONTENT);
    admin.send("DELETE", &format!("/api/admin/studies/{study}/invites/x"), Value::Null).await.refused(404, "not-found");
    anna.get("/api/rater/study").await.refused(401, "unauthorized");
    anna.send("POST", "/api/rater/session", json!({"token": token})).await.refused(401, "unauthorized");
    // Sessions end by themselves; nothing of a token is in the file.
    let mut carol = server.rater("carol").await;
    server.pass(30 * 86_400_000);
    carol.get("/api/rater/study").await.refused(401, "unauthorized");
    admin.get("/api/admin/session").await.refused(401, "unauthorized");
    server.store().backup(&server.path("copy")).unwrap();
    let file = std::fs::read(server.path("copy")).unwrap();
    let secrets = [token.as_str(), carol.cookie.as_deref().unwrap().rsplit('.').next().unwrap(), PASSWORD];
    for secret in secrets {
        assert!(!file.windows(secret.len()).any(|window| window == secret.as_bytes()), "a secret is in the file");
    }
}

#[tokio::test]
async fn guessing_is_slowed_down_and_does_not_lock_out_those_who_know() {
    let server = Server::with(&design(1), &content(1, 1));
    let token = server.invite("anna");
    let mut browser = server.browser();
    for path in ["/api/admin/login", "/api/rater/session"] {
        let (wrong, right) = match path {
            "/api/admin/login" => (json!({"password": "guess"}), json!({"password": PASSWORD})),
            _ => (json!({"token": "0".repeat(64)}), json!({"token": token})),
        };
        // Many raters behind one address are no attack.
        for _ in 0..if path == "/api/admin/login" { 2 } else { 30 } {
            browser.send("POST", path, right.clone()).await.ok();
        }
        for _ in 0..10 {
            browser.send("POST", path, wrong.clone()).await.refused(401, "unauthorized");
        }
        let refused = browser.send("POST", path, right.clone()).await;
        refused.refused(429, "too-many-requests");
        let seconds: u64 = refused.headers[header::RETRY_AFTER].to_str().unwrap().parse().unwrap();
        assert!((1..=60).contains(&seconds));
        // Another address behind the proxy of this machine is not held up only if the proxy is on this machine.
        server.pass(60_000);
        browser.send("POST", path, right).await.ok();
    }
}

#[tokio::test]
async fn other_sites_change_nothing() {
    let server = Server::with(&design(1), &content(1, 1));
    let anna = server.rater("anna").await;
    let mut browser = server.browser();
    browser.cookie = anna.cookie;
    let ask = |headers: &[(&str, &str)]| {
        let mut request = Request::delete("/api/rater/session").header("host", "rate.example");
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        request
    };
    let ours = ("x-repartee", "1");
    for headers in [
        &[] as &[(&str, &str)],
        &[("x-repartee", "2")],
        &[("origin", "http://rate.example")],
        &[ours, ("origin", "http://evil.example")],
        &[ours, ("origin", "null")],
        &[ours, ("origin", "http://rate.example.evil.example")],
        &[ours, ("sec-fetch-site", "cross-site")],
        &[ours, ("sec-fetch-site", "same-site")],
    ] {
        browser.ask(ask(headers), Vec::new()).await.refused(403, "forbidden");
    }
    browser.get("/api/rater/study").await.ok();
    let good = [ours, ("origin", "http://rate.example"), ("sec-fetch-site", "same-origin")];
    assert_eq!(browser.ask(ask(&good), Vec::new()).await.status, StatusCode::NO_CONTENT);
}
