//! The real server on a real socket, to be stopped and started again on the same address.

use std::{
    net::SocketAddr,
    path::Path,
    sync::Arc,
    thread::JoinHandle,
    time::{SystemTime, UNIX_EPOCH},
};

use repartee_server::{App, Config, Log, Password};
use tokio::{net::TcpListener, sync::oneshot};

/// The administrator's password.
pub(crate) const PASSWORD: &str = "correct horse battery staple";

/// A running server.
pub(crate) struct Server {
    pub(crate) address: SocketAddr,
    stop: Option<oneshot::Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

impl Server {
    /// Serves the studies of a folder; port 0 takes any that is free.
    pub(crate) fn start(folder: &Path, port: u16) -> Self {
        let now_ms = || SystemTime::now().duration_since(UNIX_EPOCH).expect("it is after 1970").as_millis() as i64;
        let config = Config {
            paths: vec![folder.to_path_buf()],
            password: Password::Given(PASSWORD.to_owned()),
            secure_cookies: true,
            origin: None,
            log: Log::silent(),
            clock: Arc::new(now_ms),
            local: None,
        };
        let (app, _) = App::open(config).expect("the folder is there");
        let (stop, stopped) = oneshot::channel();
        let (ready, address) = std::sync::mpsc::channel();
        let thread = std::thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().expect("a runtime");
            runtime.block_on(async {
                let listener = TcpListener::bind(("127.0.0.1", port)).await.expect("the port is free");
                ready.send(listener.local_addr().expect("it is bound")).expect("the test waits");
                let stopped = async {
                    let _asked_or_dropped = stopped.await;
                };
                repartee_server::serve(listener, &app, stopped).await;
            });
        });
        let address = address.recv().expect("the server starts");
        Self { address, stop: Some(stop), thread: Some(thread) }
    }

    /// An address of the server's.
    pub(crate) fn at(&self, path: &str) -> String {
        format!("http://{}{path}", self.address)
    }

    /// Stops; nobody answers on the address after this.
    pub(crate) fn stop(&mut self) {
        if let (Some(stop), Some(thread)) = (self.stop.take(), self.thread.take()) {
            let _is_gone_if_it_fails = stop.send(());
            thread.join().expect("the server stops");
        }
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.stop();
    }
}
