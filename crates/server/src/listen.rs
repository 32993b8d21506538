//! The socket: accepts connections, limits them, and lets them finish when the server stops.

use std::future::Future;
use std::net::{Ipv4Addr, SocketAddr};
use std::pin::pin;
use std::sync::Arc;
use std::thread::JoinHandle;
use std::time::Duration;

use axum::{Extension, Router};
use hyper::server::conn::http1;
use hyper_util::{
    rt::{TokioIo, TokioTimer},
    service::TowerToHyperService,
};
use tokio::{
    net::{TcpListener, TcpStream},
    sync::{Semaphore, oneshot, watch},
    task::JoinSet,
};

use crate::{App, ServerError, guard::Peer};

/// Connections at once; more wait to be accepted.
const MAX_CONNECTIONS: usize = 1_024;
/// A client that does not send the head of a request within this time is cut off.
const HEAD_TIME: Duration = Duration::from_secs(30);
/// How long requests have to finish when the server stops.
const STOP_TIME: Duration = Duration::from_secs(10);

/// Serves on an address until a signal to stop comes; `ready` is called with the address in use.
///
/// # Errors
/// [`ServerError::Listen`], [`ServerError::Stopped`].
pub fn run(app: &App, address: SocketAddr, ready: impl FnOnce(SocketAddr)) -> Result<(), ServerError> {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build();
    let runtime = runtime.map_err(|source| ServerError::Stopped { source })?;
    runtime.block_on(async {
        let listen = |source| ServerError::Listen { address, source };
        let listener = TcpListener::bind(address).await.map_err(listen)?;
        ready(listener.local_addr().map_err(listen)?);
        serve(listener, app, shutdown_signal()).await;
        Ok(())
    })
}

/// A server in a thread of its own; it stops when this is dropped.
pub struct Background {
    address: SocketAddr,
    stop: Option<oneshot::Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

impl Background {
    /// Starts a server on a free port of this machine.
    ///
    /// # Errors
    /// [`ServerError::Listen`], [`ServerError::Stopped`].
    pub fn start(app: App) -> Result<Self, ServerError> {
        let address = SocketAddr::from((Ipv4Addr::LOCALHOST, 0));
        let listen = |source| ServerError::Listen { address, source };
        let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build();
        let runtime = runtime.map_err(|source| ServerError::Stopped { source })?;
        let listener = runtime.block_on(TcpListener::bind(address)).map_err(listen)?;
        let address = listener.local_addr().map_err(listen)?;
        let (stop, is_stopped) = oneshot::channel();
        let thread = std::thread::spawn(move || {
            // A sender that is gone asks to stop, too.
            runtime.block_on(serve(listener, &app, async { drop(is_stopped.await) }));
        });
        Ok(Self { address, stop: Some(stop), thread: Some(thread) })
    }

    /// Where it listens, for instance `http://127.0.0.1:40123`.
    #[must_use]
    pub fn base(&self) -> String {
        format!("http://{}", self.address)
    }
}

impl Drop for Background {
    fn drop(&mut self) {
        drop(self.stop.take());
        // A server that fell over has nothing left to stop.
        let _ = self.thread.take().map(JoinHandle::join);
    }
}

/// Resolves on Ctrl-C, and on SIGTERM where there is one.
pub async fn shutdown_signal() {
    #[cfg(unix)]
    {
        use tokio::signal::unix::{SignalKind, signal};
        if let Ok(mut terminate) = signal(SignalKind::terminate()) {
            tokio::select! {
                _ = tokio::signal::ctrl_c() => {}
                _ = terminate.recv() => {}
            }
            return;
        }
    }
    // Without signals the server runs until it is killed, which loses nothing.
    if tokio::signal::ctrl_c().await.is_err() {
        std::future::pending::<()>().await;
    }
}

/// Serves on a listener until `stop` resolves; then requests that have begun are finished.
pub async fn serve(listener: TcpListener, app: &App, stop: impl Future<Output = ()>) {
    serve_router(listener, app.router(), stop).await;
}

/// As [`serve`], for routes that the server's are a part of.
pub async fn serve_router(listener: TcpListener, router: Router, stop: impl Future<Output = ()>) {
    let places = Arc::new(Semaphore::new(MAX_CONNECTIONS));
    let (stopping, is_stopping) = watch::channel(false);
    let mut connections = JoinSet::new();
    let mut stop = pin!(stop);
    loop {
        let accepted = tokio::select! {
            () = &mut stop => break,
            accepted = accept(&listener, &places) => accepted,
            Some(_) = connections.join_next() => continue,
        };
        match accepted {
            Ok((stream, peer, place)) => {
                let connection = connection(stream, peer, router.clone(), is_stopping.clone());
                connections.spawn(async move {
                    connection.await;
                    drop(place);
                });
            }
            // Too many open files, for instance: others may finish meanwhile.
            Err(_) => tokio::time::sleep(Duration::from_millis(100)).await,
        }
    }
    drop(listener);
    // No receiver means that no connection is left.
    let _ = stopping.send(true);
    let finished = async { while connections.join_next().await.is_some() {} };
    // What is not finished by then is cut off; nothing that was acknowledged is lost.
    let _ = tokio::time::timeout(STOP_TIME, finished).await;
}

type Accepted = (TcpStream, SocketAddr, tokio::sync::OwnedSemaphorePermit);

async fn accept(listener: &TcpListener, places: &Arc<Semaphore>) -> std::io::Result<Accepted> {
    let place = places.clone().acquire_owned().await.expect("it is never closed");
    let (stream, peer) = listener.accept().await?;
    // Replies are small and awaited: they must not wait to be joined with others.
    stream.set_nodelay(true)?;
    Ok((stream, peer, place))
}

async fn connection(stream: TcpStream, peer: SocketAddr, router: Router, mut stopping: watch::Receiver<bool>) {
    let service = TowerToHyperService::new(router.layer(Extension(Peer(peer.ip().to_canonical()))));
    let connection = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(HEAD_TIME)
        .serve_connection(TokioIo::new(stream), service);
    let mut connection = pin!(connection);
    // An error here is a client that went away or does not speak HTTP.
    tokio::select! {
        _ = connection.as_mut() => return,
        _ = stopping.wait_for(|stopping| *stopping) => connection.as_mut().graceful_shutdown(),
    }
    let _ = connection.await;
}
