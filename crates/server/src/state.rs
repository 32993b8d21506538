//! What all requests share.

use std::path::PathBuf;
use std::sync::Arc;

use axum::{Router, http::HeaderMap};
use repartee_wire::ErrorCode;
use tokio::sync::{Semaphore, SemaphorePermit};

use crate::{
    Log, ServerError, guard, limit::Limiter, middleware, password, password::Office, refusal::Refusal,
    reports::Reports, routes, studies::Studies,
};

/// Unix time in milliseconds.
pub type Clock = Arc<dyn Fn() -> i64 + Send + Sync>;

/// How a server is set up.
pub struct Config {
    /// Study files, and folders with studies; new studies are made in the first folder, or beside the first file.
    pub paths: Vec<PathBuf>,
    /// How the administrator comes in.
    pub password: Password,
    /// Whether cookies may only travel over HTTPS, or to this machine itself. Off only for plain HTTP in a network that is
    /// trusted.
    pub secure_cookies: bool,
    /// Address of the server as browsers know it if a proxy hides it, for instance `https://rate.example.org`.
    pub origin: Option<String>,
    /// Where the log goes.
    pub log: Log,
    /// The clock.
    pub clock: Clock,
    /// The engine that this program has beside the server, if it has one.
    pub local: Option<Local>,
}

/// A program on somebody's own machine, with an engine behind the same pages: who has its key is also the administrator.
#[derive(Clone)]
pub struct Local {
    /// What the pages are told of the engine's place.
    pub engine: String,
    /// The name of the cookie that has the key.
    pub cookie: String,
    /// The key.
    pub key: String,
}

impl Local {
    /// Whether a request has the key.
    pub fn admits(&self, headers: &HeaderMap) -> bool {
        guard::cookie(headers, &self.cookie).is_some_and(|key| self.is_key(key))
    }

    /// Whether it is the key. What is compared are hashes, whose differences tell nothing.
    pub fn is_key(&self, key: &str) -> bool {
        blake3::hash(key.as_bytes()) == blake3::hash(self.key.as_bytes())
    }
}

/// The administrator's password. Studies keep its hash, so that it outlives the program.
#[derive(Clone, PartialEq, Eq)]
pub enum Password {
    /// This one, from now on.
    Given(String),
    /// The one that the studies keep; a new one if they keep none.
    Kept,
    /// Nobody is administrator, and what the studies keep stays as it is.
    Nobody,
}

/// A server without a socket.
#[derive(Clone)]
pub struct App(pub(crate) Arc<Inner>);

pub(crate) struct Inner {
    pub(crate) studies: Studies,
    pub(crate) office: Office,
    pub(crate) logins: Limiter,
    pub(crate) links: Limiter,
    /// One at a time: hashing a password, and reading or writing a whole study, take a processor for a while.
    pub(crate) hashing: Semaphore,
    pub(crate) heavy: Semaphore,
    pub(crate) reports: Reports,
    pub(crate) secure_cookies: bool,
    pub(crate) origin: Option<String>,
    pub(crate) log: Log,
    pub(crate) local: Option<Local>,
    clock: Clock,
}

impl App {
    /// Opens the studies. Returns also the administrator's password if a new one was made: it is to be shown once, and is
    /// kept nowhere.
    ///
    /// # Errors
    /// A study cannot be opened, there is none, or the password is too short.
    pub fn open(config: Config) -> Result<(Self, Option<String>), ServerError> {
        let studies = Studies::open(&config.paths)?;
        let mut stores = Vec::new();
        for study in studies.all() {
            stores.push(study.office_connection()?);
        }
        let mut kept = None;
        for store in &stores {
            kept = kept.or(store.password_hash()?);
        }
        let (hash, generated) = match (&config.password, kept) {
            (Password::Given(password), _) => (password::hash(password)?, None),
            (Password::Kept, Some(kept)) => (kept, None),
            (Password::Kept, None) => {
                let password = password::generate()?;
                (password::hash(&password)?, Some(password))
            }
            // No password has an empty hash.
            (Password::Nobody, _) => (String::new(), None),
        };
        if config.password != Password::Nobody {
            stores.iter_mut().try_for_each(|store| store.set_password_hash(&hash))?;
        }
        let inner = Inner {
            studies,
            office: Office::new(hash),
            logins: Limiter::default(),
            links: Limiter::default(),
            hashing: Semaphore::new(1),
            heavy: Semaphore::new(1),
            reports: Reports::default(),
            secure_cookies: config.secure_cookies,
            origin: config.origin,
            log: config.log,
            local: config.local,
            clock: config.clock,
        };
        Ok((Self(Arc::new(inner)), generated))
    }

    /// The service: all routes with everything around them.
    pub fn router(&self) -> Router {
        let wrapped = axum::middleware::from_fn_with_state(self.clone(), middleware::around);
        routes::router().layer(wrapped).with_state(self.clone())
    }

    /// Waits for the turn to read or write a whole study, so that raters keep a processor.
    pub(crate) async fn heavy(&self) -> Result<SemaphorePermit<'_>, Refusal> {
        let stopping = |_| Refusal::new(ErrorCode::Unavailable, "the server is stopping; try again");
        self.0.heavy.acquire().await.map_err(stopping)
    }

    pub(crate) fn now_ms(&self) -> i64 {
        (self.0.clock)()
    }
}
