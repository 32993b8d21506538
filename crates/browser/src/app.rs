//! A desktop app on a screen that nobody sees, driven by WebKit's driver as a browser is.

use std::{
    io::{BufRead as _, BufReader},
    net::{TcpListener, TcpStream},
    path::Path,
    process::{Child, Command, Stdio},
    thread::sleep,
    time::{Duration, Instant},
};

use serde_json::json;

use crate::Browser;

/// How long a server of the screen, of messages or of WebDriver may take to start.
const PATIENCE: Duration = Duration::from_secs(30);

/// Programs without which no app is driven.
const NEEDED: [&str; 3] = ["Xvfb", "dbus-daemon", "WebKitWebDriver"];

/// An app with a screen, a session bus and a home folder of its own.
#[derive(Debug)]
pub struct Screen {
    servers: Vec<Child>,
    home: tempfile::TempDir,
    display: String,
    bus: String,
}

impl Screen {
    /// Nothing, with a message, where something is missing.
    pub fn start() -> Option<Self> {
        let is_there = |program: &&str| {
            let found = Command::new("which").arg(program).stdout(Stdio::null()).stderr(Stdio::null()).status();
            found.is_ok_and(|status| status.success())
        };
        if let Some(missing) = NEEDED.iter().find(|program| !is_there(program)) {
            eprintln!("skipped: no {missing} in PATH; `cargo xtask setup --desktop` installs it");
            return None;
        }
        let home = tempfile::tempdir().expect("a home folder");
        let mut screen = Self { servers: Vec::new(), home, display: String::new(), bus: String::new() };
        // Both print where they are on their first line.
        let server = ["-displayfd", "1", "-screen", "0", "1280x900x24", "-nolisten", "tcp"];
        screen.display = format!(":{}", screen.serve(Command::new("Xvfb").args(server)));
        let arguments = ["--session", "--nofork", "--print-address=1"];
        screen.bus = screen.serve(Command::new("dbus-daemon").args(arguments));
        Some(screen)
    }

    /// The home folder of what runs here.
    pub fn home(&self) -> &Path {
        self.home.path()
    }

    /// Lets a program run here.
    pub fn prepare(&self, command: &mut Command) {
        let home = self.home();
        command.env("DISPLAY", &self.display).env("DBUS_SESSION_BUS_ADDRESS", &self.bus).env("HOME", home);
        command.env("XDG_RUNTIME_DIR", home).env("LANG", "C.UTF-8").env("LC_ALL", "C.UTF-8");
        for (name, folder) in [("XDG_CONFIG_HOME", ".config"), ("XDG_DATA_HOME", ".data"), ("XDG_CACHE_HOME", ".cache")]
        {
            command.env(name, home.join(folder));
        }
        // There is no graphics card that WebKit could use.
        command.env("WEBKIT_DISABLE_COMPOSITING_MODE", "1").env("WEBKIT_DISABLE_DMABUF_RENDERER", "1");
        command.env("NO_AT_BRIDGE", "1").env_remove("WAYLAND_DISPLAY");
    }

    /// Starts an app under WebKit's driver, which hands its environment down.
    pub fn drive(&self, app: &Path, arguments: &[&str], environment: &[(&str, &str)]) -> Browser {
        let port = free_port();
        let mut command = Command::new("WebKitWebDriver");
        command.arg(format!("--port={port}")).stdin(Stdio::null()).stdout(Stdio::null());
        self.prepare(&mut command);
        // Without it Tauri lets nobody drive the webview.
        command.env("TAURI_WEBVIEW_AUTOMATION", "true").envs(environment.iter().copied());
        let driver = command.spawn().expect("WebKitWebDriver was found");
        let start = Instant::now();
        while TcpStream::connect(("127.0.0.1", port)).is_err() {
            assert!(start.elapsed() < PATIENCE, "WebKitWebDriver does not listen");
            sleep(Duration::from_millis(30));
        }
        let options = json!({ "binary": app.display().to_string(), "args": arguments });
        Browser::begin(driver, port, &json!({ "webkitgtk:browserOptions": options }))
    }

    /// Its name, for clients of X.
    pub fn display(&self) -> &str {
        &self.display
    }

    /// Starts a server; its first line.
    fn serve(&mut self, command: &mut Command) -> String {
        let mut child = command.stdout(Stdio::piped()).stderr(Stdio::null()).spawn().expect("it was found");
        let mut lines = BufReader::new(child.stdout.take().expect("it is piped")).lines();
        self.servers.push(child);
        let line = lines.next().and_then(Result::ok).expect("it says where it is");
        std::thread::spawn(move || lines.map_while(Result::ok).for_each(drop));
        line.trim().to_owned()
    }
}

impl Drop for Screen {
    fn drop(&mut self) {
        for server in self.servers.iter_mut().rev() {
            let _gone = server.kill();
            let _gone = server.wait();
        }
    }
}

fn free_port() -> u16 {
    let listener = TcpListener::bind(("127.0.0.1", 0)).expect("a port is free");
    listener.local_addr().expect("it has an address").port()
}
