//! `repartee studio`.

use std::{
    io::{BufReader, stdin, stdout},
    path::PathBuf,
    process::{Command, ExitCode, Stdio},
};

use anyhow::Context as _;
use repartee_server::Log;
use repartee_studio::{Home, Options, Server, Studio, stdio};

use super::print_line;
use crate::context::{BUILD, Global};

/// Open the pages: generate, compare, look at latent spaces, train, rate. On this machine alone, until Ctrl-C
///
/// A project is a folder with `corpora`, `runs`, `models` and `studies`; what it lacks is made. A project without a corpus
/// gets the embedded ones, so that one can train at once. Runs are processes of their own: they go on when the studio ends,
/// and the next one finds them.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  repartee studio                      the project in this folder
  repartee studio project --open       opens the browser, too
  ssh -L 8090:127.0.0.1:8090 HOST repartee studio project      trains there, shows here")]
pub(crate) struct StudioCommand {
    /// The project folder
    #[arg(default_value = ".", value_name = "FOLDER")]
    folder: PathBuf,
    /// Where to listen on this machine; 0 takes any free port
    #[arg(long, default_value_t = 8090, value_name = "N")]
    port: u16,
    /// Open the pages in the browser
    #[arg(long)]
    open: bool,
    /// Speak with the program that started this one: a JSON array [number, kind, body] a line, until its end
    #[arg(long, conflicts_with_all = ["open", "port"])]
    stdio: bool,
}

impl StudioCommand {
    pub(crate) fn run(self, global: &Global) -> anyhow::Result<ExitCode> {
        let studio = Studio::open(Options {
            folder: self.folder,
            home: if self.stdio { Home::Desktop } else { Home::Server },
            device: global.device,
            program: std::env::current_exe().context("this program cannot find itself; start it by its path")?,
            version: BUILD.version,
        })?;
        let port = if self.stdio { 0 } else { self.port };
        let server = Server::start(&studio, port, Log::silent(), !self.stdio)?;
        if self.stdio {
            stdio::run(&studio, server.address(), BufReader::new(stdin()), stdout())?;
            return Ok(ExitCode::SUCCESS);
        }
        print_line(server.address())?;
        if self.open {
            open(server.address());
        }
        global.note("Ctrl-C ends the studio; runs go on");
        server.wait();
        Ok(ExitCode::SUCCESS)
    }
}

/// Asks the desktop to open an address; where there is none, the address was printed.
fn open(address: &str) {
    let program = match std::env::consts::OS {
        "macos" => "open",
        "windows" => "explorer",
        _ => "xdg-open",
    };
    let mut command = Command::new(program);
    _ = command.arg(address).stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).spawn();
}
