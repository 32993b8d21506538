//! Studies and browsers for tests.

use std::path::{Path, PathBuf};
use std::sync::{
    Arc, Mutex,
    atomic::{AtomicI64, Ordering},
};

use axum::{
    Router,
    body::Body,
    http::{HeaderMap, Request, StatusCode, header},
};
use repartee_server::{App, Config, Log, Password};
use repartee_study::{Content, Design, Expectation, Item, ItemKind, NewInvite, Reply, Store};
use serde_json::Value;
use tower::ServiceExt as _;

pub(crate) const PASSWORD: &str = "a long enough password";

/// Names that no other text of a test contains.
pub(crate) const SYSTEMS: [&str; 4] = ["sysalpha", "sysbravo", "syscharlie", "sysdelta"];

pub(crate) fn content(n_items: usize, n_systems: usize) -> Content {
    let systems: Vec<String> = SYSTEMS[..n_systems].iter().map(|&name| name.to_owned()).collect();
    let reply = |item: usize, system: usize| Reply {
        system: Some(systems[system].clone()),
        text: format!("answer {item} in voice {} with a few more words", (b'k' + system as u8) as char),
        expectation: Expectation::default(),
    };
    let items = (0..n_items).map(|item| Item {
        key: format!("k{item}"),
        kind: ItemKind::Main,
        context: format!("context {item}"),
        replies: (0..n_systems).map(|system| reply(item, system)).collect(),
    });
    Content { items: items.collect(), systems: systems.clone() }
}

pub(crate) fn control(kind: ItemKind, key: &str, context: &str) -> Item {
    let reply = |text: &str, sensibleness, specificity| Reply {
        system: None,
        text: text.to_owned(),
        expectation: Expectation {
            sensibleness: Some(sensibleness),
            specificity: Some(specificity),
            explanation: Some("because".to_owned()),
        },
    };
    let replies = vec![reply("a good one", (4, 5), (3, 5)), reply("zz zz zz", (1, 1), (0, 0))];
    Item { key: key.to_owned(), kind, context: context.to_owned(), replies }
}

pub(crate) fn design(raters_per_item: u32) -> Design {
    let mut design = Design::new("a study", raters_per_item);
    design.quality.control_every = 0;
    design
}

pub(crate) fn frozen(path: &Path, design: &Design, content: &Content) -> Store {
    let mut store = Store::create(path, design, 0).unwrap();
    store
        .extend(|there| {
            *there = content.clone();
            Ok(())
        })
        .unwrap();
    store.freeze(0).unwrap();
    store
}

/// What a log wrote.
#[derive(Clone, Default)]
pub(crate) struct Written(Arc<Mutex<Vec<u8>>>);

impl Written {
    pub(crate) fn text(&self) -> String {
        String::from_utf8(self.0.lock().unwrap().clone()).unwrap()
    }
}

impl std::io::Write for Written {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

/// A server without a socket, with a clock that a test sets.
pub(crate) struct Server {
    pub(crate) folder: tempfile::TempDir,
    pub(crate) router: Router,
    pub(crate) log: Written,
    clock: Arc<AtomicI64>,
}

impl Server {
    pub(crate) fn of(folder: tempfile::TempDir) -> Self {
        let (log, clock) = (Written::default(), Arc::new(AtomicI64::new(1_000_000)));
        let time = clock.clone();
        let config = Config {
            paths: vec![folder.path().to_path_buf()],
            password: Password::Given(PASSWORD.to_owned()),
            secure_cookies: true,
            origin: None,
            log: Log::to(log.clone()),
            clock: Arc::new(move || time.load(Ordering::Relaxed)),
            local: None,
        };
        let (app, generated) = App::open(config).unwrap();
        assert!(generated.is_none());
        Self { folder, router: app.router(), log, clock }
    }

