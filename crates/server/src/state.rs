//! What all requests share.

use std::path::PathBuf;
use std::sync::Arc;

use axum::Router;
use repartee_wire::ErrorCode;
use tokio::sync::{Semaphore, SemaphorePermit};

use crate::{
    Log, ServerError, limit::Limiter, middleware, password, password::Office, refusal::Refusal, routes, studies::Studies,
};

/// Unix time in milliseconds.
pub type Clock = Arc<dyn Fn() -> i64 + Send + Sync>;

/// How a server is set up.
pub struct Config {
    /// Study files, and folders with studies; new studies are made in the first folder, or beside the first file.
    pub paths: Vec<PathBuf>,
    /// The administrator's password; without it the one that the studies keep, else a new one.
    pub password: Option<String>,
    /// Whether cookies may only travel over HTTPS, or to this machine itself. Off only for plain HTTP in a network that is
    /// trusted.
    pub secure_cookies: bool,
    /// Address of the server as browsers know it if a proxy hides it, for instance `https://rate.example.org`.
    pub origin: Option<String>,
    /// Where the log goes.
    pub log: Log,
    /// The clock.
    pub clock: Clock,
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
    pub(crate) secure_cookies: bool,
    pub(crate) origin: Option<String>,
    pub(crate) log: Log,
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
        let (hash, generated) = match (config.password, kept) {
            (Some(password), _) => (password::hash(&password)?, None),
            (None, Some(kept)) => (kept, None),
            (None, None) => {
                let password = password::generate()?;
                (password::hash(&password)?, Some(password))
            }
        };
        for store in &mut stores {
            store.set_password_hash(&hash)?;
        }
        let inner = Inner {
            studies,
            office: Office::new(hash),
            logins: Limiter::default(),
            links: Limiter::default(),
            hashing: Semaphore::new(1),
            heavy: Semaphore::new(1),
            secure_cookies: config.secure_cookies,
            origin: config.origin,
            log: config.log,
            clock: config.clock,
        };
        Ok((Self(Arc::new(inner)), generated))
    }

    /// The service: all routes with everything around them.
    #[must_use]
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
