//! The server of studies: raters' and administrators' pages and their API, over plain HTTP; one program, no other service.
//!
//! Owns sessions, limits, headers, the log of requests and the embedded pages. What is rated and who rates what is the
//! business of `repartee-study`, how requests are answered that of `repartee-service`; the words of the API are
//! `repartee-wire`'s.
//! The clock is an argument, and [`App::router`] needs no socket, so that all of it can be tested.

mod assets;
mod client;
mod extract;
mod guard;
mod limit;
mod listen;
mod log;
mod middleware;
mod openapi;
mod password;
mod refusal;
mod reports;
mod routes;
pub mod simulate;
mod state;
mod studies;

pub use client::{Client, ClientError};
pub use listen::{Background, run, serve, serve_router, shutdown_signal};
pub use log::Log;
pub use openapi::document;
pub use state::{App, Clock, Config, Local, Password};

/// A new secret, as 256 random bits in hexadecimal.
///
/// # Errors
/// When the system has no random numbers.
pub fn new_secret() -> Result<String, ServerError> {
    Ok([repartee_study::new_id()?, repartee_study::new_id()?].concat())
}

/// What keeps a server from starting or going on.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
#[expect(missing_docs, reason = "each message says what its fields are")]
pub enum ServerError {
    /// A study cannot be opened.
    #[error(transparent)]
    Study(#[from] repartee_study::StudyError),
    /// Two files are copies of one study.
    #[error("`{}` is a copy of a study that is served already; serve one of them", path.display())]
    Copy { path: std::path::PathBuf },
    /// There is nothing to serve.
    #[error("there is no study to serve; give a study file, or a folder for studies")]
    Nothing,
    /// A folder cannot be read.
    #[error("cannot read the folder `{}`; check the path", path.display())]
    Folder { path: std::path::PathBuf, source: std::io::Error },
    /// The password cannot be used.
    #[error("the administrator's password {problem}")]
    Password { problem: String },
    /// The address cannot be used.
    #[error("cannot listen on {address} ({source}); choose another address with --bind")]
    Listen { address: std::net::SocketAddr, source: std::io::Error },
    /// The server cannot go on.
    #[error("the server stopped ({source}); start it again")]
    Stopped { source: std::io::Error },
}
