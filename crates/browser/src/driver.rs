//! A browser, driven by the WebDriver protocol: what the tests need of it, over a plain socket. A client library would
//! bring features of shared dependencies with it that the rest of the workspace is not built with.

use std::{
    io::{BufRead as _, BufReader, Read as _, Write as _},
    net::TcpStream,
    path::Path,
    process::{Child, Command, Stdio},
    thread::sleep,
    time::{Duration, Instant},
};

use serde_json::{Value, json};

/// How long something on a page may take to come.
const PATIENCE: Duration = Duration::from_secs(20);

/// A headless Chromium with a profile of its own, or an app on a [`crate::Screen`].
#[derive(Debug)]
pub struct Browser {
    driver: Child,
    port: u16,
    session: String,
    _profile: Option<tempfile::TempDir>,
}

/// Looks at a page before patience may end.
const MIN_LOOKS: u32 = 100;

/// Name of an element in the protocol.
const ELEMENT: &str = "element-6066-11e4-a52e-4f735466cecf";

impl Browser {
    /// Nothing, with a message, where Chromium or its driver is missing.
    pub fn start() -> Option<Self> {
        Self::start_with(&[])
    }

    /// With further options of Chromium.
    pub fn start_with(more: &[&str]) -> Option<Self> {
        let is_there = |program: &&str| Command::new(program).arg("--version").output().is_ok();
        if !["chromium", "chromedriver"].iter().all(is_there) {
            eprintln!("skipped: no chromium or no chromedriver in PATH; `cargo xtask setup` installs both");
            return None;
        }
        let mut driver = Command::new("chromedriver")
            .arg("--port=0")
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .expect("chromedriver answered before");
        let mut lines = BufReader::new(driver.stdout.take().expect("it is piped")).lines().map_while(Result::ok);
        let port =
            lines.find_map(|line| line.split("successfully on port ").nth(1)?.trim_end_matches('.').parse().ok());
        // Goes on reading, so that the driver never waits for a reader.
        std::thread::spawn(move || lines.for_each(drop));
        let port = port.expect("chromedriver says its port");
        let profile = tempfile::tempdir().expect("a folder for the profile");
        let folder = profile.path().display().to_string();
        let arguments = [
            "--headless=new",
            "--no-sandbox",
            "--disable-quic",
            "--no-first-run",
            "--disable-background-networking",
            "--disable-component-update",
            "--disable-sync",
            "--disable-dev-shm-usage",
            "--window-size=1280,900",
            &format!("--user-data-dir={folder}"),
        ];
        let arguments: Vec<&str> = arguments.into_iter().chain(more.iter().copied()).collect();
        let options = json!({ "args": arguments, "prefs": { "intl.accept_languages": "en" } });
        let wanted = json!({ "browserName": "chrome", "goog:chromeOptions": options });
        let mut browser = Self::begin(driver, port, &wanted);
        browser._profile = Some(profile);
        Some(browser)
    }

    /// Begins a session of a driver that listens at a port.
    pub(crate) fn begin(driver: Child, port: u16, wanted: &Value) -> Self {
        let mut browser = Self { driver, port, session: String::new(), _profile: None };
        let answer = browser.call("POST", "/session", &json!({ "capabilities": { "alwaysMatch": wanted } }));
        browser.session = answer["sessionId"].as_str().expect("a session").to_owned();
        browser
    }

    /// The process of the driver, whose child the browser is.
    pub fn driver_id(&self) -> u32 {
        self.driver.id()
    }

    /// Windows, in the protocol's words.
    pub fn windows(&self) -> Vec<String> {
        let windows = self.call("GET", &format!("/session/{}/window/handles", self.session), &Value::Null);
        let windows = windows.as_array().cloned().unwrap_or_default();
        windows.iter().filter_map(Value::as_str).map(str::to_owned).collect()
    }

    /// Turns to a window or a tab.
    pub fn turn_to(&self, window: &str) {
        self.post("/window", &json!({ "handle": window }));
    }

    fn call(&self, method: &str, path: &str, body: &Value) -> Value {
        self.try_call(method, path, body).unwrap_or_else(|error| panic!("{method} {path}: {error}"))
    }

    fn try_call(&self, method: &str, path: &str, body: &Value) -> Result<Value, String> {
        let body = if method == "POST" { body.to_string() } else { String::new() };
        let mut stream = TcpStream::connect(("127.0.0.1", self.port)).map_err(|error| error.to_string())?;
        let request = format!(
            "{method} {path} HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: {}\r\n\
             Connection: close\r\n\r\n{body}",
            body.len()
        );
        stream.write_all(request.as_bytes()).map_err(|error| error.to_string())?;
        let mut reader = BufReader::new(stream);
        let mut length = 0;
        loop {
            let mut line = String::new();
            reader.read_line(&mut line).map_err(|error| error.to_string())?;
            if line.trim().is_empty() {
                break;
            }
            if let Some(value) = line.to_ascii_lowercase().strip_prefix("content-length:") {
                length = value.trim().parse().map_err(|_| format!("bad length: {line}"))?;
            }
        }
        let mut answer = vec![0; length];
        reader.read_exact(&mut answer).map_err(|error| error.to_string())?;
        let mut answer: Value = serde_json::from_slice(&answer).map_err(|error| error.to_string())?;
        let value = answer["value"].take();
        match value["error"].as_str() {
            Some(error) => Err(format!("{error}: {}", value["message"].as_str().unwrap_or_default())),
            None => Ok(value),
        }
    }

