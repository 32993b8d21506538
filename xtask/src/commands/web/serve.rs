//! A server for one page of a check: files of a folder, and the page's result.

use std::{
    io::{BufRead, BufReader, Read, Write},
    net::{TcpListener, TcpStream},
    path::{Path, PathBuf},
    time::{Duration, Instant},
};

use anyhow::{Context, bail};

/// Serves a folder on a free port of this machine until the page posts to `/result`, and returns what it posted.
pub(crate) struct Server {
    listener: TcpListener,
    folder: PathBuf,
}

impl Server {
    /// # Errors
    /// When no port is free.
    pub(crate) fn bind(folder: &Path) -> anyhow::Result<Self> {
        let listener = TcpListener::bind("127.0.0.1:0").context("no free port on this machine")?;
        listener.set_nonblocking(true)?;
        Ok(Self { listener, folder: folder.to_owned() })
    }

    pub(crate) fn address(&self) -> anyhow::Result<String> {
        Ok(format!("http://{}/", self.listener.local_addr()?))
    }

    /// # Errors
    /// When no result came in time; `still_there` says whether the browser runs.
    pub(crate) fn wait(&self, limit: Duration, mut still_there: impl FnMut() -> bool) -> anyhow::Result<String> {
        let start = Instant::now();
        while start.elapsed() < limit {
            match self.listener.accept() {
                Ok((stream, _)) => {
                    // A browser may open a connection and say nothing.
                    if let Ok(Some(result)) = self.answer(&stream) {
                        return Ok(result);
                    }
                }
                Err(error) if error.kind() == std::io::ErrorKind::WouldBlock => {
                    if !still_there() {
                        bail!("the browser ended before the page had a result");
                    }
                    std::thread::sleep(Duration::from_millis(5));
                }
                Err(error) => return Err(error.into()),
            }
        }
        bail!("the page had no result after {} seconds", limit.as_secs())
    }

    /// Answers one request; the result, if it is that.
    fn answer(&self, stream: &TcpStream) -> anyhow::Result<Option<String>> {
        stream.set_nonblocking(false)?;
        stream.set_read_timeout(Some(Duration::from_secs(5)))?;
        let mut reader = BufReader::new(stream);
        let mut first = String::new();
        reader.read_line(&mut first)?;
        let mut length = 0;
        loop {
            let mut line = String::new();
            if reader.read_line(&mut line)? == 0 || line.trim().is_empty() {
                break;
            }
            if let Some(value) = line.to_ascii_lowercase().strip_prefix("content-length:") {
                length = value.trim().parse()?;
            }
        }
        let mut words = first.split(' ');
        let (method, path) = (words.next().unwrap_or_default(), words.next().unwrap_or_default());
        if method == "POST" && path == "/result" {
            let mut body = vec![0; length];
            reader.read_exact(&mut body)?;
            respond(stream, "204 No Content", "text/plain", &[])?;
            return Ok(Some(String::from_utf8(body)?));
        }
        let name = if path == "/" { "index.html" } else { path.trim_start_matches('/') };
        // Names of the folder only; nothing else of the machine is served.
        let is_plain = !name.is_empty() && name.chars().all(|c| c.is_ascii_alphanumeric() || "._-".contains(c));
        let contents = if is_plain { fs_err::read(self.folder.join(name)).ok() } else { None };
        match contents {
            Some(contents) => respond(stream, "200 OK", content_type(name), &contents)?,
            None => respond(stream, "404 Not Found", "text/plain", b"not there")?,
        }
        Ok(None)
    }
}

fn respond(mut stream: &TcpStream, status: &str, content_type: &str, body: &[u8]) -> anyhow::Result<()> {
    let n_bytes = body.len();
    write!(
        stream,
        "HTTP/1.1 {status}\r\nContent-Type: {content_type}\r\nContent-Length: {n_bytes}\r\nConnection: close\r\n\r\n"
    )?;
    stream.write_all(body)?;
    Ok(())
}

fn content_type(name: &str) -> &'static str {
    match Path::new(name).extension().and_then(|extension| extension.to_str()) {
        Some("html") => "text/html; charset=utf-8",
        Some("js") => "text/javascript",
        Some("wasm") => "application/wasm",
        Some("json") => "application/json",
        _ => "application/octet-stream",
    }
}
