//! The routes, the list of them and their description are the same.

use std::collections::BTreeSet;

use axum::http::{Request, StatusCode};
use repartee_wire::ROUTES;

use crate::common::{Server, content, design};

/// As in the document, where a path that takes the rest has no star.
fn listed() -> BTreeSet<(String, String)> {
    ROUTES.iter().map(|(method, path)| (method.name().to_lowercase(), path.replace("{*", "{"))).collect()
}

#[test]
fn the_document_describes_exactly_the_routes() {
    let document = serde_json::to_value(repartee_server::document()).unwrap();
    let mut described = BTreeSet::new();
    for (path, item) in document["paths"].as_object().unwrap() {
        for (method, operation) in item.as_object().unwrap() {
            described.insert((method.clone(), path.clone()));
            assert!(operation["summary"].as_str().is_some_and(|text| !text.is_empty()), "{method} {path}");
            let refusal = &operation["responses"]["default"]["content"]["application/json"]["schema"]["$ref"];
            assert_eq!(refusal, "#/components/schemas/ApiError", "{method} {path}");
            let names = operation["parameters"].as_array().cloned().unwrap_or_default();
            let names: BTreeSet<&str> =
                names.iter().filter(|of| of["in"] == "path").map(|of| of["name"].as_str().unwrap()).collect();
            let braced: BTreeSet<&str> =
                path.split('/').filter_map(|part| part.strip_prefix('{')?.strip_suffix('}')).collect();
            assert_eq!(names, braced, "{method} {path}");
        }
    }
    assert_eq!(described, listed());
    // Every reference leads to a schema.
    let text = document.to_string();
    let schemas = document["components"]["schemas"].as_object().unwrap();
    for reference in text.split("\"$ref\":\"#/components/schemas/").skip(1) {
        let name = reference.split('"').next().unwrap();
        assert!(schemas.contains_key(name), "{name}");
    }
    assert_eq!(document["openapi"].as_str().map(|version| &version[..2]), Some("3."));
}

#[tokio::test]
async fn the_server_has_exactly_the_routes() {
    let server = Server::with(&design(1), &content(1, 1));
    let mut browser = server.browser();
    for path in ROUTES.map(|(_, path)| path).into_iter().collect::<BTreeSet<_>>() {
        let filled = path.replace("{*path}", "some/page");
        let filled = filled.split('/').map(|part| if part.starts_with('{') { "x" } else { part });
        let filled = filled.collect::<Vec<_>>().join("/");
        for method in ["GET", "POST", "PUT", "DELETE", "PATCH"] {
            let answer =
                browser.ask(Request::builder().method(method).uri(&filled).header("x-repartee", "1"), Vec::new()).await;
            let is_listed = ROUTES.iter().any(|(listed, of)| listed.name() == method && *of == path);
            let is_there = answer.status != StatusCode::METHOD_NOT_ALLOWED && answer.status != StatusCode::NOT_FOUND;
            assert_eq!(is_there, is_listed, "{method} {filled}: {}", answer.status);
        }
    }
    for path in ["/api", "/api/", "/api/rater", "/api/admin/studies/x/y", "/api/nothing"] {
        browser.get(path).await.refused(404, "not-found");
    }
}

#[tokio::test]
async fn every_reply_has_the_headers() {
    let server = Server::with(&design(1), &content(1, 1));
    let mut browser = server.browser();
    for path in ["/", "/rate", "/r/abc", "/healthz", "/api/openapi.json", "/api/rater/next", "/api/nothing", "/no.css"]
    {
        let headers = browser.get(path).await.headers;
        let has = |name: &str, part: &str| {
            let value = headers.get(name).unwrap_or_else(|| panic!("{path} has no {name}")).to_str().unwrap();
            assert!(value.contains(part), "{path}: {name}: {value}");
        };
        has("content-security-policy", "default-src 'none'");
        has("content-security-policy", "frame-ancestors 'none'");
        assert!(!headers["content-security-policy"].to_str().unwrap().contains("unsafe-inline"));
        has("x-content-type-options", "nosniff");
        has("x-frame-options", "DENY");
        has("referrer-policy", "no-referrer");
        has("cache-control", if path.starts_with("/api") || path == "/healthz" { "no-store" } else { "no-" });
    }
    assert_eq!(browser.get("/healthz").await.ok()["status"], "ok");
    assert_eq!(browser.get("/api/openapi.json").await.ok()["info"]["title"], "Repartee studies");
}