    fn post(&self, path: &str, body: &Value) -> Value {
        self.call("POST", &format!("/session/{}{path}", self.session), body)
    }

    /// Goes to an address.
    pub fn go(&self, address: &str) {
        self.post("/url", &json!({ "url": address }));
    }

    /// Tells Chromium itself something, in the words of its own protocol for developers.
    pub fn command(&self, name: &str, parameters: &Value) -> Value {
        self.post("/goog/cdp/execute", &json!({ "cmd": name, "params": parameters }))
    }

    /// The tab at hand.
    pub fn tab(&self) -> String {
        let here = self.call("GET", &format!("/session/{}/window", self.session), &Value::Null);
        here.as_str().expect("a tab has a name").to_owned()
    }

    /// Opens another tab and goes on in it.
    pub fn open_tab(&self) -> String {
        let opened = self.post("/window/new", &json!({ "type": "tab" }));
        let tab = opened["handle"].as_str().expect("a tab has a name").to_owned();
        self.turn_to(&tab);
        tab
    }

    /// Closes this tab and goes on in another.
    pub fn close_tab(&self, then: &str) {
        self.call("DELETE", &format!("/session/{}/window", self.session), &Value::Null);
        self.turn_to(then);
    }

    /// Lets downloads go to a folder.
    pub fn download_to(&self, folder: &Path) {
        let how = json!({ "behavior": "allow", "downloadPath": folder.display().to_string() });
        self.command("Browser.setDownloadBehavior", &how);
    }

    /// Loads the page again; whether that came to an end.
    pub fn reload(&self) -> Result<(), String> {
        self.try_call("POST", &format!("/session/{}/refresh", self.session), &json!({})).map(|_| ())
    }

    /// Runs JavaScript and gives what it returns.
    pub fn run(&self, script: &str) -> Value {
        self.post("/execute/sync", &json!({ "script": script, "args": [] }))
    }

    /// Runs JavaScript that calls its last argument when it is done.
    pub fn run_async(&self, script: &str) -> Value {
        self.post("/execute/async", &json!({ "script": script, "args": [] }))
    }

    /// Waits until an expression is true.
    #[track_caller]
    pub fn wait(&self, expression: &str) {
        self.wait_for(expression, PATIENCE);
    }

    /// Waits until an expression is true, which may take so long.
    #[track_caller]
    pub fn wait_for(&self, expression: &str, patience: Duration) {
        let start = Instant::now();
        let script = format!("return Boolean({expression})");
        // On a busy machine the time may be over before there was a look.
        for n_looks in 0_u32.. {
            if n_looks > MIN_LOOKS && start.elapsed() > patience {
                break;
            }
            if self.run(&script) == Value::Bool(true) {
                return;
            }
            sleep(Duration::from_millis(30));
        }
        let page = self.run("return location.pathname + '\\n' + document.body.innerText");
        panic!("never came true: {expression}\non the page {}", page.as_str().unwrap_or_default());
    }

    /// Waits for an element and gives it.
    #[track_caller]
    fn element(&self, css: &str) -> String {
        self.wait(&format!("document.querySelector({css:?})"));
        let found = self.post("/element", &json!({ "using": "css selector", "value": css }));
        found[ELEMENT].as_str().expect("an element").to_owned()
    }

    /// Clicks an element.
    #[track_caller]
    pub fn click(&self, css: &str) {
        let element = self.element(css);
        self.post(&format!("/element/{element}/click"), &json!({}));
    }

    /// Types into an element; of an input for files, the text is the files' paths.
    #[track_caller]
    pub fn type_into(&self, css: &str, text: &str) {
        let element = self.element(css);
        self.post(&format!("/element/{element}/value"), &json!({ "text": text }));
    }

    /// Chooses files of an input.
    #[track_caller]
    pub fn choose_files(&self, css: &str, files: &[impl AsRef<Path>]) {
        let paths: Vec<String> = files.iter().map(|file| file.as_ref().display().to_string()).collect();
        self.type_into(css, &paths.join("\n"));
    }

    /// Presses keys one after the other, wherever the focus is. Enter is `\u{e007}`, Backspace `\u{e003}`.
    pub fn press(&self, keys: &str) {
        let strokes: Vec<Value> = keys
            .chars()
            .flat_map(|key| ["keyDown", "keyUp"].map(|kind| json!({ "type": kind, "value": key.to_string() })))
            .collect();
        self.post("/actions", &json!({ "actions": [{ "type": "key", "id": "keyboard", "actions": strokes }] }));
    }
}

impl Drop for Browser {
    fn drop(&mut self) {
        let _closed_or_gone = self.try_call("DELETE", &format!("/session/{}", self.session), &json!({}));
        let _gone = self.driver.kill();
        let _gone = self.driver.wait();
    }
}
