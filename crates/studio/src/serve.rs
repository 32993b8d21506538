//! The studio as a server on this machine: the pages, the engine behind them, and the studies of the project.

use std::{
    net::{Ipv4Addr, SocketAddr},
    sync::Arc,
    thread::JoinHandle,
    time::{SystemTime, UNIX_EPOCH},
};

use repartee_server::{App, Config, Local, Log, Password, new_secret, serve_router, shutdown_signal};
use tokio::{net::TcpListener, sync::oneshot};

use crate::{Studio, StudioError, http};

/// Where the engine is, as the pages are told.
const ENGINE: &str = "http:/api/engine";

/// A server in a thread of its own; it stops when this is dropped.
#[derive(Debug)]
pub struct Server {
    address: String,
    stop: Option<oneshot::Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

impl Server {
    /// Serves a studio to this machine alone, on a port, or on a free one for 0. Where it `heeds_signals`, Ctrl-C stops it,
    /// too.
    ///
    /// # Errors
    /// A port that is taken, or a study that cannot be opened.
    pub fn start(studio: &Studio, port: u16, log: Log, heeds_signals: bool) -> Result<Self, StudioError> {
        let address = SocketAddr::from((Ipv4Addr::LOCALHOST, port));
        let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build();
        let runtime = runtime.map_err(|source| StudioError::Stopped { source })?;
        let listen = |source| StudioError::Listen { address, source };
        let listener = runtime.block_on(TcpListener::bind(address)).map_err(listen)?;
        let port = listener.local_addr().map_err(listen)?.port();
        let key = new_secret()?;
        // Cookies know no ports: each studio of this machine has a name of its own.
        let local = Local { engine: ENGINE.to_owned(), cookie: format!("repartee-studio-{port}"), key };
        let config = Config {
            paths: vec![studio.studies().to_owned()],
            // Who has the key is the administrator; nobody has a password.
            password: Password::Nobody,
            secure_cookies: false,
            origin: None,
            log,
            clock: Arc::new(now_ms),
            local: Some(local.clone()),
        };
        let (app, _) = App::open(config)?;
        let address = format!("http://127.0.0.1:{port}/open?token={}", local.key);
        let router = http::router(studio.clone(), local, &app);
        let (stop, is_stopped) = oneshot::channel();
        let thread = std::thread::spawn(move || {
            runtime.block_on(serve_router(listener, router, until(is_stopped, heeds_signals)));
            // Calls that are under way are not waited for.
            runtime.shutdown_background();
        });
        Ok(Self { address, stop: Some(stop), thread: Some(thread) })
    }

    /// The address to open, with the key.
    pub fn address(&self) -> &str {
        &self.address
    }

    /// Waits until a signal stops it.
    pub fn wait(mut self) {
        // A server that fell over has said so.
        _ = self.thread.take().map(JoinHandle::join);
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        drop(self.stop.take());
        _ = self.thread.take().map(JoinHandle::join);
    }
}

/// Until whoever could stop it is gone, or a signal comes.
async fn until(is_stopped: oneshot::Receiver<()>, heeds_signals: bool) {
    let asked = async { drop(is_stopped.await) };
    if heeds_signals {
        tokio::select! { () = asked => {}, () = shutdown_signal() => {} }
    } else {
        asked.await;
    }
}

fn now_ms() -> i64 {
    let now = SystemTime::now().duration_since(UNIX_EPOCH);
    now.map_or(0, |since| i64::try_from(since.as_millis()).unwrap_or(i64::MAX))
}
