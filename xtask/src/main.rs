//! `cargo xtask`: the commands that set up, check, test and show Repartee.
//!
//! Owns the order of the steps and how each is called.
//! Does not own what is built or tested, and depends on no room of the workspace, so that it compiles in seconds.

mod apt;
mod commands;
mod machine;
mod metadata;
mod process;
mod say;
mod tidy;
mod tree;
mod vulkan;
mod workspace;

use std::process::ExitCode;

use clap::Parser;

use crate::{commands::Command, workspace::Workspace};

/// Sets up, checks, tests and shows Repartee
///
/// Start with `cargo xtask demo`; before a commit, run `cargo xtask test`.
#[derive(Debug, Parser)]
#[command(name = "cargo xtask", bin_name = "cargo xtask", arg_required_else_help = true)]
struct CommandLine {
    #[command(subcommand)]
    command: Command,
}

fn main() -> ExitCode {
    let command_line = CommandLine::try_parse().unwrap_or_else(|error| exit_with_list(&error));
    let outcome = Workspace::find().and_then(|workspace| command_line.command.run(&workspace));
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            say::line("error", &format!("{error:#}"));
            ExitCode::FAILURE
        }
    }
}

/// Prints what clap has to say; after an unknown command also the list of the known ones.
fn exit_with_list(error: &clap::Error) -> ! {
    if error.kind() == clap::error::ErrorKind::InvalidSubcommand {
        say::line("error", &format!("unknown command; these exist:\n{}", commands::list()));
        std::process::exit(2);
    }
    error.exit()
}