    /// With one frozen study, `a.sqlite`.
    pub(crate) fn with(design: &Design, content: &Content) -> Self {
        let folder = tempfile::tempdir().unwrap();
        frozen(&folder.path().join("a.sqlite"), design, content);
        Self::of(folder)
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    pub(crate) fn store(&self) -> Store {
        Store::open(&self.path("a.sqlite")).unwrap()
    }

    pub(crate) fn pass(&self, ms: i64) {
        self.clock.fetch_add(ms, Ordering::Relaxed);
    }

    pub(crate) fn now_ms(&self) -> i64 {
        self.clock.load(Ordering::Relaxed)
    }

    /// The token of a new link.
    pub(crate) fn invite(&self, rater: &str) -> String {
        let new = NewInvite { rater, language: "en", expires_ms: None };
        self.store().invite(&new, self.now_ms()).unwrap().1
    }

    pub(crate) fn browser(&self) -> Browser {
        Browser { router: self.router.clone(), cookie: None, seen: String::new() }
    }

    pub(crate) async fn rater(&self, name: &str) -> Browser {
        let mut browser = self.browser();
        let opened = browser.send("POST", "/api/rater/session", serde_json::json!({"token": self.invite(name)})).await;
        assert_eq!(opened.status, StatusCode::OK, "{}", opened.text);
        browser
    }

    pub(crate) async fn admin(&self) -> Browser {
        let mut browser = self.browser();
        let opened = browser.send("POST", "/api/admin/login", serde_json::json!({"password": PASSWORD})).await;
        assert_eq!(opened.status, StatusCode::OK, "{}", opened.text);
        browser
    }
}

/// A reply.
pub(crate) struct Answer {
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    pub(crate) bytes: Vec<u8>,
    pub(crate) text: String,
}

impl Answer {
    #[track_caller]
    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.text).unwrap_or_else(|error| panic!("{error}: {}", self.text))
    }

    /// Asserts a refusal.
    #[track_caller]
    pub(crate) fn refused(&self, status: u16, code: &str) -> String {
        assert_eq!(self.status.as_u16(), status, "{}", self.text);
        let error = self.json();
        assert_eq!(error["code"], code, "{error}");
        error["message"].as_str().unwrap().to_owned()
    }

    #[track_caller]
    pub(crate) fn ok(&self) -> Value {
        assert!(self.status.is_success(), "{} {}", self.status, self.text);
        self.json()
    }
}

/// Someone who keeps a cookie, and all that they saw.
pub(crate) struct Browser {
    router: Router,
    pub(crate) cookie: Option<String>,
    pub(crate) seen: String,
}

impl Browser {
    pub(crate) async fn get(&mut self, path: &str) -> Answer {
        self.ask(Request::get(path), Vec::new()).await
    }

    pub(crate) async fn send(&mut self, method: &str, path: &str, body: Value) -> Answer {
        let request = Request::builder().method(method).uri(path).header("x-repartee", "1");
        let request = request.header(header::CONTENT_TYPE, "application/json");
        let body = if body.is_null() { Vec::new() } else { serde_json::to_vec(&body).unwrap() };
        self.ask(request, body).await
    }

    pub(crate) async fn ask(&mut self, mut request: axum::http::request::Builder, body: Vec<u8>) -> Answer {
        if let Some(cookie) = &self.cookie {
            request = request.header(header::COOKIE, cookie);
        }
        let request = request.body(Body::from(body)).unwrap();
        self.seen += &format!("{} {}\n", request.method(), request.uri());
        let response = self.router.clone().oneshot(request).await.unwrap();
        let (parts, body) = response.into_parts();
        let bytes = axum::body::to_bytes(body, usize::MAX).await.unwrap().to_vec();
        let text = String::from_utf8_lossy(&bytes).into_owned();
        self.seen += &format!("{} {:?}\n{text}\n", parts.status, parts.headers);
        if let Some(cookie) = parts.headers.get(header::SET_COOKIE) {
            let pair = cookie.to_str().unwrap().split(';').next().unwrap();
            self.cookie = Some(pair.to_owned());
        }
        Answer { status: parts.status, headers: parts.headers, bytes, text }
    }

    /// The next page; none if all is done.
    pub(crate) async fn next(&mut self) -> Option<Value> {
        let next = self.get("/api/rater/next").await.ok();
        match next["next"].as_str() {
            Some("page") => Some(next["page"].clone()),
            Some("done") => None,
            _ => panic!("{next}"),
        }
    }

    /// Judges all of a page and finishes it.
    pub(crate) async fn rate(&mut self, page: &Value) -> Value {
        for card in page["cards"].as_array().unwrap() {
            let id = card["id"].as_str().unwrap();
            let change = serde_json::json!({
                "card": id, "sensibleness": {"state": "points", "points": 4}, "specificity": {"state": "too-noisy"},
                "active_ms": 700,
            });
            self.send("PUT", &format!("/api/rater/revision/r-{id}"), change).await.ok();
        }
        self.send("POST", &format!("/api/rater/finish/{}", page["id"].as_str().unwrap()), Value::Null).await.ok()
    }
}
