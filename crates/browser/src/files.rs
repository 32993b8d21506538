//! A server of files for this machine alone, with ranges, and with answers that a test makes up.

use std::{
    fs,
    io::{self, BufRead as _, BufReader, Read as _, Write as _},
    net::{SocketAddr, TcpListener, TcpStream},
    path::{Component, Path, PathBuf},
    sync::Arc,
    thread,
    time::Duration,
};

/// A connection that breaks stalls first: a browser throws away what it has not handed on when it hears of the break.
const STALL: Duration = Duration::from_secs(4);

/// A request.
#[derive(Clone, Debug, Default)]
pub struct Request {
    /// `GET`, `POST` …
    pub method: String,
    /// As asked for, below the served path, without what follows `?`.
    pub path: String,
    /// The first byte asked for.
    pub range_start: Option<usize>,
    /// What was sent.
    pub body: Vec<u8>,
}

/// Another answer than the file.
#[derive(Clone, Debug)]
pub enum Answer {
    /// This text instead.
    Text {
        /// The status.
        status: u16,
        /// The body.
        body: String,
    },
    /// These bytes in place of the file's.
    Bytes(Vec<u8>),
    /// The file, but the connection breaks after so many bytes.
    Cut(usize),
    /// No answer at all.
    Silence,
}

type Answers = Arc<dyn Fn(&Request) -> Option<Answer> + Send + Sync>;

/// Serves the files of a folder; `index.html` for a folder, `404.html` for what is not there.
#[expect(missing_debug_implementations, reason = "answers are opaque")]
pub struct FileServer {
    listener: TcpListener,
    folder: PathBuf,
    base: String,
    answers: Answers,
}

impl FileServer {
    /// Listens at a port of this machine; 0 takes a free one.
    ///
    /// # Errors
    /// When the port is taken.
    pub fn bind(folder: &Path, port: u16) -> io::Result<Self> {
        let listener = TcpListener::bind(("127.0.0.1", port))?;
        Ok(Self { listener, folder: folder.to_owned(), base: "/".to_owned(), answers: Arc::new(|_| None) })
    }

    /// Serves the folder below a path, such as `/repartee/`, and nothing elsewhere.
    #[must_use]
    pub fn below(self, base: &str) -> Self {
        Self { base: base.to_owned(), ..self }
    }

    /// Asks first whether a request has another answer than a file.
    #[must_use]
    pub fn with_answers(self, answers: impl Fn(&Request) -> Option<Answer> + Send + Sync + 'static) -> Self {
        Self { answers: Arc::new(answers), ..self }
    }

    /// Where it listens.
    ///
    /// # Errors
    /// When the system does not tell.
    pub fn address(&self) -> io::Result<SocketAddr> {
        self.listener.local_addr()
    }

    /// Serves for ever, each connection in a thread of its own.
    pub fn run(self) {
        for stream in self.listener.incoming().filter_map(Result::ok) {
            let (folder, base, answers) = (self.folder.clone(), self.base.clone(), self.answers.clone());
            // A browser that goes away is no fault.
            thread::spawn(move || _ = serve(&stream, &folder, &base, &answers));
        }
    }
}

fn serve(stream: &TcpStream, folder: &Path, base: &str, answers: &Answers) -> io::Result<()> {
    stream.set_read_timeout(Some(Duration::from_secs(10)))?;
    let mut request = read(stream)?;
    match request.path.strip_prefix(base) {
        Some(below) => request.path = format!("/{below}"),
        None => return write(stream, 404, "text/plain", "", b"nothing lies here", usize::MAX),
    }
    let (mut status, mut cut) = (200, usize::MAX);
    let (name, mut contents) = match answers(&request) {
        Some(Answer::Silence) => return Ok(()),
        Some(Answer::Text { status, body }) => return write(stream, status, "text/plain", "", body.as_bytes(), cut),
        Some(Answer::Bytes(bytes)) => (PathBuf::from(&request.path), bytes),
        answer => {
            if let Some(Answer::Cut(after)) = answer {
                cut = after;
            }
            match file(folder, &request.path) {
                Some(found) => found,
                None => {
                    status = 404;
                    ("404.html".into(), fs::read(folder.join("404.html")).unwrap_or_default())
                }
            }
        }
    };
    let mut more = "Accept-Ranges: bytes\r\n".to_owned();
    if let Some(start) = request.range_start.filter(|&start| status == 200 && start < contents.len()) {
        status = 206;
        more.push_str(&format!("Content-Range: bytes {start}-{}/{}\r\n", contents.len() - 1, contents.len()));
        contents.drain(..start);
    }
    write(stream, status, content_type(&name), &more, &contents, cut)
}

fn read(stream: &TcpStream) -> io::Result<Request> {
    let mut reader = BufReader::new(stream);
    let mut line = String::new();
    reader.read_line(&mut line)?;
    let mut words = line.split(' ');
    let method = words.next().unwrap_or_default().to_owned();
    let path = words.next().unwrap_or_default().split(['?', '#']).next().unwrap_or_default().to_owned();
    let mut request = Request { method, path, ..Request::default() };
    let mut length = 0;
    loop {
        let mut line = String::new();
        if reader.read_line(&mut line)? == 0 || line.trim().is_empty() {
            break;
        }
        let line = line.to_ascii_lowercase();
        if let Some(value) = line.strip_prefix("content-length:") {
            length = value.trim().parse().map_err(|_| io::ErrorKind::InvalidData)?;
        }
        if let Some(value) = line.strip_prefix("range:") {
            let start = value.trim().strip_prefix("bytes=").and_then(|range| range.split('-').next());
            request.range_start = start.and_then(|start| start.parse().ok());
        }
    }
    request.body = vec![0; length];
    reader.read_exact(&mut request.body)?;
    Ok(request)
}

/// A file of the folder, and of nothing else of the machine.
fn file(folder: &Path, path: &str) -> Option<(PathBuf, Vec<u8>)> {
    let relative = Path::new(path.trim_start_matches('/'));
    let is_inside = relative.components().all(|part| matches!(part, Component::Normal(_)));
    let mut file = folder.join(relative);
    if file.is_dir() {
        file.push("index.html");
    }
    if !is_inside {
        return None;
    }
    let contents = fs::read(&file).ok()?;
    Some((file, contents))
}

fn write(
    mut stream: &TcpStream,
    status: u16,
    content_type: &str,
    more: &str,
    body: &[u8],
    cut: usize,
) -> io::Result<()> {
    let n_bytes = body.len();
    write!(
        stream,
        "HTTP/1.1 {status} {}\r\nContent-Type: {content_type}\r\nContent-Length: {n_bytes}\r\nConnection: \
         close\r\n{more}\r\n",
        if status < 300 { "OK" } else { "Refused" }
    )?;
    stream.write_all(&body[..n_bytes.min(cut)])?;
    stream.flush()?;
    if cut < n_bytes {
        thread::sleep(STALL);
    }
    Ok(())
}

fn content_type(name: &Path) -> &'static str {
    match name.extension().and_then(|extension| extension.to_str()) {
        Some("html") => "text/html; charset=utf-8",
        Some("js") => "text/javascript",
        Some("css") => "text/css",
        Some("wasm") => "application/wasm",
        Some("json") => "application/json",
        Some("webmanifest") => "application/manifest+json",
        Some("svg") => "image/svg+xml",
        Some("png") => "image/png",
        _ => "application/octet-stream",
    }
}
