//! The studio over HTTP: who is let in, calls, streams, and the studies behind the same key.

use std::{
    io::{BufRead as _, BufReader, Read as _, Write as _},
    net::TcpStream,
    process::{Child, Command, Stdio},
    time::Duration,
};

struct Server {
    child: Child,
    host: String,
    token: String,
    _folder: tempfile::TempDir,
}

impl Server {
    fn start() -> Self {
        let folder = tempfile::tempdir().expect("a temporary folder");
        // Something in `corpora`, so that the embedded ones are not written.
        std::fs::create_dir_all(folder.path().join("corpora/none")).expect("the folder is writable");
        let mut command = Command::new(env!("CARGO_BIN_EXE_repartee"));
        command.arg("studio").arg(folder.path()).args(["--port", "0", "--device", "cpu", "--quiet"]);
        let mut child = command.stdout(Stdio::piped()).stdin(Stdio::null()).spawn().expect("the program starts");
        let mut line = String::new();
        BufReader::new(child.stdout.take().expect("it is piped")).read_line(&mut line).expect("it says its address");
        let (host, token) = line.trim().trim_start_matches("http://").split_once("/open?token=").expect("an address");
        let (host, token) = (host.to_owned(), token.to_owned());
        Self { child, host, token, _folder: folder }
    }

    fn send(&self, head: &str, body: &str) -> TcpStream {
        let mut stream = TcpStream::connect(&self.host).expect("it listens");
        stream.set_read_timeout(Some(Duration::from_secs(60))).expect("a time");
        let length = body.len();
        let text = format!("{head}\r\nContent-Length: {length}\r\nConnection: close\r\n\r\n{body}");
        stream.write_all(text.as_bytes()).expect("it listens");
        stream
    }

    /// Status and everything that is answered.
    fn ask(&self, head: &str, body: &str) -> (u16, String) {
        let mut answer = String::new();
        self.send(head, body).read_to_string(&mut answer).expect("an answer");
        let status = answer.split(' ').nth(1).and_then(|status| status.parse().ok()).expect("a status");
        (status, answer)
    }

    fn host(&self) -> String {
        format!("Host: {}", self.host)
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.child.kill().expect("it runs");
        self.child.wait().expect("it ends");
    }
}

#[test]
fn only_our_pages_with_the_key_are_let_in() {
    let server = Server::start();
    let (host, token) = (server.host(), &server.token);
    let port = server.host.rsplit_once(':').expect("a port").1;
    let call = r#"{"call":"about-engine"}"#;
    let post = format!("POST /api/engine/call HTTP/1.1\r\n{host}");
    let cookie = format!("Cookie: repartee-studio-{port}={token}");

    let (status, answer) = server.ask(&format!("GET /open?token={token} HTTP/1.1\r\n{host}"), "");
    assert_eq!(status, 303, "{answer}");
    let lower = answer.to_lowercase();
    assert!(lower.contains("location: /\r\n") && lower.contains("httponly; samesite=strict"), "{answer}");
    for (page, leads) in
        [("/admin", "/admin"), ("//evil.example", "/"), ("/%5Cevil.example", "/"), ("https://evil.example", "/")]
    {
        let (_, answer) = server.ask(&format!("GET /open?token={token}&page={page} HTTP/1.1\r\n{host}"), "");
        assert!(answer.to_lowercase().contains(&format!("location: {leads}\r\n")), "{page}: {answer}");
    }
    assert_eq!(server.ask(&format!("GET /open?token=guess HTTP/1.1\r\n{host}"), "").0, 403);

    let ours = format!("{post}\r\nX-Repartee: 1\r\n{cookie}");
    let (status, answer) = server.ask(&ours, call);
    assert!(status == 200 && answer.contains(r#""home":"server""#), "{answer}");
    let bearer = format!("{post}\r\nX-Repartee: 1\r\nAuthorization: Bearer {token}");
    assert_eq!(server.ask(&bearer, call).0, 200);
    let refusals = [
        (format!("{post}\r\n{cookie}"), "no header of ours"),
        (format!("{post}\r\nX-Repartee: 1"), "no key"),
        (format!("{post}\r\nX-Repartee: 1\r\nCookie: repartee-studio-{port}=guess"), "another key"),
        (format!("{ours}\r\nOrigin: http://evil.example"), "another site"),
        (format!("{ours}\r\nSec-Fetch-Site: cross-site"), "another site, as the browser says"),
    ];
    for (head, why) in refusals {
        let (status, answer) = server.ask(&head, call);
        assert!(status == 401 && answer.contains(r#""code":"unauthorized""#), "{why}: {answer}");
    }
    // A name that another site has made to lead here.
    let foreign = ours.replace(&host, &format!("Host: evil.example:{port}"));
    assert_eq!(server.ask(&foreign, call).0, 421);
    assert_eq!(server.ask(&format!("GET / HTTP/1.1\r\nHost: evil.example:{port}"), "").0, 421);
    let origin = format!("{ours}\r\nOrigin: http://{}", server.host);
    assert_eq!(server.ask(&origin, call).0, 200);

    // The key is the administrator's, too; without it there is no password to guess.
    let studies = format!("GET /api/admin/studies HTTP/1.1\r\n{host}");
    assert_eq!(server.ask(&studies, "").0, 401);
    assert_eq!(server.ask(&format!("{studies}\r\n{cookie}"), "").0, 200);
    let login = format!("POST /api/admin/login HTTP/1.1\r\n{host}\r\nX-Repartee: 1\r\nContent-Type: application/json");
    assert_eq!(server.ask(&login, r#"{"password":""}"#).0, 401);
}

#[test]
fn tasks_are_streams() {
    let server = Server::start();
    let ours = format!("HTTP/1.1\r\n{}\r\nX-Repartee: 1\r\nAuthorization: Bearer {}", server.host(), server.token);
    let task = format!("POST /api/engine/task {ours}");
    let (status, answer) = server.ask(&task, r#"{"task":"open-model","model":"models/none"}"#);
    assert_eq!(status, 200, "{answer}");
    assert!(
        answer.contains("text/event-stream") && answer.contains("event: error\ndata: {\"code\":\"not-found\""),
        "{answer}"
    );
    let (status, answer) = server.ask(&task, "nonsense");
    assert!(status == 422 && answer.contains(r#""code":"invalid""#), "{answer}");
    let call = format!("POST /api/engine/call {ours}");
    let (status, answer) = server.ask(&call, r#"{"call":"stop-run","run":"none"}"#);
    assert!(status == 422 && answer.contains(r#""code":"not-found""#), "{answer}");
}
